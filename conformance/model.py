"""Sequences of calls against a small oracle: whatever came before, each answer is the one that the state demands.

hypothesis chooses the sequences, by the run's seed, and shortens the first one that shows a breach.
"""

from __future__ import annotations

import time
import unittest
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, get_args

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from conformance.client import Client
from conformance.exchange import Exchange
from conformance.outcomes import Breach, Signal, Step
from conformance.providers import Session, State
from conformance.stage import Stage
from conformance.verify import codes_in, verify_not_successful, verify_refused, verify_status

REFUSED_WITH = {
    "completed": "session_not_pending",
    "cancelled": "session_not_pending",
    "expired": "session_not_pending",
    "overdue": "session_expired",
    "refused as overdue": "session_expired",
}
# Refused as overdue once: the refused cancel itself may have flipped it.
LAPSED = "refused as overdue"
# What these read as; the expiry job may come by.
READS_AS = {"overdue": ("pending", "expired"), LAPSED: ("pending", "expired")}
MOST_SESSIONS = 3
# So many of every nine sessions are pending: those can go every way.
PENDING_SHARE = 4
# How long a sequence that shows a breach may be shortened: every try is requests to the target.
SHORTENING_S = 3.0


@dataclass
class Watched:
    """A session and the state that the oracle knows it to be in."""

    name: str
    session: Session
    state: str


@dataclass
class Course:
    """What one run of the model has to do with, and the steps of its last sequence."""

    client: Client
    stage: Stage
    steps: list[Step] = field(default_factory=list)
    signal: Signal | None = None
    breach: Breach | None = None
    breached_at: float = 0.0

    def saw(self, breach: Breach) -> None:
        """Keep the breach of the shortest sequence so far, as it was seen."""
        self.breached_at = self.breached_at or time.monotonic()
        if self.breach is None or len(self.steps) < len(self.breach.script):
            self.breach = Breach(
                breach.expected,
                breach.actual,
                pointer=breach.pointer,
                exchange=breach.exchange,
                script=tuple(self.steps),
            )

    def is_over(self) -> bool:
        """Whether the time for shortening is used up."""
        return self.breach is not None and time.monotonic() > self.breached_at + SHORTENING_S


def verify_model(client: Client, stage: Stage, *, sequences: int, calls: int) -> None:
    """Run so many sequences of so many calls. Raises the `Breach` of the shortest sequence that shows one, its steps as
    its script, or the signal that ended the run."""
    course = Course(client, stage)
    machine: type[RuleBasedStateMachine] = type("Machine", (Sequence,), {"course": course})
    profile = settings(
        max_examples=sequences,
        stateful_step_count=calls,
        phases=[Phase.generate, Phase.shrink],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        report_multiple_bugs=False,
    )
    seeded = hypothesis.seed(Random(client.seed).randrange(2**32))(machine)  # noqa: S311 - wants to be repeated
    try:
        run_state_machine_as_test(seeded, settings=profile)
    except (Breach, unittest.SkipTest, Flaky, BaseExceptionGroup):
        # A breach is one also where the shortened sequence did not show it again: it is told as it was seen.
        ended = course.breach or course.signal
        if ended is None:
            raise
        raise ended from None


class Sequence(RuleBasedStateMachine):
    """One sequence. `course` is set by the class that `verify_model` makes of it."""

    course: Course

    @initialize()
    def begin(self) -> None:
        """With nothing."""
        self.watched: list[Watched] = []
        self.course.steps.clear()

    @rule(data=st.data())
    def prepare(self, data: st.DataObject) -> None:
        """A session in any state on offer, or one of those there are when they are enough."""
        if len(self.watched) >= MOST_SESSIONS:
            return
        states = [state for state in get_args(State) if self.course.stage.offers(state)]
        state = data.draw(st.sampled_from(["pending"] * PENDING_SHARE + states))
        name = f"s{len(self.watched) + 1}"
        self._step(f"{name} = a {state} session", lambda: self._watch(name, state))

    @precondition(lambda self: self.watched)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """With the right key."""
        watched = data.draw(st.sampled_from(self.watched))
        self._step(f"cancel {watched.name}", lambda: self._cancel(watched))

    @precondition(lambda self: self.watched)
    @rule(data=st.data())
    def cancel_with_a_wrong_key(self, data: st.DataObject) -> None:
        """With a key that nobody has, or that is another tenant's: nothing changes."""
        watched = data.draw(st.sampled_from(self.watched))
        client = self.course.client
        key = data.draw(st.sampled_from([client.unknown_key(), *filter(None, [client.target.other_api_key])]))
        who = "another tenant" if key == client.target.other_api_key else "nobody"
        self._step(
            f"cancel {watched.name} as {who}",
            lambda: verify_not_successful(self._did(client.cancel(watched.session.id, key=key))),
        )

    @precondition(lambda self: self.watched and self.course.stage.offers("complete"))
    @rule(data=st.data())
    def complete(self, data: st.DataObject) -> None:
        """By the implementation's own way; what it does with one that is overdue, or completed, is its own affair."""
        watched = data.draw(st.sampled_from(self.watched))
        if watched.state in {"pending", "cancelled", "expired"}:
            self._step(f"complete {watched.name}, by the provider", lambda: self._complete(watched))

    @precondition(lambda self: self.watched and self.course.stage.offers("read"))
    @rule(data=st.data())
    def read(self, data: st.DataObject) -> None:
        """The state is the one that the calls so far have led to."""
        watched = data.draw(st.sampled_from(self.watched))
        self._step(f"read {watched.name}, by the provider", lambda: self._read(watched))

    def _watch(self, name: str, state: State) -> None:
        session = self.course.stage.prepare(state)
        self.course.steps[-1] = Step(f"{name} = {session.id}, {state}, from the provider")
        self.watched.append(Watched(name, session, state))

    def _did(self, exchange: Exchange) -> Exchange:
        """The step under way was this exchange."""
        self.course.steps[-1] = replace(self.course.steps[-1], exchange=exchange)
        return exchange

    def _cancel(self, watched: Watched) -> None:
        exchange = self._did(self.course.client.cancel(watched.session.id))
        if watched.state == "pending":
            verify_status(exchange, 200)
            watched.state = "cancelled"
        else:
            self._refused(watched, exchange)

    def _refused(self, watched: Watched, exchange: Exchange) -> None:
        if watched.state == LAPSED and "session_not_pending" in codes_in(exchange):
            watched.state = "expired"
        verify_refused(exchange, REFUSED_WITH[watched.state])
        if watched.state == "overdue":
            watched.state = LAPSED

    def _complete(self, watched: Watched) -> None:
        completed = self.course.stage.complete(watched.session)
        if completed != (watched.state == "pending"):
            expected = "a completion" if watched.state == "pending" else f"a {watched.state} session to stay so"
            raise Breach(expected, "a completed session" if completed else "a refused completion")
        watched.state = "completed" if completed else watched.state

    def _read(self, watched: Watched) -> None:
        stage = self.course.stage
        read = stage.read_ended if watched.state in {"completed", "cancelled", "expired"} else stage.read
        status = read(watched.session).get("status")
        allowed = READS_AS.get(watched.state, (watched.state,))
        if status not in allowed:
            raise Breach(f"status {' or '.join(allowed)}", f"status {status}", pointer="/status")
        if status == "expired":
            watched.state = "expired"

    def _step(self, words: str, act: Callable[[], Any]) -> None:
        """Do it and remember it. What is no breach ends the run: hypothesis must not take it for one and shorten it."""
        if self.course.is_over():
            raise unittest.SkipTest("shortened for long enough")
        self.course.steps.append(Step(words))
        try:
            act()
        except Breach as breach:
            self.course.saw(breach)
            raise
        except Signal as signal:
            self.course.signal = signal
            raise unittest.SkipTest(signal.message) from None
