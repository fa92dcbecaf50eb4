"""CXL-OK: a pending session is cancelled."""

import pytest

from conformance.client import Client
from conformance.documented import verify_documented
from conformance.generated import FUZZED, covering_headers, fuzz_cancels
from conformance.outcomes import Breach, NoAnswer
from conformance.plugin import Later
from conformance.providers import Session
from conformance.stage import Stage
from conformance.verify import (
    verify_client_error_or_redirect,
    verify_json_media_type,
    verify_object,
    verify_status,
)

# What a cancel has set going has run by then.
JOB_S = 1.8
# Each takes a fresh session.
FUZZED_SESSIONS = 40
SURPLUS_BODIES = (
    ("application/json", b"{"),
    ("application/json", b"[" * 500),
    ("application/json", b'"\xff"'),
    ("application/json", b'{"status": "pending", "id": "ps_2"}'),
    ("text/plain", b"cancel"),
    ("application/x-www-form-urlencoded", b"status=pending"),
    ("multipart/form-data", b"--x"),
    ("nonsense", b"\x00"),
)


@pytest.mark.requirement("CXL-OK-1")
def test_a_pending_session_is_cancelled(client: Client, stage: Stage) -> None:
    """A pending session, cancelled with the valid key. An answer may be lost on the way; not those to three sessions'
    cancels, one after the other."""
    for last in (False, False, True):
        try:
            verify_status(client.cancel(stage.prepare("pending").id), 200)
        except NoAnswer as silence:
            if last and not client.ledger.is_flaky:
                raise Breach("200", f"three sessions' cancels each got no answer: {silence.message}") from None
            if last:
                raise
        else:
            return


@pytest.mark.requirement("CXL-OK-2")
def test_no_request_body_is_needed(client: Client, stage: Stage) -> None:
    """The suite's cancel has neither body nor Content-Type; `Content-Length: 0` is all that is said of one."""
    exchange = client.cancel(stage.prepare("pending").id)
    verify_status(exchange, 200)


@pytest.mark.requirement("CXL-OK-3")
def test_the_answer_is_one_json_object(client: Client, stage: Stage) -> None:
    """Media type and shape of the 200."""
    exchange = client.cancel(stage.prepare("pending").id)
    verify_status(exchange, 200)
    verify_json_media_type(exchange, exactly=True)
    verify_object(exchange)


@pytest.mark.requirement("CXL-OK-4")
def test_the_other_pending_sessions_stay_cancellable(client: Client, stage: Stage, after_a_while: Later) -> None:
    """Of three sessions the second is cancelled. A while later those made before and after it are still there to be
    cancelled, and so is one of another tenant, where the provider makes any."""
    other_key = client.target.other_api_key
    theirs = stage.prepare_for(other_key) if other_key else None
    before, session, after = (stage.prepare("pending") for _ in range(3))
    verify_status(client.cancel(session.id), 200)

    def judge() -> None:
        for neighbour in (before, after):
            verify_status(client.cancel(neighbour.id), 200)
        if theirs is not None:
            verify_theirs(client, theirs, f"Bearer {other_key}")

    after_a_while(judge, JOB_S)


@pytest.mark.requirement("CXL-OK-5")
def test_the_vendors_clients_bodies_make_no_difference(client: Client, stage: Stage) -> None:
    """As JSON, for a session each."""
    for body in (b"null", b"{}"):
        exchange = client.cancel_with(stage.prepare("pending").id, {"Content-Type": "application/json"}, body)
        verify_status(exchange, 200)


@pytest.mark.requirement("CXL-OK-6")
def test_headers_and_a_body_nobody_asked_for_do_no_harm(client: Client, stage: Stage, thorough: bool) -> None:
    """Ignored or refused; a session each, so that none depends on the one before. A table of bodies, the headers of
    schemathesis's coverage phase, and under --thorough bodies and headers that it fuzzes."""
    tried: list[tuple[dict[str, str], bytes]] = [({"Content-Type": name}, body) for name, body in SURPLUS_BODIES]
    tried += [(headers, b"") for headers in covering_headers()]
    if thorough:
        tried += [(made.headers, made.body) for made in fuzz_cancels(client.seed, FUZZED)[:FUZZED_SESSIONS]]
    for headers, body in tried:
        exchange = client.cancel_with(stage.prepare("pending").id, headers, body)
        if exchange.status == 200:
            verify_documented(exchange)
        else:
            verify_client_error_or_redirect(exchange)


def verify_theirs(client: Client, session: Session, authorization: str) -> None:
    """Another tenant can cancel its session; unless it is ours, since the provider takes no notice of the key."""
    exchange = client.cancel_as(session.id, authorization)
    if exchange.status != 200 and client.cancel_as(session.id, f"Bearer {client.target.api_key}").status == 404:
        verify_status(exchange, 200)
    if exchange.status == 200:
        verify_documented(exchange)
