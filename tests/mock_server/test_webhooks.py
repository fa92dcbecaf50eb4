"""Events and their signatures, verified by the scheme's own library."""

from __future__ import annotations

import base64
import json
import time

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from mock_server.sessions import PaymentSession, cancel
from mock_server.settings import Settings
from mock_server.webhooks import decode_secret, event_of, render_event, signature_headers

NOW = 1_767_226_000.9
BODY = b'{"id":"evt_1"}'


def secret_of(key: bytes) -> str:
    return "whsec_" + base64.b64encode(key).decode()


SECRET, OTHER_SECRET = secret_of(b"k" * 24), secret_of(b"l" * 24)


def cancelled() -> PaymentSession:
    pending = PaymentSession("ps_1", "cn_1", "pending", "https://app.example.com/done", 1_767_225_000, 1_767_226_800)
    return cancel(pending, NOW).session


def test_an_event_tells_of_the_session_as_it_is_after_the_transition() -> None:
    event = event_of(cancelled(), "payment.session.cancelled", NOW)
    assert event.pop("id").startswith("evt_")
    assert event == {
        "type": "payment.session.cancelled",
        "event_type": "payment.session.cancelled",
        "created": 1_767_226_000,
        "data": cancelled().as_attributes(),
    }


def test_every_event_has_an_id_of_its_own() -> None:
    events = [event_of(cancelled(), "payment.session.cancelled", NOW) for _ in range(100)]
    assert len({event["id"] for event in events}) == 100


def test_a_rendered_event_is_the_event_as_json() -> None:
    event = event_of(cancelled(), "payment.session.cancelled", NOW)
    assert json.loads(render_event(event)) == event


@pytest.mark.parametrize("length", [16, 17, 24, 32, 64])
def test_the_signature_verifies_by_the_scheme_s_library(length: int) -> None:
    secret = secret_of(bytes(range(length)))
    headers = signature_headers("evt_1", BODY, secret, int(time.time()))
    assert Webhook(secret).verify(BODY, headers) == {"id": "evt_1"}


def test_a_body_outside_ascii_verifies_too() -> None:
    body = '{"id":"évt"}'.encode()
    assert Webhook(SECRET).verify(body, signature_headers("evt_1", body, SECRET, int(time.time()))) == {"id": "évt"}


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        (BODY + b" ", {}),
        (BODY, {"webhook-id": "evt_2"}),
        (BODY, {"webhook-timestamp": "a second earlier"}),
        (BODY, {"webhook-signature": "v1," + base64.b64encode(bytes(32)).decode()}),
    ],
)
def test_whatever_is_changed_on_the_way_breaks_the_signature(body: bytes, changed: dict[str, str]) -> None:
    now = int(time.time())
    earlier = {name: str(now - 1) if value == "a second earlier" else value for name, value in changed.items()}
    headers = signature_headers("evt_1", BODY, SECRET, now) | earlier
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(SECRET).verify(body, headers)


def test_another_secret_does_not_verify() -> None:
    headers = signature_headers("evt_1", BODY, SECRET, int(time.time()))
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(OTHER_SECRET).verify(BODY, headers)


def test_an_old_timestamp_does_not_verify() -> None:
    headers = signature_headers("evt_1", BODY, SECRET, int(time.time()) - 3600)
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(SECRET).verify(BODY, headers)


def test_without_a_secret_there_is_no_signature() -> None:
    assert signature_headers("evt_1", BODY, "", 1_767_226_000) == {
        "webhook-id": "evt_1",
        "webhook-timestamp": "1767226000",
    }


def test_a_secret_is_its_prefix_and_a_key_in_base64() -> None:
    assert decode_secret(SECRET) == b"k" * 24


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        secret_of(b"k" * 15),
        base64.b64encode(b"k" * 24).decode(),
        "WHSEC_" + base64.b64encode(b"k" * 24).decode(),
        "whsec_whsec_" + base64.b64encode(b"k" * 24).decode(),
        "whsec_" + "kkkk " * 8,
        "whsec_" + "kk-_" * 8,
        "whsec_" + "k" * 33,
        "whsec_" + "é" * 32,
    ],
)
def test_a_secret_that_cannot_be_used_is_refused_in_words_without_the_secret(secret: str) -> None:
    with pytest.raises(ValueError, match=r"^a webhook secret must be whsec_ and at least 16 bytes in base64$"):
        decode_secret(secret)


@pytest.mark.filterwarnings("ignore:jsonschema:DeprecationWarning")
@pytest.mark.parametrize(
    ("url", "secret", "reason"),
    [
        ("http://127.0.0.1:9/", "not-to-be-shown", "webhook secret"),
        ("not-to-be-shown.example/hooks", "", "webhook URL"),
        ("ftp://127.0.0.1/", SECRET, "webhook URL"),
        ("http://user:not-to-be-shown@127.0.0.1/", "", "webhook URL"),
    ],
)
def test_an_endpoint_of_the_start_that_cannot_be_used_is_refused_at_the_start(
    url: str, secret: str, reason: str
) -> None:
    from mock_server.app import Mock  # it imports connexion, which warns

    with pytest.raises(ValueError, match=reason) as caught:
        Mock(Settings(webhook_url=url, webhook_secret=secret), lambda _: None)
    assert "not-to-be-shown" not in str(caught.value)
