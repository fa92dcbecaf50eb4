"""What a delivery says: which events, under which keys, naming which sessions."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any
from urllib.parse import urlencode

import pytest

from conformance.events import told_by
from tests.conformance.exchanges import delivery

TYPE = "payment.session.cancelled"
KNOWN = {"ps_123456", "ps_234567", "1001", "1002"}


def key_of(body: Any, **headers: Any) -> str:
    (told,) = told_by(delivery(body, **headers), KNOWN)
    return told.key


def names_in(body: Any) -> list[set[str]]:
    return [set(told.names) for told in told_by(delivery(body), KNOWN)]


@pytest.mark.parametrize(
    ("body", "is_one"),
    [
        ({"event_type": TYPE}, True),
        ({"event": {"event_type": TYPE}}, True),
        ([{"event_type": TYPE}], True),
        (f"event_type={TYPE}&id=1".encode(), True),
        ({"Message": json.dumps({"event_type": TYPE})}, True),
        (urlencode({"payload": json.dumps({"event_type": TYPE})}).encode(), True),
        ({"event_type": "payment.session.canceled"}, False),
        ({"type": TYPE}, False),
        ({"event_type": "payment.session.completed"}, False),
        (b"\xff", False),
    ],
)
def test_an_event_is_known_by_its_event_type_at_any_depth(body: object, is_one: bool) -> None:
    assert bool(told_by(delivery(body))) is is_one


def test_deliveries_of_one_event_share_a_key() -> None:
    assert key_of({"event_type": TYPE, "id": 1}, webhook_id="m") == key_of({"event_type": TYPE}, Webhook_Id="m")
    assert key_of({"event_type": TYPE, "id": "e", "n": 1}) == key_of({"event_type": TYPE, "id": "e", "n": 2})
    assert key_of({"event_type": TYPE, "event_id": "e"}) != key_of({"event_type": TYPE, "event_id": "f"})
    assert key_of({"event_type": TYPE, "n": 1}) != key_of({"event_type": TYPE, "n": 2})
    assert key_of({"event_type": TYPE}, webhook_id="m") != key_of({"event_type": TYPE}, webhook_id="n")


@pytest.mark.parametrize(
    "body",
    [
        {"event": {"id": "evt_1", "event_type": TYPE}},
        {"data": {"id": "evt_1", "type": "event", "attributes": {"event_type": TYPE}}},
        {"Message": json.dumps({"id": "evt_1", "event_type": TYPE})},
    ],
)
def test_the_id_may_stand_with_the_event_deeper_down(body: dict[str, Any]) -> None:
    assert key_of({"meta": {"attempt": 1}, **body}) == key_of({"meta": {"attempt": 2}, **body}) == "id evt_1"


@pytest.mark.parametrize("name", ["Event_Id", "x_event_id", "X_Shop_Event_ID", "ce_id"])
def test_the_id_may_stand_in_a_header(name: str) -> None:
    assert key_of({"event_type": TYPE, "n": 1}, **{name: "e"}) == key_of({"event_type": TYPE, "n": 2}, **{name: "e"})


def test_a_session_id_is_the_key_where_there_is_no_other() -> None:
    body = {"event_type": TYPE, "id": "ps_123456", "status": "cancelled"}
    assert key_of(body) == "id ps_123456"
    assert key_of(body, x_event_id="e") == "x-event-id e"


def test_a_batch_holds_events_of_their_own() -> None:
    one = {"id": "e1", "event_type": TYPE, "data": {"id": "ps_123456"}}
    two = {"id": "e2", "event_type": TYPE, "data": {"id": "ps_234567"}}
    other = {"id": "e3", "event_type": "payment.session.completed", "data": {"id": "ps_234567"}}
    first = told_by(delivery([one, other, two], webhook_id="b1"), KNOWN)
    assert [(told.key, set(told.names)) for told in first] == [("id e1", {"ps_123456"}), ("id e2", {"ps_234567"})]
    assert told_by(delivery({"id": "b2", "events": [two]}, webhook_id="b2"), KNOWN) == first[1:]
    assert len({told.key for told in told_by(delivery({"events": [one, {**one, "id": "e4"}]}), KNOWN)}) == 2


@pytest.mark.parametrize(
    ("members", "names"),
    [
        ({"id": 1002, "session_id": 1001}, {"1001"}),
        ({"id": 1002, "data": {"id": 1001, "contractor_id": 1002}}, {"1001"}),
        ({"contractor": {"id": 1002}, "session": "1001"}, {"1001"}),
        ({"contractor_id": "ps_123456"}, set()),
        ({"amount": 1002, "created": "2026-01-01T10:00:1002"}, set()),
        ({"link": "https://x.example/sessions/1001/"}, {"1001"}),
        ({"link": "https://x.example/sessions/ps_123456/"}, {"ps_123456"}),
        ({"note": "ps_123456"}, {"ps_123456"}),
        ({"id": "1001", "status": "cancelled"}, {"1001"}),
        ({"id": "1001", "status": "cancelled", "data": {"id": "1002"}}, {"1002"}),
        ({"id": "1001"}, set()),
        ({"id": "ps_123456", "status": "cancelled"}, {"ps_123456"}),
        ({"Message": json.dumps({"session": "1001"})}, {"1001"}),
    ],
)
def test_a_number_is_a_name_only_where_names_stand(members: dict[str, Any], names: set[str]) -> None:
    assert names_in({"event_type": TYPE, **members}) == [names]


def test_compressed_bodies_are_read() -> None:
    body = json.dumps({"id": "e1", "event_type": TYPE, "session": "1001"}).encode()
    bare = zlib.compressobj(wbits=-15)
    for encoding, packed in (
        ("gzip", gzip.compress(body)),
        ("deflate", zlib.compress(body)),
        ("deflate", bare.compress(body) + bare.flush()),
        ("gzip", body),
    ):
        assert key_of(packed, content_encoding=encoding) == "id e1"


def test_what_is_unpacked_has_a_bound() -> None:
    packed = gzip.compress(b" " * (1 << 21) + json.dumps({"event_type": TYPE}).encode())
    assert told_by(delivery(packed, content_encoding="gzip")) == []
