"""What deliveries amount to, and how secrets of creation URLs are recognised."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx2
import pytest
from standardwebhooks import Webhook

from conformance.exchange import Ledger
from conformance.masking import Masker, secrets_of_creation
from conformance.receiver import Receiver
from conformance.webhooks import Webhooks, is_signed_with
from tests.conformance.exchanges import delivery

TYPE = "payment.session.cancelled"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def webhooks(receiver: Receiver) -> Webhooks:
    ledger = Ledger(known={"ps_1", "ps_2", "ps_3"})
    return Webhooks(receiver, ledger, "whsec_" + base64.b64encode(b"x" * 24).decode(), 0.5, 0.1)


def post(receiver: Receiver, body: object, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.post(receiver.url, json=body, headers=named, trust_env=False).status_code


def test_events_name_sessions_by_value_or_by_the_end_of_a_uri(webhooks: Webhooks) -> None:
    post(webhooks.receiver, {"id": "e1", "event_type": TYPE, "data": {"id": "ps_1"}})
    post(webhooks.receiver, {"id": "e2", "event_type": TYPE, "href": "https://x.example/sessions/ps_2"})
    post(webhooks.receiver, {"id": "ps_3", "event_type": TYPE})
    assert [event.names for event in webhooks.events()] == [{"ps_1"}, {"ps_2"}, set()]
    assert len(webhooks.naming("ps_2")) == 1
    assert len(webhooks.anonymous()) == 1


def test_an_event_that_is_the_session_names_it_by_its_id(webhooks: Webhooks) -> None:
    post(webhooks.receiver, {"id": "ps_3", "event_type": TYPE, "contractor_id": "cn_1"})
    assert webhooks.events()[0].names == {"ps_3"}


def test_events_that_name_nobody_count_for_whoever_was_cancelled(webhooks: Webhooks) -> None:
    webhooks._ledger.cancelled.update({"ps_1": time.monotonic(), "ps_2": time.monotonic()})
    assert webhooks.missing() == ["ps_1", "ps_2"]
    post(webhooks.receiver, {"id": "e1", "event_type": TYPE})
    assert webhooks.missing() == ["ps_2"]
    post(webhooks.receiver, {"id": "e2", "event_type": TYPE, "data": {"id": "ps_2"}})
    assert webhooks.missing() == []


def test_waiting_ends_when_everything_has_arrived_or_its_time_is_over(webhooks: Webhooks) -> None:
    webhooks._ledger.cancelled["ps_1"] = time.monotonic()
    started = time.monotonic()
    webhooks.await_arrivals()
    assert 0.4 < time.monotonic() - started < 2.0
    post(webhooks.receiver, {"id": "e1", "event_type": TYPE, "data": {"id": "ps_1"}})
    started = time.monotonic()
    webhooks.await_arrivals()
    assert time.monotonic() - started < 0.3


def test_a_receiver_refuses_while_it_is_told_to(webhooks: Webhooks) -> None:
    with webhooks.refusing("ps_1"):
        assert post(webhooks.receiver, {"id": "e1", "event_type": TYPE, "session": "ps_1"}) == 503
    assert [event.key for event in webhooks.refused_for_good()] == ["id e1"]
    assert post(webhooks.receiver, {"id": "e1", "event_type": TYPE}) == 204
    assert webhooks.refused_for_good() == []
    assert len(webhooks.refused()) == 1


def test_only_the_event_in_question_is_refused(webhooks: Webhooks) -> None:
    with webhooks.refusing("ps_1"):
        assert post(webhooks.receiver, {"id": "e1", "event_type": TYPE, "session": "ps_2"}) == 204
        assert post(webhooks.receiver, {"id": "e2", "type": "payment.session.completed", "session": "ps_1"}) == 204
        assert post(webhooks.receiver, {"id": "e3", "event_type": TYPE}) == 503
    assert [event.key for event in webhooks.refused()] == ["id e3"]


def test_a_receiver_takes_nothing_on_another_path(receiver: Receiver) -> None:
    assert receiver.is_reachable()
    assert httpx2.post(receiver.url + "x", json={}, trust_env=False).status_code == 404
    assert receiver.deliveries() == ()


def test_a_receiver_takes_a_query_and_a_whole_url(receiver: Receiver) -> None:
    path = receiver.url.partition("//")[2].partition("/")[2]
    assert receiver.take(f"/{path}?attempt=1", (), b"") == 204
    assert receiver.take(f"http://shop.example/{path}", (), b"") == 204
    assert receiver.take(f"/x/{path}", (), b"") == 404


def test_a_receiver_understands_chunks(receiver: Receiver) -> None:
    httpx2.post(receiver.url, content=iter([b'{"a"', b": 1}"]), trust_env=False)
    assert receiver.deliveries()[0].body == b'{"a": 1}'


def test_the_signature_is_the_one_of_standard_webhooks(webhooks: Webhooks) -> None:
    body = b'{"event_type": "payment.session.cancelled"}'
    now = datetime.now(UTC)
    signature = Webhook(webhooks.secret).sign("msg_1", now, body.decode())
    stamp = str(int(now.timestamp()))
    good = delivery(body, webhook_id="msg_1", webhook_timestamp=stamp, webhook_signature=f"v1,AAAA {signature}")
    assert is_signed_with(webhooks.secret, good)
    for changed in (
        delivery(body + b" ", webhook_id="msg_1", webhook_timestamp=stamp, webhook_signature=signature),
        delivery(body, webhook_id="msg_2", webhook_timestamp=stamp, webhook_signature=signature),
        delivery(body),
    ):
        assert not is_signed_with(webhooks.secret, changed)


def test_a_secret_is_what_is_this_sessions_alone() -> None:
    url = (
        "https://pay.example/hosted-payment-setup/live_0123456789abcdef?session=ps_0123456789abcdef#fragment-0123456789"
    )
    other = "https://pay.example/hosted-payment-setup/live_fedcba9876543210"
    assert secrets_of_creation(url, {"id": "ps_0123456789abcdef", "url": url}, [other]) == {
        url,
        "live_0123456789abcdef",
        "fragment-0123456789",
    }


def test_the_longest_secret_is_masked_first() -> None:
    masker = Masker()
    masker.add("t9k_test_1", "key")
    masker.add("t9k_test_1234", "other key")
    masker.add("abc", "too short")
    assert masker.mask("t9k_test_1234 t9k_test_1 abc") == "[other key] [key] abc"
