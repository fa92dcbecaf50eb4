"""The rules of judgement. Each takes what was seen and raises `Breach` when the contract does not allow it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from conformance.exchange import Exchange
from conformance.outcomes import Breach, Inconclusive, NoAnswer, NotTestable, Reason
from conformance.providers import Session
from openapi import contract, json_schema

CODES = ("session_not_pending", "session_expired")
AS_AT_CREATION = ("contractor_id", "return_url", "created", "expires_at")
MILLISECONDS_FROM = 10**11

_TYPES: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "null": (type(None),)}


def verify_status(exchange: Exchange, *allowed: int) -> None:
    """The answer's status is one of `allowed`. After a gateway error, or no answer at all, the first try may have had
    an effect unseen: then another status is `Inconclusive`."""
    if exchange.status in allowed:
        return
    verify_first_try(exchange)
    raise Breach(f"status {_either(allowed)}", f"status {exchange.status}", exchange=exchange)


def verify_first_try(exchange: Exchange) -> None:
    """Nothing was tried before that may have had an effect unseen. Raises `Inconclusive` otherwise."""
    if exchange.unanswered:
        raise NoAnswer(f"answered {exchange.status}, but only after {exchange.unanswered} tries that got no answer")
    if exchange.attempts > 1:
        raise Inconclusive(
            Reason.THROTTLED, f"answered {exchange.status}, but only after {exchange.attempts - 1} retries"
        )


def verify_client_error_or_redirect(exchange: Exchange) -> None:
    """The answer is a 3xx or a 4xx."""
    if not 300 <= exchange.status <= 499:
        raise Breach("a status from 300 to 499", f"status {exchange.status}", exchange=exchange)


def verify_not_successful(exchange: Exchange) -> None:
    """The answer is no 2xx."""
    if 200 <= exchange.status <= 299:
        raise Breach("no 2xx", f"status {exchange.status}", exchange=exchange)


def verify_refused(exchange: Exchange, code: str) -> None:
    """A 400 that carries `code` (and, for all this rule says, perhaps others: CXL-ERR-1 counts them)."""
    verify_status(exchange, 400)
    found = codes_in(exchange)
    if code not in found:
        raise Breach(f"the code {code}", " and ".join(sorted(found)) or "neither documented code", exchange=exchange)


def verify_one_code(exchange: Exchange) -> None:
    """Exactly one of the two documented codes stands in the body."""
    found = codes_in(exchange)
    if len(found) != 1:
        raise Breach(
            f"exactly one of {CODES[0]} and {CODES[1]}", " and ".join(sorted(found)) or "neither", exchange=exchange
        )


def codes_in(exchange: Exchange) -> set[str]:
    """The documented codes that stand in the body as a whole string value, a member name, the last segment of a URI
    value, or (where the body is not JSON) as a word of the text."""
    try:
        parsed = exchange.json()
    except ValueError:
        return {code for code in CODES if re.search(rf"(?<![\w.-]){code}(?!\.?[\w-])", exchange.text)}
    return {code for text in _texts(parsed) for code in CODES if text == code or _last_segment(text) == code}


def verify_object(exchange: Exchange) -> dict[str, Any]:
    """The body is one JSON object; returns it."""
    try:
        body = exchange.json()
    except ValueError:
        raise Breach("a body that is JSON", "a body that is not", exchange=exchange) from None
    if not isinstance(body, dict):
        raise Breach("a JSON object", f"a JSON {_kind(body)}", exchange=exchange)
    return body


def verify_json_media_type(exchange: Exchange, *, exactly: bool) -> None:
    """`Content-Type` is application/json, or, unless `exactly`, any JSON type such as application/problem+json."""
    media_type = (exchange.header("content-type") or "").split(";")[0].strip().lower()
    suffixed = not exactly and re.fullmatch(r"[\w.+-]+/[\w.+-]+\+json", media_type)
    if media_type != "application/json" and not suffixed:
        raise Breach("Content-Type: application/json", f"Content-Type: {media_type or '(none)'}", exchange=exchange)


def verify_attribute_types(exchange: Exchange) -> None:
    """Every documented attribute but `url` is present with its documented type; `url` has its type if present."""
    body = verify_object(exchange)
    for name, schema in _attributes().items():
        pointer = f"/{name}"
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if name not in body:
            if name != "url":
                raise Breach(f"the attribute {name}", "no such attribute", pointer=pointer, exchange=exchange)
        elif not _is_of(body[name], types):
            expected, actual = f"{name}: {' or '.join(types)}", f"{_kind(body[name])} {_shown(body[name])}"
            raise Breach(expected, actual, pointer=pointer, exchange=exchange)


def verify_attribute(exchange: Exchange, name: str, expected: Any) -> None:
    """The body's attribute has exactly this value (and JSON type)."""
    body = verify_object(exchange)
    if name not in body:
        raise Breach(f"{name} = {_shown(expected)}", "no such attribute", pointer=f"/{name}", exchange=exchange)
    if type(body[name]) is not type(expected) or body[name] != expected:
        raise Breach(f"{name} = {_shown(expected)}", _shown(body[name]), pointer=f"/{name}", exchange=exchange)


def verify_as_at_creation(exchange: Exchange, session: Session) -> None:
    """The four attributes that never change are what they were at creation.

    Raises `NotTestable` when the provider did not tell one of them.
    """
    unknown = [name for name in AS_AT_CREATION if name not in session.attributes]
    for name in AS_AT_CREATION:
        if name not in unknown:
            verify_attribute(exchange, name, session.attributes[name])
    if unknown:
        raise NotTestable(Reason.CREATION_UNKNOWN, f"the provider did not tell {', '.join(unknown)} at creation")


def verify_return_url(exchange: Exchange) -> None:
    """`return_url` is an HTTPS URL with a host, without credentials or fragment."""
    value = verify_object(exchange).get("return_url")
    expected = "an HTTPS URL without credentials or fragment"
    try:
        parts = urlsplit(str(value))
        sound = parts.scheme == "https" and parts.hostname and "@" not in parts.netloc and "#" not in str(value)
    except ValueError:
        sound = False
    if not sound:
        raise Breach(expected, _shown(value), pointer="/return_url", exchange=exchange)


def verify_cancelled_at(exchange: Exchange, fresh: Session, max_clock_skew_s: float) -> None:
    """`cancelled_at` is whole seconds, no earlier than the request and no later than the answer, give or take one.

    Judged by our clock, else by the answer's `Date`, else by the `created` of a session made just before. Raises
    `Inconclusive` when these two show that the target's clock is off by more than `max_clock_skew_s`.
    """
    value = verify_object(exchange).get("cancelled_at")
    expected = f"seconds from {int(exchange.sent_at)} to {int(exchange.received_at)}"
    breach = Breach(f"cancelled_at: {expected}", _shown(value), pointer="/cancelled_at", exchange=exchange)
    if not isinstance(value, int) or isinstance(value, bool):
        raise breach
    if abs(value) > MILLISECONDS_FROM:
        raise Breach(
            "cancelled_at in seconds", f"{value}, milliseconds or finer", pointer="/cancelled_at", exchange=exchange
        )
    if int(exchange.sent_at) - 1 <= value <= int(exchange.received_at) + 1:
        return
    date = exchange.date()
    if date is not None and -1 - (exchange.ended - exchange.started) <= value - date <= 1:
        if abs(date - exchange.received_at) <= max_clock_skew_s:
            return
        raise Inconclusive(
            Reason.CLOCK_OFFSET, f"the target's Date is {date - exchange.received_at:+.0f} s off our clock"
        )
    created = fresh.attributes.get("created")
    # Both are cut to whole seconds by the target's clock, whatever it shows.
    if isinstance(created, int) and 0 <= value - created <= exchange.received_at - fresh.prepared_at + 1:
        offset_s = created - fresh.prepared_at
        if abs(offset_s) <= max_clock_skew_s:
            return
        raise Inconclusive(Reason.CLOCK_OFFSET, f"a fresh session's created is {offset_s:+.0f} s off our clock too")
    raise breach


def verify_unchanged(before: Mapping[str, Any], after: Mapping[str, Any], *, but: Collection[str] = ()) -> None:
    """A session reads the same as before in every documented attribute but `url` and those named."""
    for name in [name for name in _attributes() if name not in {"url", *but}]:
        if before.get(name) != after.get(name):
            raise Breach(f"{name} still {_shown(before.get(name))}", _shown(after.get(name)), pointer=f"/{name}")


def verify_kept(exchange: Exchange, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """The session reads as the 200 told: cancelled, at the same second (where the provider gives it in seconds), and
    in all else as it did while it was pending."""
    told, kept = verify_object(exchange).get("cancelled_at"), now.get("cancelled_at")
    if now.get("status") != "cancelled":
        raise Breach('status still "cancelled"', _shown(now.get("status")), pointer="/status", exchange=exchange)
    if kept != told and (kept is None or type(kept) is int):
        raise Breach(f"cancelled_at still {_shown(told)}", _shown(kept), pointer="/cancelled_at", exchange=exchange)
    verify_unchanged(before, now, but=("status", "cancelled_at"))


@cache
def _attributes() -> dict[str, Any]:
    """The documented attributes of the 200, by name: the page's types, before the cancel narrows them."""
    attributes: dict[str, Any] = json_schema("PaymentSession")["properties"]
    return attributes


def documented_processor() -> str:
    """The one value of `processor` there is today, from the contract."""
    schema = contract()["components"]["schemas"]["CancelledPaymentSession"]["properties"]["processor"]
    return str(schema["example"])


def _is_of(value: Any, types: list[str]) -> bool:
    return not isinstance(value, bool) and any(isinstance(value, _TYPES[name]) for name in types)


def _kind(value: Any) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds.get(type(value), "null")


def _shown(value: Any) -> str:
    # Cut where it is shown, not here: half a secret is not recognized any more, and so not masked.
    return json.dumps(value, ensure_ascii=False)


def _either(statuses: tuple[int, ...]) -> str:
    return " or ".join(map(str, statuses))


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node.strip()
    elif isinstance(node, dict):
        yield from node
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)


def _last_segment(text: str) -> str:
    """Of a URI or a relative reference, which is told from a sentence by its lack of spaces."""
    return "" if re.search(r"\s", text) else re.split(r"[/:#?=]", text.rstrip("/"))[-1]
