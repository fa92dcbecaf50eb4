"""The report on the terminal: verdict and counts first, then what went wrong, one requirement after another."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from conformance.masking import Masker
from conformance.outcomes import Finding, Outcome
from conformance.report.curl import render_script
from conformance.report.evidence import render_exchange
from conformance.report.markup import visible
from conformance.report.timeline import Round, draw_round, rounds_of
from conformance.verdict import Verdict
from openapi import requirements

WIDTH = 100
JUDGED = frozenset({Outcome.FAIL, Outcome.WARN})
ORDER = (
    Outcome.FAIL,
    Outcome.HARNESS_ERROR,
    Outcome.SETUP_ERROR,
    Outcome.INCONCLUSIVE,
    Outcome.NOT_TESTABLE,
    Outcome.WARN,
)


def render_terminal(verdict: Verdict, masker: Masker, duration_s: float, seed: int) -> str:
    """The whole report as text. `seed` brings back what was left to chance."""
    counts = ", ".join(f"{verdict.count(outcome)} {outcome}" for outcome in Outcome if verdict.count(outcome))
    lines = [
        f"{verdict.word.upper()}: {len(verdict.findings)} requirements: {counts} ({duration_s:.1f} s, seed {seed})"
    ]
    for note in verdict.notes:
        lines += textwrap.wrap(note, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
    rounds = [calls for f in verdict.findings if f.requirement.area == "RACE" for calls in rounds_of(f.exchanges)]
    for outcome in ORDER:
        findings = [finding for finding in verdict.findings if finding.outcome is outcome]
        lines += _judged(findings, rounds, masker) if outcome in JUDGED else _unjudged(findings, masker)
    lines += ["", f"exit {int(verdict.exit_code)}: {verdict.word}"]
    return "\n".join(lines)


def _judged(findings: Iterable[Finding], rounds: Sequence[Round], masker: Masker) -> Iterator[str]:
    """One paragraph for each failure or warning."""
    for finding in findings:
        yield ""
        yield f"{finding.outcome.upper()}  {finding.requirement.id}  {finding.requirement.statement}"
        yield from _field("page", finding.requirement.place)
        yield from _field("expected", masker.mask(finding.expected))
        at = f"   at {finding.pointer}" if finding.pointer else ""
        yield from _field("actual", textwrap.shorten(masker.mask(finding.actual), 300, placeholder=" ...") + at)
        if finding.exchange is not None:
            shown = render_exchange(finding.exchange, masker)
            yield from _field("request", str(shown["request"]))
            yield from _field("answer", f"{shown['status']} {shown['body']}".strip())
            # Not wrapped: it is there to be pasted.
            yield f"      again     {shown['curl']}"
        yield from _unwrapped("script", render_script(finding.script, masker))
        for calls in rounds:
            if finding.exchange in calls:
                yield from _unwrapped("race", draw_round(calls))
        yield f"      just this --only {finding.requirement.id}"


def _unwrapped(name: str, lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield f"      {'' if number else name:<10}{visible(line)}"


def _unjudged(findings: Iterable[Finding], masker: Masker) -> Iterator[str]:
    """One paragraph for each reason, with the requirements it left open."""
    by_reason: dict[str, list[Finding]] = {}
    for finding in findings:
        by_reason.setdefault(f"{finding.reason}: {masker.mask(finding.message)}", []).append(finding)
    for reason, left_open in by_reason.items():
        yield ""
        yield f"{left_open[0].outcome.upper()}  {len(left_open)} of {len(requirements())} requirements"
        yield from _field("reason", reason)
        if len(left_open) < len(requirements()):
            yield from _field("these", ", ".join(f"{f.requirement.id} ({f.requirement.level})" for f in left_open))


def _field(name: str, text: str) -> list[str]:
    indent = " " * 16
    return textwrap.wrap(
        visible(" ".join(text.split())),
        WIDTH,
        initial_indent=f"      {name:<10}",
        subsequent_indent=indent,
        break_on_hyphens=False,
    )
