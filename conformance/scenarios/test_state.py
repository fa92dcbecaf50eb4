"""CXL-STATE: a session in a terminal status."""

import pytest

from conformance.client import Client
from conformance.model import verify_model
from conformance.providers import Session
from conformance.stage import Stage
from conformance.verify import verify_kept, verify_refused, verify_status, verify_unchanged


@pytest.mark.requirement("CXL-STATE-1")
def test_a_completed_session_is_not_pending(client: Client, stage: Stage) -> None:
    """The contractor has saved a card: prepared so, and completed just now."""
    verify_refused(client.cancel(stage.prepare("completed").id), "session_not_pending")
    if stage.offers("complete"):
        verify_refused(client.cancel(stage.completed().id), "session_not_pending")


@pytest.mark.requirement("CXL-STATE-2")
def test_a_second_cancel_is_refused(client: Client, stage: Stage) -> None:
    """Cancelling is not idempotent on this page: the second one meets a terminal status."""
    session = stage.prepare("pending")
    verify_status(client.cancel(session.id), 200)
    verify_refused(client.cancel(session.id), "session_not_pending")


@pytest.mark.requirement("CXL-STATE-3")
def test_an_expired_session_is_not_pending(client: Client, stage: Stage) -> None:
    """The expiry job has flipped it."""
    verify_refused(client.cancel(stage.prepare("expired").id), "session_not_pending")


@pytest.mark.requirement("CXL-STATE-4")
def test_a_completed_session_stays_what_it_was(client: Client, stage: Stage) -> None:
    """Read, refused, read again."""
    stays_what_it_was(client, stage, stage.prepare("completed"))


@pytest.mark.requirement("CXL-STATE-5")
def test_a_cancelled_session_stays_what_it_was(client: Client, stage: Stage) -> None:
    """`cancelled_at` above all: it is kept as it was told, and the second cancel does not move it. In all else the
    session reads as it did while it was pending."""
    session = stage.prepare("pending")
    before = stage.read(session)
    exchange = client.cancel(session.id)
    verify_status(exchange, 200)
    verify_kept(exchange, before, stage.read_ended(session))
    stays_what_it_was(client, stage, session)


@pytest.mark.requirement("CXL-STATE-6")
def test_an_expired_session_stays_what_it_was(client: Client, stage: Stage) -> None:
    """Read, refused, read again."""
    stays_what_it_was(client, stage, stage.prepare("expired"))


@pytest.mark.requirement("CXL-STATE-7")
def test_a_session_cancelled_by_another_way_is_not_pending(client: Client, stage: Stage) -> None:
    """The provider cancelled it, perhaps as the contractor does."""
    verify_refused(client.cancel(stage.prepare("cancelled").id), "session_not_pending")


@pytest.mark.requirement("CXL-STATE-8")
def test_any_sequence_of_calls_is_answered_by_the_state(client: Client, stage: Stage, thorough: bool) -> None:
    """A few short sequences against a small oracle, many longer ones under --thorough; the shortest is told."""
    sequences, calls = (40, 20) if thorough else (10, 8)
    verify_model(client, stage, sequences=sequences, calls=calls)


def stays_what_it_was(client: Client, stage: Stage, session: Session) -> None:
    """Cancel a session in a terminal status twice; it reads the same before and after."""
    before = stage.read(session)
    for _ in range(2):
        client.cancel(session.id)
    verify_unchanged(before, stage.read(session))
