"""`report.html`: one file with everything in it, for whoever has to decide and whoever has to mend."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from conformance.masking import Masker
from conformance.outcomes import Finding, Outcome
from conformance.report.details import Details
from conformance.report.markup import Html, Markup
from conformance.report.page_parts import render_attention, render_filters, render_legend, render_notes
from conformance.report.words import AREAS, meaning, spaced
from conformance.target import Target
from conformance.verdict import Verdict

COLUMNS = ("Requirement", "Level", "Statement", "Outcome", "Reason")


def render_html(verdict: Verdict, target: Target, masker: Masker, duration_s: float, *, seed: int) -> str:
    """The whole page. It loads nothing, and its own policy forbids it to. `seed` brings back what is left to chance."""
    h = Html(masker)
    style, script = Markup(_asset("report.css")), Markup(_asset("report.js"))
    head = h.tag(
        "head",
        h.tag("meta", charset="utf-8"),
        h.tag("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        h.tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h.tag("meta", name="color-scheme", content="light dark"),
        h.tag("title", f"{verdict.word}: conformance report"),
        h.tag("style", style),
    )
    body = h.tag(
        "body",
        h.tag("a", "Skip to the requirements", href="#requirements", class_="skip"),
        _header(h, verdict, target, duration_s, seed),
        h.tag("main", render_attention(h, verdict), _requirements(h, masker, verdict, target)),
        render_legend(h),
        h.tag("script", script),
    )
    return f"<!doctype html>\n{h.tag('html', head, body, lang='en')}\n"


def _asset(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Only this very style and this very script: whatever else might slip in neither runs nor loads."""
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)]
    return (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _header(h: Html, verdict: Verdict, target: Target, duration_s: float, seed: int) -> Markup:
    counts = [
        h.tag("li", h.tag("b", verdict.count(outcome)), f" {spaced(outcome)}", class_=f"count {outcome}")
        for outcome in Outcome
        if verdict.count(outcome)
    ]
    facts = {"Exit code": int(verdict.exit_code), "Target": target.base_url, "Requirements": len(verdict.findings)}
    if began := [exchange.sent_at for finding in verdict.findings for exchange in finding.exchanges]:
        facts["Run"] = f"{datetime.fromtimestamp(min(began), UTC):%Y-%m-%d %H:%M:%S} UTC, {duration_s:.1f} s"
    facts["Seed"] = seed
    return h.tag(
        "header",
        h.tag("p", "Conformance of the cancel of a payment session", class_="kicker"),
        h.tag("h1", verdict.word.capitalize()),
        h.tag("p", meaning(verdict), class_="meaning"),
        h.tag("ul", *counts, class_="counts", aria_label="Outcomes"),
        h.tag("dl", *(h.tag("div", h.tag("dt", name), h.tag("dd", value)) for name, value in facts.items())),
        render_notes(h, verdict),
        class_=f"verdict exit-{int(verdict.exit_code)}",
    )


def _requirements(h: Html, masker: Masker, verdict: Verdict, target: Target) -> Markup:
    details = Details(h, masker, target.base_url, verdict.findings)
    areas = [
        (area, list(findings)) for area, findings in groupby(verdict.findings, key=lambda each: each.requirement.area)
    ]
    links = [h.tag("li", h.tag("a", f"{area} {_held(findings)}", href=f"#area-{area}")) for area, findings in areas]
    return h.tag(
        "section",
        h.tag("h2", "Requirements"),
        render_filters(h, verdict),
        h.tag("nav", h.tag("ul", *links), aria_label="Areas, and how many requirements of each hold"),
        *(_area(h, details, area, findings) for area, findings in areas),
        id="requirements",
    )


def _area(h: Html, details: Details, area: str, findings: Sequence[Finding]) -> Markup:
    head = h.tag("tr", *(h.tag("th", name, scope="col", role="columnheader") for name in COLUMNS), role="row")
    title = h.tag(
        "h3", f"{AREAS.get(area, area)} ", h.tag("small", f"{area}, {_held(findings)} hold"), id=f"area-{area}"
    )
    table = h.tag(
        "table",
        h.tag("thead", head, role="rowgroup"),
        h.tag("tbody", *(_row(h, details, finding) for finding in findings), role="rowgroup"),
        class_="requirements",
        role="table",
        aria_labelledby=f"area-{area}",
    )
    return h.tag("section", title, table, class_="area")


def _row(h: Html, details: Details, finding: Finding) -> Markup:
    requirement, outcome = finding.requirement, finding.outcome
    summary = h.tag("summary", h.prose(requirement.statement))
    more = h.tag("details", summary, details.render(finding), open=outcome is Outcome.FAIL)
    return h.tag(
        "tr",
        h.tag("th", h.tag("a", requirement.id, href=f"#{requirement.id}"), scope="row", role="rowheader", class_="id"),
        h.tag("td", requirement.level, role="cell", class_="level"),
        h.tag("td", more, role="cell", class_="statement"),
        h.tag("td", h.tag("span", spaced(outcome), class_=f"badge {outcome}"), role="cell", class_="outcome"),
        h.tag("td", spaced(finding.reason), role="cell", class_="reason"),
        role="row",
        id=requirement.id,
        data_outcome=outcome,
        data_level=requirement.level,
    )


def _held(findings: Sequence[Finding]) -> str:
    return f"{sum(finding.outcome is Outcome.PASS for finding in findings)}/{len(findings)}"
