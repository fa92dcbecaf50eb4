"""CXL-STATE: a session in a terminal status."""

from collections.abc import Iterable

import pytest

from conformance.client import Client
from conformance.exchange import Exchange
from conformance.model import verify_model
from conformance.outcomes import Breach
from conformance.plugin import AGE_S, Later
from conformance.providers import Session
from conformance.stage import Stage
from conformance.verify import verify_kept, verify_refused, verify_status, verify_unchanged

LIFETIME_S = 2
PAST_EXPIRY_S = 0.2


@pytest.mark.requirement("CXL-STATE-1")
def test_a_completed_session_is_not_pending(client: Client, stage: Stage, after_a_while: Later) -> None:
    """The contractor has saved a card: prepared so, and completed just now; where the provider sets lifetimes, also
    past `expires_at`."""
    verify_refused(client.cancel(stage.prepare("completed").id), "session_not_pending")
    if not stage.offers("complete"):
        return
    verify_refused(client.cancel(stage.completed().id), "session_not_pending")
    if stage.offers("lifetime"):
        session = stage.completed(expires_in_s=LIFETIME_S)
        left_s = session.left_s(LIFETIME_S)
        after_a_while(
            lambda: verify_refused(client.cancel(session.id), "session_not_pending"), max(0.0, left_s) + PAST_EXPIRY_S
        )


@pytest.mark.requirement("CXL-STATE-2")
def test_a_second_cancel_is_refused(client: Client, stage: Stage, after_a_while: Later, at_the_end: Later) -> None:
    """Cancelling is not idempotent on this page: the second one meets a terminal status, at once and a while later,
    when others have been cancelled too. Where the provider sets lifetimes, also past `expires_at`. Nor has any session
    of the whole run been cancelled once more after it had been."""
    age_s = AGE_S
    session = stage.prepare("pending")
    verify_status(client.cancel(session.id), 200)
    verify_refused(client.cancel(session.id), "session_not_pending")
    cancelled = [session]
    if stage.offers("lifetime"):
        short_lived = stage.prepare("pending", expires_in_s=LIFETIME_S)
        exchange = client.cancel(short_lived.id)
        # On a slow day its time is over before it is asked for.
        if exchange.status == 200 or exchange.received_at < short_lived.prepared_at + 0.9:
            verify_status(exchange, 200)
            cancelled.append(short_lived)
            age_s = max(AGE_S, short_lived.left_s(LIFETIME_S) + PAST_EXPIRY_S)
    before = [stage.read_ended(each) for each in cancelled] if stage.offers("read") else []

    def judge() -> None:
        for each in cancelled:
            verify_refused(client.cancel(each.id), "session_not_pending")
        for each, read in zip(cancelled, before, strict=False):
            verify_unchanged(read, stage.read_ended(each))

    after_a_while(judge, age_s)
    at_the_end(lambda: verify_cancelled_once(client.ledger.cancels))


@pytest.mark.requirement("CXL-STATE-3")
def test_an_expired_session_is_not_pending(client: Client, stage: Stage) -> None:
    """The expiry job has flipped it."""
    verify_refused(client.cancel(stage.prepare("expired").id), "session_not_pending")


@pytest.mark.requirement("CXL-STATE-4")
def test_a_completed_session_stays_what_it_was(client: Client, stage: Stage, after_a_while: Later) -> None:
    """Read, refused, read again, and once more after a while."""
    stays_what_it_was(client, stage, stage.prepare("completed"), after_a_while)


@pytest.mark.requirement("CXL-STATE-5")
def test_a_cancelled_session_stays_what_it_was(client: Client, stage: Stage, after_a_while: Later) -> None:
    """`cancelled_at` above all: it is kept as it was told, and a further cancel moves it neither at once nor seconds
    later. In all else the session reads as it did while it was pending. So does one that was cancelled otherwise."""
    session = stage.prepare("pending")
    before = stage.read(session)
    exchange = client.cancel(session.id)
    verify_status(exchange, 200)
    verify_kept(exchange, before, stage.read_ended(session))
    stays_what_it_was(client, stage, session, after_a_while)
    if stage.offers("cancelled"):
        stays_what_it_was(client, stage, stage.prepare("cancelled"), after_a_while)


@pytest.mark.requirement("CXL-STATE-6")
def test_an_expired_session_stays_what_it_was(client: Client, stage: Stage, after_a_while: Later) -> None:
    """Read, refused, read again, and once more after a while."""
    stays_what_it_was(client, stage, stage.prepare("expired"), after_a_while)


@pytest.mark.requirement("CXL-STATE-7")
def test_a_session_cancelled_by_another_way_is_not_pending(client: Client, stage: Stage) -> None:
    """The provider cancelled it, perhaps as the contractor does."""
    verify_refused(client.cancel(stage.prepare("cancelled").id), "session_not_pending")


@pytest.mark.requirement("CXL-STATE-8")
def test_any_sequence_of_calls_is_answered_by_the_state(client: Client, stage: Stage, thorough: bool) -> None:
    """A few short sequences against a small oracle, many longer ones under --thorough; the shortest is told."""
    sequences, calls = (40, 20) if thorough else (8, 8)
    verify_model(client, stage, sequences=sequences, calls=calls)


def stays_what_it_was(client: Client, stage: Stage, session: Session, after_a_while: Later) -> None:
    """Cancel a session in a terminal status, at once and later; it reads the same before and after, every time."""
    before = stage.read(session)
    client.cancel(session.id)
    verify_unchanged(before, stage.read(session))

    def judge() -> None:
        verify_unchanged(before, stage.read(session))
        client.cancel(session.id)
        verify_unchanged(before, stage.read(session))

    after_a_while(judge)


def verify_cancelled_once(cancels: Iterable[tuple[str, Exchange]]) -> None:
    """No cancel that was sent after a session's 200 had come was answered 200, too."""
    ended: dict[str, float] = {}
    for session_id, exchange in cancels:
        if exchange.status == 200 and ended.setdefault(session_id, exchange.ended) < exchange.started:
            raise Breach("a refusal of the second cancel", "another 200", exchange=exchange)
