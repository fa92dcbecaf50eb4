"""The report on the terminal: verdict and counts first, then what went wrong, one requirement after another."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from conformance.masking import Masker
from conformance.outcomes import Finding, Outcome
from conformance.report.evidence import render_exchange
from conformance.verdict import Verdict

WIDTH = 100
ORDER = (
    Outcome.FAIL,
    Outcome.HARNESS_ERROR,
    Outcome.SETUP_ERROR,
    Outcome.INCONCLUSIVE,
    Outcome.NOT_TESTABLE,
    Outcome.WARN,
)


def render_terminal(verdict: Verdict, masker: Masker, duration_s: float) -> str:
    """The whole report as text."""
    counts = ", ".join(f"{verdict.count(outcome)} {outcome}" for outcome in Outcome if verdict.count(outcome))
    lines = [f"{verdict.word.upper()}: {len(verdict.findings)} requirements: {counts} ({duration_s:.1f} s)"]
    lines += [f"  {note}" for note in verdict.notes]
    for outcome in ORDER:
        for finding in verdict.findings:
            if finding.outcome is outcome:
                lines += ["", *_finding(finding, masker)]
    lines += ["", f"exit {int(verdict.exit_code)}: {verdict.word}"]
    return "\n".join(lines)


def _finding(finding: Finding, masker: Masker) -> Iterator[str]:
    requirement = finding.requirement
    yield f"{finding.outcome.upper()}  {requirement.id}  ({requirement.level})  {requirement.statement}"
    yield from _field("page", requirement.place)
    if finding.expected:
        yield from _field("expected", masker.mask(finding.expected))
        at = f"   at {finding.pointer}" if finding.pointer else ""
        yield from _field("actual", masker.mask(finding.actual) + at)
    else:
        yield from _field("reason", f"{finding.reason}: {masker.mask(finding.message)}")
    if finding.exchange is not None:
        shown = render_exchange(finding.exchange, masker)
        yield from _field("request", str(shown["request"]))
        yield from _field("answer", f"{shown['status']} {shown['body']}".strip())
        # Not wrapped: it is there to be pasted.
        yield f"      again     {shown['curl']}"
    if finding.outcome is Outcome.FAIL:
        yield f"      just this --only {requirement.id}"


def _field(name: str, text: str) -> list[str]:
    indent = " " * 16
    return textwrap.wrap(
        " ".join(text.split()),
        WIDTH,
        initial_indent=f"      {name:<10}",
        subsequent_indent=indent,
        break_on_hyphens=False,
    )
