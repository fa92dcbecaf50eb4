"""The parts of the page around its table: notes, what needs attention, filters, legend."""

from __future__ import annotations

import re

from conformance.outcomes import Finding, Outcome, Reason
from conformance.report.markup import Html, Markup
from conformance.report.terminal import JUDGED, ORDER
from conformance.report.words import OUTCOMES, spaced
from conformance.verdict import Verdict

_ID = re.compile(r"(CXL-[A-Z]+-\d+)")


def render_notes(h: Html, verdict: Verdict) -> Markup | None:
    """What qualifies the verdict."""
    if not verdict.notes:
        return None
    known = {finding.requirement.id for finding in verdict.findings}
    notes = [h.tag("li", *(_linked(h, part, known) for part in _ID.split(note))) for note in verdict.notes]
    return h.join(h.tag("h2", "Notes"), h.tag("ul", *notes, class_="notes"))


def render_attention(h: Html, verdict: Verdict) -> Markup | None:
    """Everything but passes, the gravest first: failures one by one, gaps together where they have the same cause."""
    groups: dict[tuple[Outcome, Reason, str], list[Finding]] = {}
    for finding in sorted(
        (finding for finding in verdict.findings if finding.outcome in ORDER), key=lambda f: ORDER.index(f.outcome)
    ):
        alone = finding.requirement.id if finding.outcome in JUDGED else finding.message
        groups.setdefault((finding.outcome, finding.reason, alone), []).append(finding)
    if not groups:
        return None
    items = [_group(h, findings) for findings in groups.values()]
    return h.tag("section", h.tag("h2", "What needs attention"), h.tag("ul", *items, class_="attention"))


def render_filters(h: Html, verdict: Verdict) -> Markup:
    """The form that the script brings to life; without the script it stays hidden and every row stays visible."""
    outcomes = {"": "any outcome", "!pass": "all but pass"} | {
        str(outcome): f"{spaced(outcome)} ({verdict.count(outcome)})" for outcome in Outcome if verdict.count(outcome)
    }
    levels = {"": "any level", "MUST": "MUST", "SHOULD": "SHOULD"}
    return h.tag(
        "form",
        h.tag("label", "Outcome ", _select(h, "outcome", outcomes)),
        h.tag("label", "Level ", _select(h, "level", levels)),
        h.tag("label", "Text ", h.tag("input", type="search", name="text", autocomplete="off")),
        h.tag("button", "Open all", type="button", data_open="true"),
        h.tag("button", "Close all", type="button", data_open="false"),
        h.tag("output", "", name="shown", role="status"),
        id="filters",
        hidden=True,
        aria_label="Filter the requirements",
    )


def render_legend(h: Html) -> Markup:
    """What the outcomes mean, and what stands for secrets."""
    pairs = [
        h.tag("div", h.tag("dt", h.tag("span", spaced(outcome), class_=f"badge {outcome}")), h.tag("dd", meaning))
        for outcome, meaning in OUTCOMES.items()
    ]
    masked = h.join(
        "Keys and other secrets are replaced by their names in brackets. The curl lines take the key from ",
        h.tag("code", "$CONFORMANCE_API_KEY"),
        ".",
    )
    return h.tag("footer", h.tag("h2", "What the outcomes mean"), h.tag("dl", *pairs), h.tag("p", masked))


def _group(h: Html, findings: list[Finding]) -> Markup:
    first = findings[0]
    badge = h.tag("span", spaced(first.outcome), class_=f"badge {first.outcome}")
    if first.outcome in JUDGED:
        what = h.join(_link(h, first.requirement.id), " ", h.prose(first.requirement.statement))
    else:
        links = [h.join(_link(h, f.requirement.id), f" {f.requirement.level}") for f in findings]
        what = h.tag("ul", *(h.tag("li", link) for link in links), class_="ids")
    why = h.tag("p", first.message or spaced(first.reason), class_="why")
    return h.tag("li", badge, h.tag("div", what, why) if first.outcome in JUDGED else h.tag("div", why, what))


def _linked(h: Html, part: str, known: set[str]) -> Markup:
    return _link(h, part) if part in known else h.text(part)


def _link(h: Html, requirement_id: str) -> Markup:
    return h.tag("a", requirement_id, href=f"#{requirement_id}")


def _select(h: Html, name: str, options: dict[str, str]) -> Markup:
    return h.tag("select", *(h.tag("option", text, value=value) for value, text in options.items()), name=name)
