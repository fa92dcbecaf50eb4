"""Exchanges, sessions and deliveries made by hand, for tests of the rules alone."""

from __future__ import annotations

import json
from email.utils import formatdate
from typing import Any

from conformance.exchange import Exchange
from conformance.receiver import Delivery

NOW = 1_767_226_000.0


def answer(
    body: Any = b"",
    status: int = 200,
    *,
    content_type: str = "application/json",
    date: float | None = None,
    attempts: int = 1,
) -> Exchange:
    """An answer received at `NOW`, 0.1 s after it was asked for; `date` is what its `Date` header says."""
    headers = [("Content-Type", content_type)]
    if date is not None:
        headers.append(("Date", formatdate(date, usegmt=True)))
    return Exchange(
        method="POST",
        url="http://127.0.0.1/api/v1/payment/sessions/ps_1/cancel",
        request_headers=(("Authorization", "Bearer t9k_test_one"),),
        status=status,
        headers=tuple(headers),
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        sent_at=NOW - 0.1,
        received_at=NOW,
        started=0.0,
        ended=0.1,
        attempts=attempts,
    )


def delivery(body: Any, *, arrived: float = 0.0, status: int = 204, **headers: str) -> Delivery:
    """A webhook's arrival; underscores in header names become hyphens."""
    return Delivery(
        headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()),
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        arrived=arrived,
        status=status,
        ended=arrived,
    )


def cancelled_session(**changes: Any) -> dict[str, Any]:
    """The body of a documented 200."""
    return {
        "id": "ps_1",
        "contractor_id": "cn_1",
        "status": "cancelled",
        "processor": "checkout",
        "return_url": "https://app.example.com/done",
        "created": int(NOW) - 60,
        "expires_at": int(NOW) + 1740,
        "cancelled_at": int(NOW),
        "completed_at": None,
    } | changes
