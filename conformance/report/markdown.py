"""The verdict as a short Markdown text, for `$GITHUB_STEP_SUMMARY`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from conformance.masking import Masker
from conformance.outcomes import Finding, Outcome
from conformance.report.markup import visible
from conformance.report.terminal import ORDER
from conformance.report.words import meaning, spaced
from conformance.verdict import Verdict

SHOWN_CHARACTERS = 300

# What GitHub takes for more than text within a line: emphasis, code, links, images, HTML, cells, mathematics, mentions.
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&$@])")


def render_markdown(verdict: Verdict, masker: Masker, duration_s: float, *, seed: int) -> str:
    """Verdict, counts and notes; then whatever failed, warned or stayed open, and how to run just that again."""
    counts = ", ".join(f"{verdict.count(outcome)} {spaced(outcome)}" for outcome in Outcome if verdict.count(outcome))
    blocks = [
        f"## Conformance: {verdict.word} (exit {int(verdict.exit_code)})",
        meaning(verdict),
        f"{len(verdict.findings)} requirements: {counts} ({duration_s:.1f} s, seed {seed})",
    ]
    if verdict.notes:
        blocks.append("\n".join(f"- {_cell(note, masker)}" for note in verdict.notes))
    concerning = sorted((f for f in verdict.findings if f.outcome in ORDER), key=lambda f: ORDER.index(f.outcome))
    if concerning:
        blocks.append("\n".join(_table(concerning, masker)))
    if concerning and len(concerning) < len(verdict.findings):
        ids = " ".join(finding.requirement.id for finding in concerning)
        blocks.append(f"To run only these again, add to the same command: `--only {ids}`")
    return "\n\n".join(blocks) + "\n\n"


def _table(findings: Sequence[Finding], masker: Masker) -> list[str]:
    rows = ["| Requirement | Level | Outcome | Statement | What was found |", "|---|---|---|---|---|"]
    for finding in findings:
        requirement = finding.requirement
        found = _cell(finding.message or spaced(finding.reason), masker)
        at = f" at {_cell(finding.pointer, masker)}" if finding.pointer else ""
        # The statement is the catalogue's own: its backticks are meant as such.
        statement = requirement.statement.replace("|", "\\|")
        rows.append(
            f"| {requirement.id} | {requirement.level} | {spaced(finding.outcome)} | {statement} | {found}{at} |"
        )
    return rows


def _cell(text: str, masker: Masker) -> str:
    """One line of plain text, however it came: masked, cut, and without any meaning to Markdown."""
    line = " ".join(visible(masker.mask(text)).split())
    if len(line) > SHOWN_CHARACTERS:
        line = line[:SHOWN_CHARACTERS] + " …"
    return _SPECIAL.sub(r"\\\1", line)
