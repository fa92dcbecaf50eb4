"""How the requests of a race are sent: over which connections, for which session, and when."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from conformance.client import TRIES, Client
from conformance.exchange import Exchange
from conformance.outcomes import NoAnswer, TargetLost
from conformance.providers import Session, State
from conformance.races import (
    Round,
    race_cancel_and_complete,
    race_cancels,
    race_different_sessions,
    race_to_expiry,
    simultaneously,
)
from conformance.stage import Stage
from tests.conformance.exchanges import NOW, answer

LANES = 4


def refused(session_id: str) -> Exchange:
    """The plain answer to any cancel."""
    return answer({"of": session_id}, 400)


class Connections(Client):
    """A client that writes down what is asked of it and of its lanes, and sends nothing."""

    def __init__(self, said: Callable[[str], Exchange] = refused, log: list[str] | None = None, name: str = "") -> None:
        self.said = said
        self.log: list[str] = [] if log is None else log
        self.name = name
        self.opened = 0
        self.tries: list[int] = []

    def lane(self, tries: int = 1) -> Client:
        self.opened += 1
        self.tries.append(tries)
        return type(self)(self.said, self.log, f" by {self.opened}")

    def probe(self) -> Exchange:
        self.log.append(f"probed{self.name}")
        return answer(status=404)

    def cancel(self, session_id: str, *, key: str | None = None, method: str = "POST") -> Exchange:  # noqa: ARG002
        self.log.append(f"{session_id} cancelled{f' with {key}' if key else ''}{self.name}")
        return self.said(session_id)

    def close(self) -> None:
        self.log.append(f"closed{self.name}")


class Unprobed(Connections):
    """No probe gets an answer."""

    def probe(self) -> Exchange:
        raise NoAnswer("lost on the way")


class Fresh(Stage):
    """A stage that prepares sessions by counting and completes those of an odd number."""

    def __init__(self) -> None:
        self.asked: list[tuple[State, int | None]] = []

    def prepare(self, state: State, *, expires_in_s: int | None = None) -> Session:
        self.asked.append((state, expires_in_s))
        return Session(f"ps_{len(self.asked)}", {}, NOW)

    def try_complete(self, session: Session) -> bool:
        return session.id == "ps_1"


@pytest.fixture
def slept_s(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long every cancel waited first; the clock stands still meanwhile."""
    slept: list[float] = []
    for module in ("conformance.races", "conformance.providers"):
        monkeypatch.setattr(f"{module}.time", SimpleNamespace(time=lambda: NOW, sleep=slept.append))
    return slept


def each(doing: str) -> list[str]:
    """What the log holds when every lane has done that."""
    return [f"{doing} by {number}" for number in range(1, LANES + 1)]


def test_every_round_cancels_a_fresh_session_over_all_the_opened_connections(slept_s: list[float]) -> None:
    client, stage = Connections(), Fresh()
    first, second = race_cancels(client, stage, rounds=2, cancels=LANES)
    log = [sorted(client.log[start : start + LANES]) for start in range(0, len(client.log), LANES)]
    assert log == [each("probed"), each("ps_1 cancelled"), each("ps_2 cancelled"), each("closed")]
    assert stage.asked == [("pending", None)] * 2
    assert slept_s == [0.0] * 2 * LANES
    for race, session_id in ((first, "ps_1"), (second, "ps_2")):
        assert race == Round(Session(session_id, {}, NOW), (refused(session_id),) * LANES)


def test_the_cancels_that_got_no_answer_are_kept_apart() -> None:
    silence = NoAnswer("silence")
    answers: list[Exchange | NoAnswer] = [answer(), silence, answer(status=400), silence]

    def said(_: str) -> Exchange:
        if isinstance(one := answers.pop(), NoAnswer):
            raise one
        return one

    (race,) = race_cancels(Connections(said), Fresh(), rounds=1, cancels=LANES)
    assert sorted(exchange.status for exchange in race.exchanges) == [200, 400]
    assert race.unanswered == (silence, silence)
    assert [exchange.status for exchange in race.winners] == [200]
    assert [exchange.status for exchange in race.losers] == [400]


def lost(_: str) -> Exchange:
    """What a cancel comes to when the target is gone."""
    raise TargetLost("gone")


def test_the_connections_are_closed_whatever_happens(slept_s: list[float]) -> None:
    client = Connections(lost)
    with pytest.raises(TargetLost):
        race_cancels(client, Fresh(), rounds=1, cancels=LANES)
    assert client.log[-LANES:] == each("closed")
    client = Connections(lost)
    with pytest.raises(TargetLost):
        race_to_expiry(client, Session("ps_1", {}, NOW), expires_in_s=0, cancels=LANES)
    assert client.log[-LANES:] == each("closed")
    assert len(slept_s) == 2 * LANES
    client = Connections(lost)
    with pytest.raises(TargetLost):
        race_different_sessions(client, Fresh(), sessions=LANES)
    assert client.log[-LANES:] == each("closed")


def test_different_sessions_are_cancelled_over_a_connection_each() -> None:
    client, stage = Connections(), Fresh()
    ours, theirs = race_different_sessions(client, stage, sessions=2, strangers=("k1", "k2"))
    assert ours == [(Session(each_id, {}, NOW), refused(each_id)) for each_id in ("ps_1", "ps_2")]
    assert theirs == [(Session(each_id, {}, NOW), refused(each_id)) for each_id in ("ps_3", "ps_4")]
    assert stage.asked == [("pending", None)] * LANES
    asked = ["ps_1 cancelled by 1", "ps_2 cancelled by 2", "ps_3 cancelled with k1 by 3", "ps_4 cancelled with k2 by 4"]
    assert sorted(client.log[:LANES]) == asked
    assert client.log[LANES:] == each("closed")
    assert client.tries == [TRIES] * LANES, "each is on its own, and may be tried again"


@pytest.mark.parametrize(("lead_s", "waited_s"), [(0.5, [0.0, 0.5]), (-0.5, [0.0, 0.5]), (0.0, [0.0, 0.0])])
def test_either_of_cancel_and_completion_can_go_ahead(
    slept_s: list[float], lead_s: float, waited_s: list[float]
) -> None:
    race_cancel_and_complete(Connections(), Fresh(), lead_s)
    assert sorted(slept_s) == waited_s


def test_a_race_does_not_need_the_answers_that_open_its_connections() -> None:
    (race,) = race_cancels(Unprobed(), Fresh(), rounds=1, cancels=LANES)
    assert len(race.exchanges) == LANES


def test_a_session_is_cancelled_and_completed_at_once() -> None:
    client, stage = Connections(), Fresh()
    assert race_cancel_and_complete(client, stage, 0.0) == (Session("ps_1", {}, NOW), refused("ps_1"), True)
    assert race_cancel_and_complete(client, stage, 0.0) == (Session("ps_2", {}, NOW), refused("ps_2"), False)
    assert stage.asked == [("pending", None)] * 2


def test_an_answer_that_never_comes_does_not_keep_the_program_from_ending() -> None:
    assert simultaneously([lambda: threading.current_thread().daemon] * 2) == [True, True]


def test_the_cancels_around_expiry_are_spread_from_before_it_until_after(slept_s: list[float]) -> None:
    client, session = Connections(), Session("ps_9", {"expires_at": int(NOW) + 2}, NOW - 1)
    race = race_to_expiry(client, session, expires_in_s=3, cancels=LANES)
    assert race == Round(session, (refused("ps_9"),) * LANES)
    assert sorted(client.log[:LANES]) == each("probed")
    assert sorted(client.log[LANES : 2 * LANES]) == each("ps_9 cancelled")
    assert client.log[2 * LANES :] == each("closed")
    assert sorted(slept_s) == pytest.approx([1.7, 1.85, 2.0, 2.15])


def test_the_cancels_begin_at_once_where_expiry_is_near_or_over(slept_s: list[float]) -> None:
    race_to_expiry(Connections(), Session("ps_9", {}, NOW - 9), expires_in_s=3, cancels=LANES)
    assert sorted(slept_s) == pytest.approx([0.0, 0.15, 0.3, 0.45])


@pytest.mark.parametrize(
    ("told_s", "expires_s"),
    [(10, 10), (9, 9), (11, 11), (12, 9.5), (8, 9.5), (7210, 9.5), (None, 9.5)],
)
def test_expiry_is_when_it_was_told_unless_the_clocks_disagree(
    told_s: int | None, expires_s: float, slept_s: list[float]
) -> None:
    attributes = {} if told_s is None else {"expires_at": int(NOW) + told_s}
    race_to_expiry(Connections(), Session("ps_9", attributes, NOW), expires_in_s=10, cancels=1)
    assert slept_s == pytest.approx([expires_s - 0.3])
