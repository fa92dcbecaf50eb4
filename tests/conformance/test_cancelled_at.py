"""The time of the cancellation, by whatever clock can be trusted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.exchange import Exchange
from conformance.outcomes import Breach, Inconclusive, Reason
from conformance.providers import Session
from conformance.verify import verify_cancelled_at
from tests.conformance.exchanges import NOW, answer

SECOND = int(NOW)
HOURS = 7200


def fresh(offset_s: float = 0.0, *, prepared_at: float = NOW) -> Session:
    """A session that was just made, by a target whose clock is `offset_s` ahead of `NOW`."""
    return Session("ps_2", {"created": int(NOW + offset_s)}, prepared_at)


def cancelled(at: object, *, date: float | None = None) -> Exchange:
    """The answer to a cancel that was sent in the second before `NOW`."""
    return answer({"cancelled_at": at}, date=date)


@pytest.mark.parametrize("off_s", [-2, -1, 0, 1])
def test_now_by_our_clock_is_accepted_whatever_other_clocks_show(off_s: int) -> None:
    for just_made in (fresh(), fresh(HOURS), Session("ps_2", {}, NOW)):
        verify_cancelled_at(cancelled(SECOND + off_s), just_made, 5.0)


@pytest.mark.parametrize("value", [SECOND - 3, SECOND + 2, SECOND * 1000, str(SECOND), NOW, None, True, 0])
def test_anything_else_is_a_breach(value: object) -> None:
    for date in (NOW, None):
        with pytest.raises(Breach):
            verify_cancelled_at(cancelled(value, date=date), fresh(), 5.0)


@pytest.mark.parametrize("off_s", [-1, 0, 1])
def test_a_clock_slightly_off_is_recognised_by_the_date(off_s: int) -> None:
    verify_cancelled_at(cancelled(SECOND + 5 + off_s, date=NOW + 5), fresh(), 5.0)


@pytest.mark.parametrize("off_s", [-2, 2])
def test_more_than_a_second_from_the_date_is_a_breach(off_s: int) -> None:
    with pytest.raises(Breach):
        verify_cancelled_at(cancelled(SECOND + 5 + off_s, date=NOW + 5), fresh(), 5.0)


@pytest.mark.parametrize("off_s", [-2, -3])
def test_a_slow_answer_is_cancelled_that_much_earlier_than_its_date(off_s: int) -> None:
    slow = replace(cancelled(SECOND + 5 + off_s, date=NOW + 5), started=100.0, ended=101.0)
    if off_s == -2:
        verify_cancelled_at(slow, fresh(), 5.0)
    else:
        with pytest.raises(Breach):
            verify_cancelled_at(slow, fresh(), 5.0)


def test_a_clock_hours_off_by_its_date_allows_no_judgement() -> None:
    with pytest.raises(Inconclusive, match=r"^the target's Date is \+7200 s off our clock$") as raised:
        verify_cancelled_at(cancelled(SECOND + HOURS, date=NOW + HOURS), fresh(HOURS), 5.0)
    assert raised.value.reason is Reason.CLOCK_OFFSET


def test_a_clock_hours_off_by_a_fresh_session_allows_no_judgement() -> None:
    with pytest.raises(Inconclusive, match=r"^a fresh session's created is \+7200 s off our clock too$") as raised:
        verify_cancelled_at(cancelled(SECOND + HOURS), fresh(HOURS), 5.0)
    assert raised.value.reason is Reason.CLOCK_OFFSET


@pytest.mark.parametrize(("off_s", "is_excused"), [(-1, False), (0, True), (1, True), (2, False)])
def test_only_what_follows_a_fresh_session_at_once_shares_its_offset(off_s: int, is_excused: bool) -> None:
    with pytest.raises(Inconclusive if is_excused else Breach):
        verify_cancelled_at(cancelled(SECOND + HOURS + off_s), fresh(HOURS), 5.0)


def test_a_clock_a_little_off_is_recognised_by_a_fresh_session() -> None:
    for offset_s in (1, 2, 5, -4):
        verify_cancelled_at(cancelled(SECOND + offset_s), fresh(offset_s), 5.0)
    with pytest.raises(Inconclusive):
        verify_cancelled_at(cancelled(SECOND + 6), fresh(6), 5.0)


@pytest.mark.parametrize("just_made", [fresh(), fresh(-1, prepared_at=NOW - 0.5), Session("ps_2", {}, NOW)])
def test_a_fresh_session_of_our_time_or_of_none_excuses_nothing(just_made: Session) -> None:
    with pytest.raises(Breach):
        verify_cancelled_at(cancelled(SECOND + 2), just_made, 5.0)


def test_hours_off_while_created_is_right_is_a_breach() -> None:
    with pytest.raises(Breach):
        verify_cancelled_at(cancelled(SECOND + HOURS, date=NOW), fresh(), 5.0)


@pytest.mark.parametrize(
    ("value", "expected", "actual"),
    [
        (SECOND + 9, "cancelled_at: seconds from 1767225999 to 1767226000", "1767226009"),
        (None, "cancelled_at: seconds from 1767225999 to 1767226000", "null"),
        (100_000_000_000, "cancelled_at: seconds from 1767225999 to 1767226000", "100000000000"),
        (100_000_000_001, "cancelled_at in seconds", "100000000001, milliseconds or finer"),
        (-SECOND * 1000, "cancelled_at in seconds", "-1767226000000, milliseconds or finer"),
    ],
)
def test_a_wrong_time_is_told_with_the_right_ones(value: object, expected: str, actual: str) -> None:
    exchange = cancelled(value)
    with pytest.raises(Breach) as raised:
        verify_cancelled_at(exchange, fresh(), 5.0)
    breach = raised.value
    assert (breach.expected, breach.actual, breach.pointer) == (expected, actual, "/cancelled_at")
    assert breach.exchange is exchange
