"""What a race may come to: a register that one cancel can win."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.exchange import Exchange
from conformance.outcomes import Breach, Inconclusive, NoAnswer, Reason
from conformance.providers import Session
from conformance.races import Round, verify_expiry_boundary, verify_one_winner, verify_single_winner
from tests.conformance.exchanges import NOW, answer, cancelled_session

SESSION = Session("ps_1", {}, NOW)
NOT_PENDING = {"message": "-", "error_code": "session_not_pending"}
EXPIRED = {"message": "-", "error_code": "session_expired"}


def said(status: int, body: object = b"", *, called: float = 0.0, returned: float = 1.0, attempts: int = 1) -> Exchange:
    """An answer of the race, between two moments."""
    return replace(answer(body, status, attempts=attempts), started=called, ended=returned)


def race(*exchanges: Exchange, unanswered: int = 0) -> Round:
    """A round of them."""
    return Round(SESSION, exchanges, tuple(NoAnswer("silence") for _ in range(unanswered)))


def told(breach: Breach) -> tuple[str, str]:
    """What was expected, and what came."""
    return breach.expected, breach.actual


def test_one_winner_among_refusals_is_as_it_must_be() -> None:
    verify_single_winner(race(said(200), said(400, NOT_PENDING), said(400, NOT_PENDING)))


def test_a_refusal_may_return_as_soon_as_the_winner_was_called() -> None:
    verify_single_winner(race(said(200, called=1.0, returned=2.0), said(400, NOT_PENDING, returned=1.0)))


def test_a_refusal_from_before_the_winner_was_called_is_a_breach() -> None:
    early = said(400, NOT_PENDING, returned=0.9)
    with pytest.raises(Breach) as raised:
        verify_single_winner(race(said(200, called=1.0, returned=2.0), early))
    assert told(raised.value) == ("no refusal before the winning cancel was sent", "one that came before")
    assert raised.value.exchange is early


def test_another_failure_from_before_the_winner_is_not_this_rules_affair() -> None:
    verify_single_winner(race(said(200, called=1.0, returned=2.0), said(404, returned=0.5)))


def test_two_winners_are_a_breach_whatever_else_is_unknown() -> None:
    for unanswered in (0, 1):
        with pytest.raises(Breach, match="expected exactly one 200, got 2: 200, 200, 400"):
            verify_single_winner(race(said(200), said(200), said(400, NOT_PENDING), unanswered=unanswered))


def test_no_winner_is_a_breach() -> None:
    first, second = said(400, NOT_PENDING), said(400, NOT_PENDING)
    with pytest.raises(Breach) as raised:
        verify_single_winner(race(first, second))
    assert told(raised.value) == ("exactly one 200", "0: 400, 400")
    assert raised.value.exchange is first


def test_no_winner_is_unknown_where_one_got_no_answer() -> None:
    with pytest.raises(NoAnswer, match="silence"):
        verify_single_winner(race(said(400, NOT_PENDING), unanswered=1))


def test_one_winner_is_enough_where_others_got_no_answer() -> None:
    verify_single_winner(race(said(200), unanswered=2))


def test_a_race_without_a_winner_in_which_one_was_tried_again_cannot_be_judged() -> None:
    why = "cancels of the race were tried again, and an unseen first try may have won"
    with pytest.raises(Inconclusive, match=f"^{why}$") as raised:
        verify_single_winner(race(said(400), said(400, attempts=2)))
    assert raised.value.reason is Reason.THROTTLED


def test_two_winners_are_too_many_however_often_they_tried() -> None:
    with pytest.raises(Breach, match="got 2: 200, 200"):
        verify_single_winner(race(said(200), said(200, attempts=2), unanswered=1))


def test_statuses_are_told_in_the_order_of_their_return() -> None:
    with pytest.raises(Breach, match="got 0: 404, 400, 409"):
        verify_single_winner(race(said(409, returned=3.0), said(404, returned=1.0), said(400, returned=2.0)))


def test_around_expiry_one_success_and_then_refusals_are_as_they_must_be() -> None:
    verify_expiry_boundary(race(said(200, returned=0.1), said(400, NOT_PENDING), said(400, EXPIRED)))


def test_around_expiry_no_success_at_all_is_lawful() -> None:
    verify_expiry_boundary(race(said(400, EXPIRED), said(400, EXPIRED)))


def test_around_expiry_two_successes_are_a_breach() -> None:
    first, second = said(200), said(200)
    with pytest.raises(Breach) as raised:
        verify_expiry_boundary(race(first, said(400, EXPIRED), second))
    assert told(raised.value) == ("at most one 200", "2")
    assert raised.value.exchange is second


def test_a_success_called_after_another_was_told_of_the_expiry_is_a_breach() -> None:
    late = said(200, called=0.5)
    with pytest.raises(Breach) as raised:
        verify_expiry_boundary(race(said(400, EXPIRED, returned=0.4), late))
    assert told(raised.value) == ("no 200 after a session_expired", "one")
    assert raised.value.exchange is late


def test_a_success_called_before_another_was_told_of_the_expiry_is_lawful() -> None:
    verify_expiry_boundary(race(said(400, EXPIRED, returned=0.5), said(200, called=0.5)))


def test_a_success_after_a_refusal_of_another_kind_is_not_this_rules_affair() -> None:
    verify_expiry_boundary(race(said(400, NOT_PENDING, returned=0.4), said(200, called=0.5)))


@pytest.mark.parametrize("loser", [said(409, EXPIRED), said(500), said(400, {"message": "no code"})])
def test_around_expiry_a_refusal_without_status_and_code_is_a_breach(loser: Exchange) -> None:
    with pytest.raises(Breach):
        verify_expiry_boundary(race(said(200, returned=0.1), loser))


def test_a_cancel_that_was_tried_again_may_have_beaten_the_completion_unseen() -> None:
    for completed in (True, False):
        with pytest.raises(Inconclusive):
            verify_one_winner(said(400, NOT_PENDING, attempts=2), completed=completed)
        verify_one_winner(said(400, NOT_PENDING), completed=completed)


def test_a_cancel_that_lost_to_the_completion_is_told_so() -> None:
    with pytest.raises(Breach, match="status 500"):
        verify_one_winner(said(500), completed=True)


def test_a_cancel_and_a_completion_do_not_both_work() -> None:
    verify_one_winner(won := said(200, cancelled_session()), completed=False)
    with pytest.raises(Breach) as raised:
        verify_one_winner(won, completed=True)
    assert told(raised.value) == ("either the cancel or the completion", "both")
    assert raised.value.exchange is won
    with pytest.raises(Breach, match="completed_at"):
        verify_one_winner(said(200, cancelled_session(completed_at=1)), completed=False)


def test_a_cancel_that_lost_to_the_completion_needs_the_right_code() -> None:
    with pytest.raises(Breach, match="the code session_not_pending"):
        verify_one_winner(said(400, EXPIRED), completed=True)
