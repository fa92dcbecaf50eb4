"""From findings to a verdict and an exit code. Pure: what a run means is decided here and nowhere else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from conformance.outcomes import Finding, Outcome


class ExitCode(IntEnum):
    """What the command ends with."""

    CONFORMANT = 0
    NOT_CONFORMANT = 1
    USAGE = 2
    INCOMPLETE = 3
    UNUSABLE = 4
    INTERRUPTED = 130


WORDS = {
    ExitCode.CONFORMANT: "conformant",
    ExitCode.NOT_CONFORMANT: "not conformant",
    ExitCode.INCOMPLETE: "incomplete",
    ExitCode.UNUSABLE: "no verdict",
}

UNTESTED = frozenset({Outcome.NOT_TESTABLE, Outcome.INCONCLUSIVE, Outcome.SETUP_ERROR})


@dataclass(frozen=True, slots=True)
class Accepted:
    """A baseline entry: a failure that is accepted by name, for a reason, through the day `expires`."""

    id: str
    reason: str
    expires: date


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict of one run. `notes` are the lines that qualify it: gaps, acceptances, what does not apply."""

    exit_code: ExitCode
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def word(self) -> str:
        """`conformant`, `not conformant`, `incomplete` or `no verdict`."""
        return WORDS[self.exit_code]

    def count(self, outcome: Outcome) -> int:
        """How many requirements ended with that outcome."""
        return Counter(finding.outcome for finding in self.findings)[outcome]


def decide(
    findings: Sequence[Finding],
    *,
    strict: bool = False,
    allow_untested: Collection[str] = (),
    baseline: Mapping[str, Accepted] | None = None,
    today: date | None = None,
) -> Verdict:
    """Judge a run. The first that applies: a MUST failed or a baseline entry is stale (1), nothing could be judged (4),
    a MUST was left open (3), else conformant (0). `strict` lets a SHOULD fail as a MUST does."""
    accepted = dict(baseline or {})
    failed = {f.requirement.id for f in findings if f.outcome is Outcome.FAIL or (strict and f.outcome is Outcome.WARN)}
    held = {f.requirement.id for f in findings if f.outcome in {Outcome.PASS, Outcome.WARN}} - failed
    stale = _stale(accepted, held, today or date.today())
    broken = [f for f in findings if f.outcome is Outcome.HARNESS_ERROR]
    open_ids = [f.requirement.id for f in findings if f.outcome in UNTESTED and f.requirement.level == "MUST"]
    gaps = [requirement_id for requirement_id in open_ids if requirement_id not in allow_untested]
    notes = [
        *stale,
        *_qualifications(findings, gaps, sorted(set(open_ids) - set(gaps)), sorted(failed & accepted.keys())),
    ]
    if failed - accepted.keys() or stale:
        code = ExitCode.NOT_CONFORMANT
    elif broken:
        code = ExitCode.UNUSABLE
    elif gaps:
        code = ExitCode.INCOMPLETE
    else:
        code = ExitCode.CONFORMANT
    return Verdict(code, tuple(findings), tuple(notes))


def _stale(accepted: Mapping[str, Accepted], held: set[str], today: date) -> list[str]:
    """Baseline entries that are out of date: expired, or of a requirement that holds by now."""
    lines = []
    for entry in accepted.values():
        if entry.expires < today:
            lines.append(f"baseline: {entry.id} expired on {entry.expires}")
        elif entry.id in held:
            lines.append(f"baseline: {entry.id} did not fail; remove the entry")
    return lines


def _qualifications(findings: Sequence[Finding], gaps: list[str], allowed: list[str], accepted: list[str]) -> list[str]:
    lines = []
    if gaps:
        lines.append(f"MUST not exercised: {', '.join(gaps)}")
    if allowed:
        lines.append(f"untested by --allow-untested: {', '.join(allowed)}")
    if accepted:
        lines.append(f"failed but accepted by the baseline: {', '.join(accepted)}")
    if inapplicable := [f.requirement.id for f in findings if f.outcome is Outcome.NOT_APPLICABLE]:
        lines.append(f"not applicable here: {', '.join(inapplicable)}")
    return lines
