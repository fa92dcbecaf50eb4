"""Webhooks from the cancel to the receiver: signed, repeated, given up, sent again."""

from __future__ import annotations

import socket
import time
from email.utils import formatdate

import pytest
from standardwebhooks import WebhookVerificationError

from tests.mock_server.answering import assert_error
from tests.mock_server.receiving import Receiver
from tests.mock_server.running import Caller, eventually, fresh_secret

MOST_ATTEMPTS = 7


def cancelled(caller: Caller) -> str:
    """A session that was just cancelled."""
    session_id = caller.seeded()
    assert caller.cancel(session_id).status_code == 200
    return session_id


def test_a_cancel_sends_one_signed_event(caller: Caller, receiver: Receiver) -> None:
    secret = caller.listen(receiver.url)
    answer = caller.cancel(caller.seeded())
    caller.deliveries()
    (arrival,) = receiver.arrived
    arrival.verify(secret)
    assert arrival.headers["content-type"] == "application/json"
    assert arrival.event["event_type"] == arrival.event["type"] == "payment.session.cancelled"
    assert arrival.event["data"] == answer.json()
    assert arrival.event["id"] == arrival.headers["webhook-id"]


def test_a_signature_is_good_for_this_secret_and_body_alone(caller: Caller, receiver: Receiver) -> None:
    caller.listen(receiver.url)
    cancelled(caller)
    (arrival,) = receiver.wait_for(1)
    with pytest.raises(WebhookVerificationError):
        arrival.verify(fresh_secret())


def test_completing_and_expiring_send_their_own_events(caller: Caller, receiver: Receiver) -> None:
    caller.listen(receiver.url)
    caller.made("POST", f"/sessions/{caller.seeded()}/complete")
    caller.seed("overdue")
    caller.made("POST", "/expiry-job/run")
    types = {arrival.event["event_type"] for arrival in receiver.wait_for(2)}
    assert types == {"payment.session.completed", "payment.session.expired"}


def test_a_refused_cancel_sends_nothing(caller: Caller, receiver: Receiver) -> None:
    caller.listen(receiver.url)
    for session_id in (caller.seeded("completed"), caller.seeded("overdue"), "ps_unkn0wn000"):
        assert caller.cancel(session_id).is_client_error
    assert caller.events() == []
    assert caller.read("/deliveries")["deliveries"] == []


def test_a_retry_has_the_same_id_and_bytes_and_a_signature_that_verifies(caller: Caller, receiver: Receiver) -> None:
    receiver.answers = [(500, {}), (404, {}), (301, {})]
    secret = caller.listen(receiver.url)
    cancelled(caller)
    (delivery,) = caller.deliveries()
    assert delivery["state"] == "delivered"
    assert [each["status"] for each in delivery["attempts"]] == [500, 404, 301, 204]
    assert len({arrival.body for arrival in receiver.arrived}) == 1
    assert {arrival.headers["webhook-id"] for arrival in receiver.arrived} == {delivery["event_id"]}
    for arrival in receiver.arrived:
        arrival.verify(secret)
        assert abs(int(arrival.headers["webhook-timestamp"]) - arrival.at) < 2


def test_each_attempt_is_recorded(caller: Caller, receiver: Receiver) -> None:
    receiver.answers = [(503, {})]
    caller.listen(receiver.url)
    cancelled(caller)
    (delivery,) = caller.deliveries()
    first, second = delivery["attempts"]
    assert (first["number"], second["number"]) == (1, 2)
    assert first["due"] <= first["sent_at"] < first["next_due"] == second["due"] <= second["sent_at"]
    assert second["next_due"] is None
    assert all(0 < each["duration_ms"] < 5000 and each["error"] is None for each in (first, second))


def test_an_event_that_is_never_taken_is_a_dead_letter_until_it_is_sent_again(
    caller: Caller, receiver: Receiver
) -> None:
    receiver.status = 500
    caller.freeze()
    secret = caller.listen(receiver.url)
    cancelled(caller)
    caller.advance(3600)
    (delivery,) = caller.deliveries()
    assert delivery["state"] == "dead"
    assert len(delivery["attempts"]) == MOST_ATTEMPTS == len(receiver.arrived)
    assert caller.advance(86400) == []
    receiver.status = 204
    resent = caller.made("POST", "/deliveries/resend", event_id=delivery["event_id"])["delivery"]
    assert resent["id"] != delivery["id"]
    assert [each["state"] for each in caller.deliveries()] == ["dead", "delivered"]
    assert receiver.arrived[-1].body == receiver.arrived[0].body
    receiver.arrived[-1].verify(secret)


def test_a_receiver_that_cannot_be_reached_is_a_failed_attempt(caller: Caller) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        caller.freeze()
        caller.listen(f"http://127.0.0.1:{deaf.getsockname()[1]}/")
        cancelled(caller)
        (attempt,) = eventually(lambda: caller.read("/deliveries")["deliveries"][0]["attempts"])
    assert (attempt["status"], attempt["error"]) == (None, "cannot connect")
    assert attempt["next_due"] > attempt["due"]
    assert not caller.read("/deliveries")["settled"]


@pytest.mark.parametrize("is_date", [False, True])
def test_retry_after_is_honoured(caller: Caller, receiver: Receiver, is_date: bool) -> None:
    caller.listen(receiver.url)
    caller.freeze()
    receiver.answers = [(503, {"Retry-After": formatdate(time.time() + 60, usegmt=True) if is_date else "60"})]
    cancelled(caller)
    receiver.wait_for(1)
    assert caller.advance(50) == []
    (fired,) = caller.advance(20)
    assert (fired["attempt"], fired["state"]) == (2, "delivered")


@pytest.mark.parametrize("value", ["nonsense", "-5", "", "1e9", "Mon, 99 Foo 0000 00:00:00 GMT"])
def test_a_retry_after_that_means_nothing_is_ignored(caller: Caller, receiver: Receiver, value: str) -> None:
    receiver.answers = [(503, {"Retry-After": value})]
    caller.listen(receiver.url)
    cancelled(caller)
    (delivery,) = caller.deliveries()
    assert delivery["state"] == "delivered"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(caller: Caller, receiver: Receiver, status: int) -> None:
    receiver.answers = [(status, {"Location": receiver.url + "/elsewhere"})]
    caller.listen(receiver.url)
    cancelled(caller)
    (delivery,) = caller.deliveries()
    assert [each["status"] for each in delivery["attempts"]] == [status, 204]
    assert {arrival.path for arrival in receiver.arrived} == {"/hook"}


def test_resending_needs_an_endpoint_and_an_event_of_ones_own(
    caller: Caller, other: Caller, receiver: Receiver
) -> None:
    cancelled(other)
    theirs, unknown = {"event_id": other.events()[0]["id"]}, {"event_id": "evt_unknown"}
    assert caller.control.post("/deliveries/resend", json=theirs).status_code == 409
    caller.listen(receiver.url)
    answers = [caller.control.post("/deliveries/resend", json=body) for body in (theirs, unknown)]
    assert_error(answers[0], 404, "resource_not_found")
    assert answers[0].content == answers[1].content
    assert receiver.arrived == []


def test_resending_without_an_endpoint_does_not_speak_of_a_session(caller: Caller) -> None:
    cancelled(caller)
    answer = caller.control.post("/deliveries/resend", json={"event_id": caller.events()[0]["id"]})
    assert answer.status_code == 409
    assert answer.json()["error_code"] != "session_not_pending"
