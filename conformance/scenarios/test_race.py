"""CXL-RACE: several requests at once."""

import pytest

from conformance.client import Client
from conformance.exchange import Exchange
from conformance.outcomes import Breach
from conformance.plugin import Later
from conformance.providers import Session
from conformance.races import (
    Round,
    race_cancel_and_complete,
    race_cancels,
    race_different_sessions,
    race_to_expiry,
    verify_expiry_boundary,
    verify_single_winner,
)
from conformance.scenarios.test_hook import verify_arrived, verify_at_most_one_event
from conformance.stage import Stage
from conformance.verify import verify_attribute, verify_refused, verify_status
from conformance.webhooks import Webhooks

ROUNDS, CANCELS = 5, 8
SESSIONS = 4
THOROUGH_ROUNDS, THOROUGH_CANCELS = 10, 10
EXPIRES_IN_S = 3
# `expires_at` is in whole seconds, so it may come up to a second sooner; a little before that the cancels begin.
BEFORE_EXPIRY_S = 1.6


@pytest.fixture(scope="session")
def rounds(client: Client, stage: Stage, thorough: bool) -> tuple[Round, ...]:
    """The rounds that three requirements judge, each from its own side."""
    count, cancels = (THOROUGH_ROUNDS, THOROUGH_CANCELS) if thorough else (ROUNDS, CANCELS)
    return race_cancels(client, stage, rounds=count, cancels=cancels)


@pytest.mark.requirement("CXL-RACE-1")
def test_exactly_one_simultaneous_cancel_wins(
    client: Client, stage: Stage, rounds: tuple[Round, ...], after_a_while: Later
) -> None:
    """One 200 in every round. Where the provider sets lifetimes, also from just before `expires_at` until just after:
    the clocks need not agree for that to be judged."""
    for race in rounds:
        verify_single_winner(race)
    if stage.offers("lifetime"):
        session = stage.prepare("pending", expires_in_s=EXPIRES_IN_S)

        def judge() -> None:
            verify_expiry_boundary(race_to_expiry(client, session, expires_in_s=EXPIRES_IN_S, cancels=CANCELS))

        after_a_while(judge, BEFORE_EXPIRY_S)


@pytest.mark.requirement("CXL-RACE-2")
def test_the_other_simultaneous_cancels_meet_a_terminal_status(rounds: tuple[Round, ...]) -> None:
    """400 with session_not_pending, as if they had come later."""
    for race in rounds:
        for exchange in race.losers:
            verify_refused(exchange, "session_not_pending")


@pytest.mark.requirement("CXL-RACE-3")
def test_simultaneous_cancels_make_one_event(rounds: tuple[Round, ...], webhooks: Webhooks, at_the_end: Later) -> None:
    """One event for each round's session."""

    def judge() -> None:
        for race in rounds:
            if race.winners:
                verify_arrived(webhooks, race.session)
            verify_at_most_one_event(webhooks, race.session)

    at_the_end(judge)


@pytest.mark.requirement("CXL-RACE-4")
def test_cancel_and_complete_never_both_win(client: Client, stage: Stage) -> None:
    """First one after the other, where the cancelled session must not be completed any more; then at once: whoever is
    told that it worked is right, and the session reads accordingly."""
    stage.completed()
    session = stage.prepare("pending")
    verify_status(exchange := client.cancel(session.id), 200)
    if stage.complete(session):
        raise Breach("a cancelled session that cannot be completed", "one that was completed", exchange=exchange)
    for _ in range(ROUNDS):
        session, exchange, completed = race_cancel_and_complete(client, stage)
        if exchange.status == 200 and completed:
            raise Breach("either the cancel or the completion", "both", exchange=exchange)
        if exchange.status == 200:
            verify_attribute(exchange, "completed_at", None)
        if stage.offers("read"):
            verify_one_ending(stage, session, exchange)


@pytest.mark.requirement("CXL-RACE-5")
def test_simultaneous_cancels_of_different_sessions_do_not_meet(client: Client, stage: Stage) -> None:
    """Each answer is the one of its own session, and each session is cancelled afterwards."""
    for session, exchange in race_different_sessions(client, stage, sessions=SESSIONS):
        verify_status(exchange, 200)
        verify_attribute(exchange, "id", session.id)
        for name in session.attributes.keys() & {"contractor_id", "return_url"}:
            verify_attribute(exchange, name, session.attributes[name])
        verify_refused(client.cancel(session.id), "session_not_pending")


def verify_one_ending(stage: Stage, session: Session, exchange: Exchange) -> None:
    """The session reads as cancelled exactly when its cancel answered 200, and never as both."""
    now = stage.read_ended(session)
    both = now.get("cancelled_at") is not None and now.get("completed_at") is not None
    if both or (now.get("status") == "cancelled") != (exchange.status == 200):
        actual = f"status {now.get('status')!r} after the cancel answered {exchange.status}"
        raise Breach("one ending, the one that was told", actual, pointer="/status", exchange=exchange)
