"""CXL-RACE: several requests at once."""

import pytest

from conformance.client import Client
from conformance.exchange import Exchange
from conformance.outcomes import Breach
from conformance.plugin import Later
from conformance.providers import Session
from conformance.races import (
    EXPIRY_SPREAD_S,
    Round,
    race_cancel_and_complete,
    race_cancels,
    race_different_sessions,
    race_to_expiry,
    verify_expiry_boundary,
    verify_one_winner,
    verify_single_winner,
)
from conformance.scenarios.test_hook import verify_arrived, verify_at_most_one_event
from conformance.stage import Stage
from conformance.verify import verify_attribute, verify_kept, verify_not_successful, verify_refused, verify_status
from conformance.webhooks import Webhooks

ROUNDS, CANCELS = 5, 8
# By how much a cancel goes ahead of the completion: each may have read the session when the other writes.
LEADS_S = (0.0, 0.003, 0.015, -0.003, -0.015)
SESSIONS = 4
CANCELS_AT_EXPIRY = 5
THOROUGH_ROUNDS, THOROUGH_CANCELS = 10, 10
EXPIRES_IN_S = 2
# So long before the moment of expiry the run comes back to it. It may have to end another scenario first.
BEFORE_EXPIRY_S = 1.3


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
    if stage.offers("lifetime"):
        session = stage.prepare("pending", expires_in_s=EXPIRES_IN_S)

        def judge() -> None:
            # On a slow day the moment is over by now; then it is waited for with another session.
            is_over = session.left_s(EXPIRES_IN_S) < EXPIRY_SPREAD_S / 2 + 0.1
            expires_in_s = 2 * EXPIRES_IN_S if is_over else EXPIRES_IN_S
            short_lived = stage.prepare("pending", expires_in_s=expires_in_s) if is_over else session
            verify_expiry_boundary(
                race_to_expiry(client, short_lived, expires_in_s=expires_in_s, cancels=CANCELS_AT_EXPIRY)
            )

        after_a_while(judge, session.left_s(EXPIRES_IN_S) - BEFORE_EXPIRY_S)
    for race in rounds:
        verify_single_winner(race)


@pytest.mark.requirement("CXL-RACE-2")
def test_the_other_simultaneous_cancels_meet_a_terminal_status(
    client: Client, stage: Stage, rounds: tuple[Round, ...], after_a_while: Later
) -> None:
    """400 with session_not_pending, as if they had come later. So does one that does come later, and the session reads
    as the winner was told, for a loser may have written down what it had read before."""
    for race in rounds:
        for exchange in race.losers:
            verify_refused(exchange, "session_not_pending")

    def judge() -> None:
        for race in rounds:
            if race.winners:
                verify_refused(client.cancel(race.session.id), "session_not_pending")
            if race.winners and stage.offers("read"):
                now = stage.read_ended(race.session)
                verify_kept(race.winners[0], now, now)

    after_a_while(judge)


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
    """First one after the other, where the cancelled session must not be completed any more; then at once, with either
    a little ahead: whoever is told that it worked is right, the other is refused, and the session reads accordingly."""
    stage.completed()
    session = stage.prepare("pending")
    verify_status(exchange := client.cancel(session.id), 200)
    if stage.complete(session):
        raise Breach("a cancelled session that cannot be completed", "one that was completed", exchange=exchange)
    for lead_s in LEADS_S:
        session, exchange, completed = race_cancel_and_complete(client, stage, lead_s)
        verify_one_winner(exchange, completed=completed)
        if stage.offers("read"):
            verify_one_ending(stage, session, exchange)


@pytest.mark.requirement("CXL-RACE-5")
def test_simultaneous_cancels_of_different_sessions_do_not_meet(client: Client, stage: Stage) -> None:
    """Each answer is the one of its own session, and each session is cancelled afterwards. Another tenant's key and an
    unknown one at the same time get no 2xx, and what they asked for is still there to be cancelled."""
    strangers = [*filter(None, [client.target.other_api_key]), client.unknown_key()]
    ours, theirs = race_different_sessions(client, stage, sessions=SESSIONS, strangers=strangers)
    for session, exchange in ours:
        verify_status(exchange, 200)
        verify_attribute(exchange, "id", session.id)
        for name in session.attributes.keys() & {"contractor_id", "return_url"}:
            verify_attribute(exchange, name, session.attributes[name])
        verify_refused(client.cancel(session.id), "session_not_pending")
    for session, exchange in theirs:
        verify_not_successful(exchange)
        verify_status(client.cancel(session.id), 200)


def verify_one_ending(stage: Stage, session: Session, exchange: Exchange) -> None:
    """The session reads as cancelled exactly when its cancel answered 200, never as both, and as ended in any case."""
    now = stage.read_ended(session)
    status, both = now.get("status"), now.get("cancelled_at") is not None and now.get("completed_at") is not None
    if both or status == "pending" or (status == "cancelled") != (exchange.status == 200):
        actual = f"status {status!r} after the cancel answered {exchange.status}"
        raise Breach("one ending, the one that was told", actual, pointer="/status", exchange=exchange)
