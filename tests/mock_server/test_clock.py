"""A tenant's time: real, ahead of it, or standing still, and never back."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from mock_server.clock import Clock, ClockMovedBackError

NOW = 1_767_226_000.0


class Wall:
    """Real time, moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def time(self) -> float:
        return self.now


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    made = Wall()
    monkeypatch.setattr(time, "time", made.time)
    return made


def test_a_new_clock_shows_real_time(wall: Wall) -> None:
    clock = Clock()
    assert (clock.mode, clock.now()) == ("real", NOW)
    wall.now += 5
    assert clock.now() == NOW + 5


def test_a_frozen_clock_stands_still(wall: Wall) -> None:
    clock = Clock()
    clock.freeze()
    wall.now += 5
    assert (clock.mode, clock.now()) == ("frozen", NOW)


def test_a_clock_can_be_frozen_at_a_later_moment(wall: Wall) -> None:
    clock = Clock()
    clock.freeze(NOW + 60)
    wall.now += 5
    assert clock.now() == NOW + 60


def test_a_clock_set_ahead_runs_on_with_real_time(wall: Wall) -> None:
    clock = Clock()
    clock.run(NOW + 60)
    wall.now += 5
    assert (clock.mode, clock.now()) == ("offset", NOW + 65)


def test_a_frozen_clock_runs_on_from_where_it_stood(wall: Wall) -> None:
    clock = Clock()
    clock.freeze()
    wall.now += 5
    clock.run()
    wall.now += 2
    assert (clock.mode, clock.now()) == ("offset", NOW + 2)


@pytest.mark.usefixtures("wall")
def test_a_clock_that_runs_within_a_millisecond_of_real_time_is_called_real() -> None:
    near, far = Clock("frozen", NOW + 0.0005), Clock("frozen", NOW + 0.002)
    near.run()
    far.run()
    assert near == Clock()
    assert far.mode == "offset"


@pytest.mark.parametrize("move", [Clock.freeze, Clock.run])
@pytest.mark.parametrize("moment", [NOW - 0.001, 0.0, -1.0, 10**11 + 1.0, float("inf"), float("nan")])
@pytest.mark.usefixtures("wall")
def test_no_clock_goes_back_or_further_than_seconds_can_say(
    move: Callable[[Clock, float], None], moment: float
) -> None:
    clock = Clock()
    with pytest.raises(ClockMovedBackError, match=r"the clock stands at 1767226000\.000"):
        move(clock, moment)
    assert clock == Clock()


@pytest.mark.usefixtures("wall")
def test_a_clock_may_stay_where_it_is_and_go_to_the_latest_moment() -> None:
    clock = Clock()
    clock.verify_later(NOW)
    clock.freeze(10**11)
    assert clock.now() == 10**11


def test_a_clock_that_fell_behind_returns_to_real_time(wall: Wall) -> None:
    clock = Clock()
    clock.freeze()
    wall.now += 5
    clock.run_real()
    assert clock == Clock()


@pytest.mark.parametrize("ahead", [Clock("frozen", NOW + 60), Clock("offset", 60.0)])
@pytest.mark.usefixtures("wall")
def test_a_clock_that_is_ahead_does_not_return_to_real_time(ahead: Clock) -> None:
    with pytest.raises(ClockMovedBackError):
        ahead.run_real()


@pytest.mark.usefixtures("wall")
def test_a_real_clock_stays_real() -> None:
    clock = Clock()
    clock.run_real()
    assert clock == Clock()


@pytest.mark.parametrize(
    ("clock", "moment", "left_s"),
    [
        (Clock(), NOW + 10, 10.0),
        (Clock(), NOW - 10, 0.0),
        (Clock("offset", 4.0), NOW + 10, 6.0),
        (Clock("frozen", NOW), NOW + 10, None),
        (Clock("frozen", NOW), NOW, 0.0),
        (Clock("frozen", NOW), NOW - 10, 0.0),
    ],
)
@pytest.mark.usefixtures("wall")
def test_the_wait_for_a_moment_is_in_real_seconds_and_endless_while_frozen(
    clock: Clock, moment: float, left_s: float | None
) -> None:
    assert clock.seconds_until(moment) == left_s
