"""How an exchange is shown: without secrets, short enough to read, and as a curl line that repeats it."""

from __future__ import annotations

from typing import Any

from conformance.exchange import Exchange
from conformance.masking import Masker
from conformance.report.curl import render_curl

SHOWN_CHARACTERS = 2000


def render_exchange(exchange: Exchange, masker: Masker) -> dict[str, Any]:
    """The exchange as plain data: `request`, `status`, `headers`, `body`, `duration_ms`."""
    return {
        "request": f"{exchange.method} {masker.mask(exchange.url)}",
        "authorization": masker.mask(_authorization(exchange)),
        "status": exchange.status,
        "headers": _headers(exchange, masker),
        "body": masker.mask(exchange.text)[:SHOWN_CHARACTERS],
        "duration_ms": round((exchange.ended - exchange.started) * 1000, 1),
        "curl": render_curl(exchange, masker),
    }


def _headers(exchange: Exchange, masker: Masker) -> dict[str, str]:
    """By name; those of one name are joined as HTTP would."""
    joined: dict[str, str] = {}
    for name, value in exchange.headers:
        shown = masker.mask(value)
        joined[name] = f"{joined[name]}, {shown}" if name in joined else shown
    return joined


def _authorization(exchange: Exchange) -> str:
    return next((value for name, value in exchange.request_headers if name.lower() == "authorization"), "")
