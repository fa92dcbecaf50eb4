"""A private pytest plugin: it gives scenarios their fixtures and turns what they raise into findings.

Private, because its options and fixtures must not meet those of the user's own tests; `run.py` registers it by hand.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import pytest

from conformance.applicability import require
from conformance.client import Client
from conformance.exchange import Exchange
from conformance.outcomes import (
    Finding,
    HarnessError,
    Reason,
    Signal,
    TargetLost,
    finding_of,
)
from conformance.providers import Capabilities
from conformance.stage import Stage
from conformance.webhooks import Webhooks
from openapi import Requirement

Judgement = Callable[[], None]


class Later(Protocol):
    """Leaves a judgement for later, `age_s` from now at the earliest."""

    def __call__(self, judgement: Judgement, age_s: float = ...) -> None:
        """Keep it."""


# Long enough that the moment of creation is no plausible time of cancellation: both are in whole seconds.
AGE_S = 2.1
# As an age: after all the others, and without waiting.
LAST = math.inf


@dataclass
class Workbench:
    """What the scenarios of one run share. `webhooks` is a `Webhooks`, or the reason why there is none."""

    client: Client
    stage: Stage
    capabilities: Capabilities
    webhooks: Webhooks | Signal
    thorough: bool
    progress: Callable[[str], None]
    findings: dict[str, Finding] = field(default_factory=dict)

    def receiver(self) -> Webhooks:
        """The webhooks. Raises the `Signal` that says why there are none."""
        if isinstance(self.webhooks, Signal):
            raise self.webhooks
        return self.webhooks


@dataclass(frozen=True, slots=True)
class Deferred:
    """A judgement left for later, with what its scenario has seen so far. `due` is when, in monotonic seconds."""

    requirement: Requirement
    judgement: Judgement
    exchanges: tuple[Exchange, ...]
    due: float


class ConformancePlugin:
    """Runs the selected scenarios; judgements left for a while, or for the end, come between and after them."""

    def __init__(self, bench: Workbench, selected: tuple[Requirement, ...]) -> None:
        self._bench = bench
        self._selected = {requirement.id: requirement for requirement in selected}
        self._aging: list[Deferred] = []
        self._settling: list[Deferred] = []
        self._lost: TargetLost | None = None
        self._first_exchange = 0

    @pytest.fixture(scope="session")
    def client(self) -> Client:
        """Requests to the target."""
        return self._bench.client

    @pytest.fixture(scope="session")
    def stage(self) -> Stage:
        """Sessions in a wanted state."""
        return self._bench.stage

    @pytest.fixture(scope="session")
    def webhooks(self) -> Webhooks:
        """What arrives at the webhook endpoint. Ends the scenario as not testable where nothing can arrive."""
        return self._bench.receiver()

    @pytest.fixture(scope="session")
    def other_key(self) -> str:
        """The second tenant's key; a requirement that needs it says so in the catalogue."""
        return self._bench.client.target.other_api_key or ""

    @pytest.fixture(scope="session")
    def max_clock_skew_s(self) -> float:
        """How far the target's `Date` may be off our clock before times cannot be judged."""
        return self._bench.client.target.max_clock_skew_s

    @pytest.fixture(scope="session")
    def thorough(self) -> bool:
        """Whether to take longer and look closer."""
        return self._bench.thorough

    @pytest.fixture
    def after_a_while(self, request: pytest.FixtureRequest) -> Later:
        """Go on `age_s` from now at the earliest: between two scenarios, or after them, before the webhooks settle."""
        return partial(self._defer, self._aging, self._requirement(request.node))

    @pytest.fixture
    def at_the_end(self, request: pytest.FixtureRequest) -> Later:
        """Leave a judgement until every scenario has run and the webhooks have settled: all waits overlap."""
        return partial(self._defer, self._settling, self._requirement(request.node))

    def pytest_configure(self, config: pytest.Config) -> None:
        """Make the marker known."""
        config.addinivalue_line("markers", "requirement(id): the promise of the contract that the scenario checks")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep what was selected, in the catalogue's order, but first what must wait: the others run meanwhile.

        Raises `UsageError` when catalogue and scenarios differ.
        """
        by_id = {self._id(item): item for item in items}
        if len(by_id) != len(items):
            raise pytest.UsageError("two scenarios claim the same requirement")
        if missing := self._selected.keys() - by_id.keys():
            raise pytest.UsageError(f"requirements without a scenario: {', '.join(sorted(missing))}")
        in_order = [by_id[requirement_id] for requirement_id in self._selected]
        items[:] = sorted(in_order, key=lambda item: "after_a_while" not in getattr(item, "fixturenames", ()))

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Go on with what is due, then say beforehand what cannot be tested here, from the catalogue alone."""
        self._judge_due()
        if self._lost is not None:
            raise self._lost
        self._first_exchange = len(self._bench.client.exchanges)
        self._bench.progress(self._requirement(item).id)
        require(self._requirement(item), self._bench.capabilities, self._bench.client.target.other_api_key)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """Record the finding of a phase that ended the scenario, or of a scenario that ended well."""
        requirement = self._requirement(item)
        raised = call.excinfo.value if call.excinfo else None
        if isinstance(raised, TargetLost):
            self._lost = raised
        ended = raised is not None or call.when == "call"
        if ended and not self._has_failed(requirement):
            self._record(requirement, raised, self._seen(), call.duration)
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Iterator[None]:
        """After all scenarios, go on with what must wait yet; then wait once for the webhooks and judge the rest."""
        result = yield
        while waiting := [deferred.due for deferred in self._aging if deferred.due != LAST]:
            time.sleep(max(0.0, min(waiting) - time.monotonic()))
            self._judge_due()
        for deferred in self._aging:
            self._judge(deferred)
        self._bench.progress("waiting for the webhooks")
        if self._settling and self._lost is None and isinstance(self._bench.webhooks, Webhooks):
            self._settle(self._bench.webhooks)
        for deferred in self._settling:
            self._judge(deferred)
        return result

    def _defer(
        self, later: list[Deferred], requirement: Requirement, judgement: Judgement, age_s: float = AGE_S
    ) -> None:
        later.append(Deferred(requirement, judgement, self._seen(), time.monotonic() + age_s))

    def _judge_due(self) -> None:
        """What has waited for long enough, whatever has waited longest first."""
        now = time.monotonic()
        due = sorted((deferred for deferred in self._aging if deferred.due <= now), key=lambda each: each.due)
        self._aging[:] = [deferred for deferred in self._aging if deferred.due > now]
        for deferred in due:
            self._judge(deferred)

    def _judge(self, deferred: Deferred) -> None:
        if self._has_failed(deferred.requirement):
            return
        self._first_exchange = len(self._bench.client.exchanges)
        raised = self._lost or _raised_by(deferred.judgement)
        if isinstance(raised, TargetLost):
            self._lost = raised
        self._record(deferred.requirement, raised, deferred.exchanges + self._seen(), 0.0)

    def _settle(self, webhooks: Webhooks) -> None:
        webhooks.await_arrivals()
        webhooks.await_redelivery()
        webhooks.await_quiet()

    def _record(
        self, requirement: Requirement, raised: BaseException | None, exchanges: tuple[Exchange, ...], duration_s: float
    ) -> None:
        self._bench.findings[requirement.id] = finding_of(
            requirement, raised, exchanges=exchanges, duration_s=duration_s
        )

    def _has_failed(self, requirement: Requirement) -> bool:
        finding = self._bench.findings.get(requirement.id)
        return finding is not None and finding.reason is not Reason.HELD

    def _seen(self) -> tuple[Exchange, ...]:
        return tuple(self._bench.client.exchanges[self._first_exchange :])

    def _requirement(self, item: pytest.Item) -> Requirement:
        return self._selected[self._id(item)]

    @staticmethod
    def _id(item: pytest.Item) -> str:
        marker = item.get_closest_marker("requirement")
        if marker is None:
            raise pytest.UsageError(f"{item.name} names no requirement")
        return str(marker.args[0])


def _raised_by(judgement: Judgement) -> Exception | None:
    try:
        judgement()
    except Exception as error:  # noqa: BLE001 - whatever it is becomes the finding
        return error
    return None


def unjudged(requirement: Requirement, why: Any) -> Finding:
    """The finding of a requirement that no scenario reached."""
    return finding_of(requirement, why if isinstance(why, Signal) else HarnessError(Reason.SUITE_ERROR, str(why)))
