"""What a delivery says: the cancelled events in it, each with its key and the sessions it names."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from conformance.receiver import BODY_LIMIT, Delivery

CANCELLED = "payment.session.cancelled"
EVENT_ID_HEADER = re.compile(r"(x-(.+-)?)?event-id|ce-id")
NAMING = frozenset(
    "id session session_id subject object resource payment_session payment_session_id".split()  # noqa: SIM905 - short
)
# What stands there was never the session: whose it is, and where its payer goes next.
OTHERS = frozenset({"contractor", "contractor_id", "return_url"})
OF_A_SESSION = frozenset({"contractor_id", "cancelled_at", "return_url", "status"})


@dataclass(frozen=True, slots=True)
class Told:
    """One cancelled event as one delivery tells of it."""

    key: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Part:
    """The part of a body that belongs to one event. `in_list` when it is an item of a batch."""

    node: dict[str, Any]
    in_list: bool


def told_by(delivery: Delivery, known: set[str] | frozenset[str] = frozenset()) -> list[Told]:
    """The events of type `payment.session.cancelled` in a delivery, in their order. `known` are the sessions' ids."""
    body = parsed(delivery)
    parts = _parts(body)
    cancelled = [part for part in parts if any(_tells(node) for node in _path(part.node))]
    told = []
    for index, part in enumerate(cancelled):
        is_batch = part.in_list or len(cancelled) > 1
        owners = _path(part.node) if is_batch or not isinstance(body, dict) else [body, *_path(part.node)]
        key = _key_in_batch(delivery, owners, known, index) if is_batch else _key(delivery, owners, known)
        names = _names(part.node, owners, known)
        if not names and len(parts) == 1:
            names = _names(body, owners, known)
        told.append(Told(key, names))
    return told


def parsed(delivery: Delivery) -> Any:
    """The body as JSON, or the fields of a form. Texts that hold a JSON object are read as that object."""
    body = _decoded(delivery)
    try:
        return _unfolded(json.loads(body))
    except (ValueError, RecursionError):
        return _unfolded(dict(parse_qsl(body.decode("utf-8", "replace"))))


def _decoded(delivery: Delivery) -> bytes:
    """The body without its `Content-Encoding`, and no more than the limit of it."""
    encoding = (delivery.header("content-encoding") or "").strip().lower()
    # 47: gzip or zlib, whichever it is. -15: bare deflate, which some senders mean by that name.
    for window in {"gzip": (47,), "x-gzip": (47,), "deflate": (47, -15)}.get(encoding, ()):
        try:
            return zlib.decompressobj(window).decompress(delivery.body, BODY_LIMIT)
        except zlib.error:
            continue
    return delivery.body


def _unfolded(node: Any, *, once_more: bool = True) -> Any:
    if isinstance(node, dict):
        return {name: _unfolded(value, once_more=once_more) for name, value in node.items()}
    if isinstance(node, list):
        return [_unfolded(value, once_more=once_more) for value in node]
    if once_more and isinstance(node, str) and node.lstrip().startswith("{"):
        try:
            return _unfolded(json.loads(node), once_more=False)
        except (ValueError, RecursionError):
            return node
    return node


def _children(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []


def _tells(node: Any) -> bool:
    return isinstance(node, dict) and node.get("event_type") == CANCELLED


def _parts(node: Any, *, in_list: bool = False) -> list[_Part]:
    """The largest parts that hold one event each; what surrounds several events, or a list, belongs to none."""
    if _tells(node):
        return [_Part(node, in_list)]
    is_list = isinstance(node, list)
    found = [part for child in _children(node) for part in _parts(child, in_list=in_list or is_list)]
    if isinstance(node, dict) and ("event_type" in node if not found else _is_only(found, in_list)):
        return [_Part(node, in_list)]
    return found


def _is_only(found: list[_Part], in_list: bool) -> bool:
    return len(found) == 1 and found[0].in_list == in_list


def _path(node: Any) -> list[dict[str, Any]]:
    """The objects whose id may be the event's: the part itself, what holds `event_type`, and the JSON:API resource
    whose attributes hold it. Empty when nothing below tells of a cancellation."""
    trail = _trail(node)
    if not trail:
        return []
    last = trail[-1]
    resources = [each for each in trail[-2:-1] if each.get("attributes") is last]
    return [trail[0], last, *resources]


def _trail(node: Any) -> list[dict[str, Any]]:
    own = [node] if isinstance(node, dict) else []
    if _tells(node):
        return own
    below = next((trail for child in _children(node) if (trail := _trail(child))), [])
    return own + below if below else []


def _ids(owners: list[dict[str, Any]], known: set[str] | frozenset[str]) -> tuple[list[str], list[str]]:
    """The ids in the body, as keys: those that are the event's own, and those that are a session's."""
    own: list[str] = []
    sessions: list[str] = []
    for owner in owners:
        for name in ("id", "event_id"):
            if isinstance(value := owner.get(name), str | int):
                (sessions if str(value) in known else own).append(f"{name} {value}")
    return own, sessions


def _key(delivery: Delivery, owners: list[dict[str, Any]], known: set[str] | frozenset[str]) -> str:
    """What tells one event from another: an id of the event's own, else the session's id, else the bytes."""
    if webhook_id := delivery.header("webhook-id"):
        return f"webhook-id {webhook_id}"
    own, sessions = _ids(owners, known)
    headers = [f"{name.lower()} {value}" for name, value in delivery.headers if EVENT_ID_HEADER.fullmatch(name.lower())]
    return [*own, *headers, *sessions, f"sha256 {hashlib.sha256(delivery.body).hexdigest()}"][0]


def _key_in_batch(
    delivery: Delivery, owners: list[dict[str, Any]], known: set[str] | frozenset[str], index: int
) -> str:
    """The same where a delivery holds several events. The headers' id is the batch's, which tells only its items."""
    own, sessions = _ids(owners, known)
    webhook_id = delivery.header("webhook-id")
    batch = [f"webhook-id {webhook_id} item {index}"] if webhook_id else []
    text = json.dumps(owners[0], sort_keys=True)
    return [*own, *sessions, *batch, f"sha256 {hashlib.sha256(text.encode()).hexdigest()}"][0]


def _names(node: Any, owners: list[dict[str, Any]], known: set[str] | frozenset[str]) -> frozenset[str]:
    """The sessions named. The event's own id is no name of a session with a short or counted-up id, unless the event
    looks like the session and names no other."""
    names = set()
    for member, text, is_whole in _mentions(node, owners):
        is_own_id = member == ""
        if text in known and (not _is_weak(text) or (not is_own_id and (not is_whole or member in NAMING))):
            names.add(text)
    return frozenset(names or {str(owner["id"]) for owner in owners if _is_session(owner)} & known)


def _is_weak(session_id: str) -> bool:
    """Whether the id may stand in a body by chance."""
    return session_id.isdecimal() or len(session_id) < 6


def _is_session(owner: dict[str, Any]) -> bool:
    attributes = owner.get("attributes")
    members = owner.keys() | (attributes.keys() if isinstance(attributes, dict) else set())
    return "id" in owner and bool(OF_A_SESSION & members) and not {"session", "session_id"} & members


def _mentions(node: Any, owners: list[dict[str, Any]]) -> Iterator[tuple[str, str, bool]]:
    """Every text that may be a session's id, with its member's name (none for an event's own id), and whether it is
    the whole value or the last segment of a URI."""
    if isinstance(node, list):
        for value in node:
            yield from _mentions(value, owners)
    if not isinstance(node, dict):
        return
    is_owner = any(node is owner for owner in owners)
    for name, value in node.items():
        if name in OTHERS or (name == "id" and {"session", "session_id"} & node.keys()):
            continue
        for item in value if isinstance(value, list) else [value]:
            for text, is_whole in _texts(item):
                yield "" if is_owner and name in {"id", "event_id"} else name, text, is_whole
        yield from _mentions(value, owners)


def _texts(item: Any) -> Iterator[tuple[str, bool]]:
    if isinstance(item, int):
        yield str(item), True
    elif isinstance(item, str):
        yield item, True
        uri = item.rstrip("/")
        # A time of day has colons too, and ends in a number.
        is_uri = "/" in uri or uri.lower().startswith("urn:")
        for text in {uri, re.split(r"[?#]", uri)[0].rstrip("/")}:
            yield re.split(r"[/:#?=]", text)[-1], not is_uri
