"""Every quirk, by what it does to a client or a receiver."""

from __future__ import annotations

import time
from typing import Any

import httpx2
import pytest
from standardwebhooks import WebhookVerificationError

from mock_server.quirks import KINDS
from tests.mock_server.answering import assert_error
from tests.mock_server.receiving import Receiver
from tests.mock_server.running import Caller
from tests.mock_server.test_deliveries import cancelled

SHOWN_HERE = {
    *("latency", "unavailable", "drop-before-commit", "drop-after-commit", "extra-attributes", "url-empty"),
    *("url-redacted", "webhook-delayed", "webhook-duplicated", "webhook-reordered", "webhook-dropped"),
    *("webhook-bad-signature", "webhook-stale"),
}


def once(name: str, **parameters: float) -> dict[str, Any]:
    """A rule that strikes the next matching request alone."""
    return {"name": name, "next": 1, "parameters": parameters}


def test_every_quirk_is_shown_here() -> None:
    assert set(KINDS) == SHOWN_HERE


def test_no_quirk_is_on_by_default(caller: Caller) -> None:
    shown = caller.read("/quirks")
    assert shown["quirks"] == []
    assert {each["name"] for each in shown["known"]} == set(KINDS)
    assert all(each["description"] for each in shown["known"])
    assert "mock-quirk" not in caller.create().headers


def test_latency_makes_the_answer_late(caller: Caller) -> None:
    session_id = caller.seeded()
    caller.switch_on(once("latency", s=0.2))
    started = time.monotonic()
    answer = caller.cancel(session_id)
    assert 0.2 <= time.monotonic() - started < 1
    assert (answer.status_code, answer.headers["mock-quirk"]) == (200, "latency")


def test_unavailable_refuses_before_anything_is_changed(caller: Caller) -> None:
    session_id = caller.seeded()
    caller.switch_on(once("unavailable", retry_after_s=7))
    answer = caller.cancel(session_id)
    assert_error(answer, 503, "service_unavailable")
    assert (answer.headers["retry-after"], answer.headers["mock-quirk"]) == ("7", "unavailable")
    assert caller.status_of(session_id) == "pending"
    assert caller.cancel(session_id).status_code == 200


def test_a_connection_dropped_before_the_commit_leaves_the_session_pending(caller: Caller) -> None:
    session_id = caller.seeded()
    caller.switch_on(once("drop-before-commit"))
    with pytest.raises(httpx2.TransportError):
        caller.cancel(session_id)
    assert caller.status_of(session_id) == "pending"
    assert caller.cancel(session_id).status_code == 200


def test_after_a_connection_dropped_after_the_commit_the_retry_is_refused(caller: Caller) -> None:
    session_id = caller.seeded()
    caller.switch_on(once("drop-after-commit"))
    with pytest.raises(httpx2.TransportError):
        caller.cancel(session_id)
    assert caller.status_of(session_id) == "cancelled"
    assert_error(caller.cancel(session_id), 400, "session_not_pending")
    assert len(caller.events()) == 1
    dropped, refused = caller.journal(session_id=session_id)
    assert (dropped["status"], dropped["quirks"]) == (None, ["drop-after-commit"])
    assert (refused["status"], refused["quirks"]) == (400, [])


def test_a_creation_can_be_dropped_after_the_commit_too(caller: Caller) -> None:
    caller.switch_on(once("drop-after-commit"))
    with pytest.raises(httpx2.TransportError):
        caller.create()
    assert len(caller.read("/sessions")["sessions"]) == 1


def test_extra_attributes_stand_beside_the_documented_ones(caller: Caller) -> None:
    caller.switch_on({"name": "extra-attributes"})
    created = caller.create()
    cancelled_one = caller.cancel(created.json()["id"])
    for answer in (created, cancelled_one):
        assert answer.json()["object"] == "payment_session"
        assert answer.headers["mock-quirk"] == "extra-attributes"


@pytest.mark.parametrize("name", ["url-empty", "url-redacted"])
def test_a_cancelled_session_may_have_a_url_without_its_token(caller: Caller, name: str) -> None:
    caller.switch_on({"name": name})
    created = caller.create().json()
    url = caller.cancel(created["id"]).json()["url"]
    assert created["url"].rpartition("/")[2].startswith("live_")
    assert created["url"].rpartition("/")[2] not in url
    assert bool(url) == (name == "url-redacted")


def test_a_delayed_webhook_comes_late(caller: Caller, receiver: Receiver) -> None:
    caller.freeze()
    secret = caller.listen(receiver.url)
    caller.switch_on(once("webhook-delayed", s=30))
    cancelled(caller)
    assert [each["kind"] for each in caller.advance(29)] == []
    assert receiver.arrived == []
    caller.advance(2)
    (arrival,) = receiver.arrived
    arrival.verify(secret)


def test_a_duplicated_webhook_comes_twice_under_one_id(caller: Caller, receiver: Receiver) -> None:
    caller.listen(receiver.url)
    caller.switch_on(once("webhook-duplicated"))
    cancelled(caller)
    first, second = receiver.wait_for(2)
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert [each["state"] for each in caller.deliveries()] == ["delivered", "delivered"]
    assert len(receiver.arrived) == 2


def test_a_reordered_webhook_comes_after_a_later_one(caller: Caller, receiver: Receiver) -> None:
    caller.listen(receiver.url)
    caller.switch_on(once("webhook-reordered", s=60))
    first, second = cancelled(caller), cancelled(caller)
    receiver.wait_for(2)
    assert receiver.sessions() == [second, first]


def test_a_reordered_webhook_does_not_wait_for_ever(caller: Caller, receiver: Receiver) -> None:
    caller.freeze()
    caller.listen(receiver.url)
    caller.switch_on(once("webhook-reordered", s=2))
    session_id = cancelled(caller)
    caller.advance(3)
    assert receiver.sessions() == [session_id]


def test_a_dropped_webhook_comes_with_the_next_attempt(caller: Caller, receiver: Receiver) -> None:
    caller.listen(receiver.url)
    caller.switch_on(once("webhook-dropped"))
    cancelled(caller)
    (delivery,) = caller.deliveries()
    assert [each["status"] for each in delivery["attempts"]] == [None, 204]
    assert len(receiver.arrived) == 1


@pytest.mark.parametrize("name", ["webhook-bad-signature", "webhook-stale"])
def test_a_webhook_that_must_be_refused_is_followed_by_a_good_one(
    caller: Caller, receiver: Receiver, name: str
) -> None:
    secret = caller.listen(receiver.url)
    caller.switch_on(once(name))
    cancelled(caller)
    (delivery,) = caller.deliveries()
    bad, good = receiver.arrived
    with pytest.raises(WebhookVerificationError):
        bad.verify(secret)
    good.verify(secret)
    assert bad.body == good.body
    assert [each["error"] for each in delivery["attempts"]] == [f"{name} by a quirk", None]
    age_s = bad.at - int(bad.headers["webhook-timestamp"])
    assert age_s > 3500 if name == "webhook-stale" else age_s < 5


def test_two_quirks_can_strike_one_webhook(caller: Caller, receiver: Receiver) -> None:
    caller.listen(receiver.url)
    caller.switch_on(once("webhook-dropped"), once("webhook-bad-signature"), once("webhook-duplicated"))
    cancelled(caller)
    receiver.wait_for(3)
    states = [len(each["attempts"]) for each in caller.deliveries()]
    assert states == [3, 1]
