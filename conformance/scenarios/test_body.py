"""CXL-BODY: what the 200 says."""

import pytest

from conformance.client import Client
from conformance.documented import verify_documented
from conformance.exchange import Exchange
from conformance.outcomes import Breach, Inconclusive, Reason
from conformance.plugin import Later
from conformance.providers import Session
from conformance.stage import Stage
from conformance.verify import (
    AS_AT_CREATION,
    documented_processor,
    verify_as_at_creation,
    verify_attribute,
    verify_attribute_types,
    verify_cancelled_at,
    verify_object,
    verify_return_url,
    verify_status,
)

DEFAULT_LIFETIME_S = 1800
OTHER_LIFETIME_S = 600


def cancelled(client: Client, session_id: str) -> Exchange:
    """The 200 of a cancel."""
    exchange = client.cancel(session_id)
    verify_status(exchange, 200)
    return exchange


def cancelled_after_a_while(client: Client, session: Session) -> Exchange:
    """The same of a session that was prepared a while ago, unless its time is over by now."""
    expires_at = session.attributes.get("expires_at")
    exchange = client.cancel(session.id)
    if exchange.status == 400 and isinstance(expires_at, int) and expires_at <= exchange.received_at:
        raise Inconclusive(Reason.UNSTEADY_TIMING, "the session expired before the run came back to it")
    verify_status(exchange, 200)
    return exchange


@pytest.mark.requirement("CXL-BODY-1")
def test_every_attribute_is_there_with_its_type(client: Client, stage: Stage) -> None:
    """All documented attributes; `url` may be left out."""
    verify_attribute_types(cancelled(client, stage.prepare("pending").id))


@pytest.mark.requirement("CXL-BODY-2")
def test_status_is_cancelled(client: Client, stage: Stage) -> None:
    """The word is `cancelled`, with two l."""
    verify_attribute(cancelled(client, stage.prepare("pending").id), "status", "cancelled")


@pytest.mark.requirement("CXL-BODY-3")
def test_cancelled_at_is_the_time_of_the_cancellation(
    client: Client, stage: Stage, max_clock_skew_s: float, after_a_while: Later
) -> None:
    """A session that has been pending for a while, so that its creation cannot be taken for its cancellation."""
    session = stage.prepare("pending")

    def judge() -> None:
        fresh = stage.prepare("pending")
        verify_cancelled_at(cancelled_after_a_while(client, session), fresh, max_clock_skew_s)

    after_a_while(judge)


@pytest.mark.requirement("CXL-BODY-4")
def test_completed_at_is_null(client: Client, stage: Stage) -> None:
    """Nobody saved a card."""
    verify_attribute(cancelled(client, stage.prepare("pending").id), "completed_at", None)


@pytest.mark.requirement("CXL-BODY-5")
def test_id_is_the_one_asked_for(client: Client, stage: Stage, at_the_end: Later) -> None:
    """Of two pending sessions, the one named in the path. So is the id in all other cancels of the run."""
    first, second = stage.prepare("pending"), stage.prepare("pending")
    for session in (first, second):
        verify_attribute(cancelled(client, session.id), "id", session.id)

    def judge() -> None:
        for session_id, exchange in client.ledger.cancels:
            if exchange.status == 200 and session_id in client.ledger.known:
                verify_attribute(exchange, "id", session_id)

    at_the_end(judge)


@pytest.mark.requirement("CXL-BODY-6")
def test_processor_is_the_only_one_there_is(client: Client, stage: Stage) -> None:
    """`checkout`, until the page lists another."""
    verify_attribute(cancelled(client, stage.prepare("pending").id), "processor", documented_processor())


@pytest.mark.requirement("CXL-BODY-7")
def test_what_was_given_at_creation_is_still_the_same(
    client: Client, stage: Stage, after_a_while: Later, at_the_end: Later
) -> None:
    """Contractor, return_url, created and expires_at, of a session that was created some time ago; of one with a
    lifetime of its own, where the provider sets lifetimes; and of all that the run has cancelled."""
    session = stage.prepare("pending")
    after_a_while(lambda: verify_as_at_creation(cancelled_after_a_while(client, session), session))
    if stage.offers("lifetime"):
        other = stage.prepare("pending", expires_in_s=OTHER_LIFETIME_S)
        verify_as_at_creation(cancelled(client, other.id), other)

    def judge() -> None:
        sessions = {each.id: each for each in stage.sessions if each.attributes.keys() >= set(AS_AT_CREATION)}
        for session_id, exchange in client.ledger.cancels:
            if exchange.status == 200 and session_id in sessions:
                verify_as_at_creation(exchange, sessions[session_id])

    at_the_end(judge)


@pytest.mark.requirement("CXL-BODY-8")
def test_return_url_is_https_without_credentials_or_fragment(client: Client, stage: Stage) -> None:
    """The promise about return_url, seen in the answer."""
    verify_return_url(cancelled(client, stage.prepare("pending").id))


@pytest.mark.requirement("CXL-BODY-9")
def test_the_whole_answer_is_as_documented(client: Client, stage: Stage, at_the_end: Later) -> None:
    """The contract's schema, by schemathesis; judged over every plain cancel of the whole run that answered 200."""
    verify_documented(cancelled(client, stage.prepare("pending").id))

    def judge() -> None:
        for _, exchange in client.ledger.cancels:
            if exchange.status == 200:
                verify_documented(exchange)

    at_the_end(judge)


@pytest.mark.requirement("CXL-BODY-10")
def test_expires_at_lies_after_created(client: Client, stage: Stage) -> None:
    """A session does not expire before it exists."""
    if lifetime_s(exchange := cancelled(client, stage.prepare("pending").id)) <= 0:
        raise Breach("expires_at after created", "not after it", pointer="/expires_at", exchange=exchange)


@pytest.mark.requirement("CXL-BODY-11")
def test_the_lifetime_is_thirty_minutes(client: Client, stage: Stage) -> None:
    """The default that the page names; another one can be configured."""
    exchange = cancelled(client, stage.prepare("pending").id)
    if (lifetime := lifetime_s(exchange)) != DEFAULT_LIFETIME_S:
        expected, actual = f"a lifetime of {DEFAULT_LIFETIME_S} s", f"{lifetime} s"
        raise Breach(expected, actual, pointer="/expires_at", exchange=exchange)


def lifetime_s(exchange: Exchange) -> int:
    """Seconds from `created` to `expires_at`."""
    body = verify_object(exchange)
    created, expires_at = body.get("created"), body.get("expires_at")
    if not isinstance(created, int) or not isinstance(expires_at, int):
        raise Breach("created and expires_at as integers", "something else", exchange=exchange)
    return expires_at - created
