"""What can be said of a requirement, and the exceptions by which a scenario says it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from conformance.exchange import Exchange
from openapi import Requirement


class Outcome(StrEnum):
    """The eight things that can be said; only `PASS` is a pass."""

    PASS = "pass"  # noqa: S105 - the name of an outcome
    FAIL = "fail"
    WARN = "warn"
    NOT_APPLICABLE = "not_applicable"
    NOT_TESTABLE = "not_testable"
    INCONCLUSIVE = "inconclusive"
    SETUP_ERROR = "setup_error"
    HARNESS_ERROR = "harness_error"


class Reason(StrEnum):
    """Why; a closed list, so that programs can act on it."""

    HELD = "held"
    BREACHED = "breached"
    STATE_IMPOSSIBLE = "state_impossible"
    STATE_NOT_OFFERED = "state_not_offered"
    OPERATION_NOT_OFFERED = "operation_not_offered"
    NO_OTHER_KEY = "no_other_key"
    RECEIVER_UNREACHABLE = "receiver_unreachable"
    CREATION_UNKNOWN = "creation_unknown"
    NO_ANSWER = "no_answer"
    THROTTLED = "throttled"
    CLOCK_OFFSET = "clock_offset"
    UNSTEADY_TIMING = "unsteady_timing"
    PROVIDER_FAILED = "provider_failed"
    PRECONDITION_WRONG = "precondition_wrong"
    PROVIDER_UNUSABLE = "provider_unusable"
    TARGET_LOST = "target_lost"
    KEY_NOT_ACCEPTED = "key_not_accepted"
    SUITE_ERROR = "suite_error"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a sequence, in words; with the exchange, where it was a request to the target."""

    words: str
    exchange: Exchange | None = None


class Signal(Exception):  # noqa: N818 - most signals are no errors
    """What ends a scenario before its end. `message` is one line for people and holds no secret."""

    outcome: ClassVar[Outcome]

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class Breach(Signal):
    """The requirement does not hold: what was expected, what was found, and where in the answer (a JSON pointer).

    `script` is the sequence that led there, where one cancel alone does not show it."""

    outcome = Outcome.FAIL

    def __init__(
        self,
        expected: str,
        actual: str,
        *,
        pointer: str = "",
        exchange: Exchange | None = None,
        script: tuple[Step, ...] = (),
    ) -> None:
        super().__init__(Reason.BREACHED, f"expected {expected}, got {actual}")
        self.expected = expected
        self.actual = actual
        self.pointer = pointer
        self.exchange = exchange
        self.script = script


class NotApplicable(Signal):
    """The implementation cannot be in the state the requirement speaks of."""

    outcome = Outcome.NOT_APPLICABLE


class NotTestable(Signal):
    """Something the scenario needs is not offered."""

    outcome = Outcome.NOT_TESTABLE


class Inconclusive(Signal):
    """What was seen allows no judgement."""

    outcome = Outcome.INCONCLUSIVE


class NoAnswer(Inconclusive):
    """The connection ended or stayed silent for `waited_s` before an answer came, though the target is alive."""

    def __init__(self, message: str, waited_s: float = 0.0) -> None:
        super().__init__(Reason.NO_ANSWER, message)
        self.waited_s = waited_s


class SetupError(Signal):
    """The provider did not bring about the state it was asked for."""

    outcome = Outcome.SETUP_ERROR


class HarnessError(Signal):
    """Nothing can be judged: the target or the provider is out of reach, or the suite itself failed."""

    outcome = Outcome.HARNESS_ERROR


class TargetLost(HarnessError):  # noqa: N818 - named for what happened
    """The target does not answer at all; the run ends here."""

    def __init__(self, message: str) -> None:
        super().__init__(Reason.TARGET_LOST, message)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one run says of one requirement, with the exchanges it saw (`exchange` is the one that mattered)."""

    requirement: Requirement
    outcome: Outcome
    reason: Reason
    message: str = ""
    expected: str = ""
    actual: str = ""
    pointer: str = ""
    exchange: Exchange | None = None
    script: tuple[Step, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    duration_s: float = 0.0


def finding_of(requirement: Requirement, signal: BaseException | None, **seen: Any) -> Finding:
    """What an ended scenario says: `None` is a pass, anything that is no `Signal` is the suite's own failure."""
    if signal is None:
        return Finding(requirement, Outcome.PASS, Reason.HELD, **seen)
    if not isinstance(signal, Signal):
        message = f"the suite failed: {type(signal).__name__}: {signal}"
        return Finding(requirement, Outcome.HARNESS_ERROR, Reason.SUITE_ERROR, message, **seen)
    if not isinstance(signal, Breach):
        return Finding(requirement, signal.outcome, signal.reason, signal.message, **seen)
    outcome = Outcome.FAIL if requirement.level == "MUST" else Outcome.WARN
    return Finding(
        requirement,
        outcome,
        signal.reason,
        signal.message,
        signal.expected,
        signal.actual,
        signal.pointer,
        signal.exchange,
        signal.script,
        **seen,
    )
