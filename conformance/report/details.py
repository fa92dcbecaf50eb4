"""What one requirement's row opens to: the findings in words, the exchange, the races, every request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus

from conformance.exchange import Exchange
from conformance.masking import Masker
from conformance.outcomes import Finding, Outcome
from conformance.report.curl import render_script
from conformance.report.evidence import SHOWN_CHARACTERS, render_exchange
from conformance.report.markup import Html, Markup
from conformance.report.timeline import Round, render_timeline, rounds_of
from conformance.report.words import BASIS

RACE = "RACE"
FEW = 8
DULL_HEADERS = frozenset(
    {"connection", "content-length", "etag", "keep-alive", "server", "transfer-encoding", "vary", "x-powered-by"}
)


class Details:
    """Renders the evidence of findings of one verdict; some of it is shared between them."""

    def __init__(self, h: Html, masker: Masker, base_url: str, findings: Sequence[Finding]) -> None:
        self._h = h
        self._masker = masker
        self._base_url = base_url
        self._rounds = {f.requirement.id: rounds_of(f.exchanges) for f in findings if f.requirement.area == RACE}

    def render(self, finding: Finding) -> Markup:
        """Everything that is known of one finding."""
        parts = [self._facts(finding)]
        if finding.exchange is not None:
            parts += [self._h.tag("h4", "The exchange that mattered"), self._exchange(finding.exchange)]
        if finding.script:
            script = "\n".join(render_script(finding.script, self._masker))
            parts += [self._h.tag("h4", "The shortest sequence that shows it"), self._h.tag("pre", script)]
        if finding.requirement.area == RACE:
            parts += self._races(finding)
        if finding.exchanges:
            parts.append(self._exchanges(finding.exchanges))
        return self._h.tag("div", *parts, class_="evidence")

    def _facts(self, finding: Finding) -> Markup:
        h, requirement = self._h, finding.requirement
        only = h.join("the same command with ", h.tag("code", f"--only {requirement.id}"))
        facts: dict[str, object] = {
            "Place": f"{requirement.place} (basis {requirement.basis}: {BASIS[requirement.basis]})",
            "Expected": finding.expected,
            "Actual": finding.actual,
            "At": finding.pointer and h.tag("code", finding.pointer),
            "What happened": "" if finding.expected else finding.message,
            "Took": f"{finding.duration_s:.2f} s" if finding.duration_s >= 0.005 else "",
            "Run only this": only,
        }
        pairs = [h.tag("dt", name) + h.tag("dd", value) for name, value in facts.items() if value]
        return h.tag("dl", *map(Markup, pairs))

    def _exchange(self, exchange: Exchange) -> Markup:
        """Request, answer and the line that repeats it."""
        h = self._h
        shown = render_exchange(exchange, self._masker)
        request = [str(shown["request"])]
        if shown["authorization"]:
            request.append(f"Authorization: {shown['authorization']}")
        return h.tag(
            "div",
            h.tag("pre", "\n".join(request), class_="request"),
            h.tag("pre", self._answer(exchange, str(shown["body"])), class_="answer"),
            h.tag("pre", h.tag("code", shown["curl"]), class_="curl"),
            class_="exchange",
        )

    def _answer(self, exchange: Exchange, body: str) -> str:
        lines = [f"{_status_line(exchange)}   {_milliseconds(exchange)}"]
        dull = [(name, value) for name, value in exchange.headers if self._is_dull(name, value)]
        lines += [f"{name}: {value}" for name, value in exchange.headers if (name, value) not in dull]
        if dull:
            lines.append(f"(not shown: {', '.join(name for name, _ in dull)})")
        if len(body) == SHOWN_CHARACTERS:
            body += " … (cut here)"
        return "\n".join([*lines, "", body or "(no body)"])

    def _is_dull(self, name: str, value: str) -> bool:
        """A header that tells nothing; one that holds a secret does tell something."""
        return name.lower() in DULL_HEADERS and self._masker.mask(value) == value

    def _races(self, finding: Finding) -> list[Markup]:
        """The rounds of this finding, or where they are drawn: several requirements judge the same rounds."""
        h, rounds = self._h, self._rounds[finding.requirement.id]
        if rounds:
            return [h.tag("h4", "The races, one bar for each call"), self._timelines(rounds)]
        drawn = next((requirement_id for requirement_id, others in self._rounds.items() if others), None)
        if drawn is None or finding.exchanges or finding.outcome not in {Outcome.PASS, Outcome.FAIL}:
            return []
        link = h.tag("a", drawn, href=f"#{drawn}")
        return [h.tag("p", "Judged on the races that are drawn at ", link, ".")]

    def _timelines(self, rounds: Sequence[Round]) -> Markup:
        drawn = [render_timeline(self._h, number, calls) for number, calls in enumerate(rounds, 1)]
        return self._h.tag("div", *drawn, class_="timelines")

    def _exchanges(self, exchanges: Sequence[Exchange]) -> Markup:
        """All of them; more than a few take a click."""
        h = self._h
        names = ("#", "Request and answer", "Status", "Sent (UTC)", "Took")
        head = h.tag("tr", *(h.tag("th", name, scope="col", role="columnheader") for name in names), role="row")
        rows = [self._row(number, exchange) for number, exchange in enumerate(exchanges, 1)]
        body = h.tag("tbody", *rows, role="rowgroup")
        table = h.tag("table", h.tag("thead", head, role="rowgroup"), body, class_="exchanges", role="table")
        summary = h.tag("summary", h.tag("h4", _requests(len(exchanges))))
        return h.tag("details", summary, table, open=len(exchanges) <= FEW, class_="all")

    def _row(self, number: int, exchange: Exchange) -> Markup:
        h = self._h
        tries = f" (try {exchange.attempts})" if exchange.attempts > 1 else ""
        sent = datetime.fromtimestamp(exchange.sent_at, UTC).strftime("%H:%M:%S.%f")[:-3]
        summary = h.tag("summary", f"{exchange.method} {exchange.url.removeprefix(self._base_url)}")
        cells = {
            "number": number,
            "call": h.tag("details", summary, self._exchange(exchange)),
            "status": f"{exchange.status}{tries}",
            "sent": sent,
            "took": _milliseconds(exchange),
        }
        return h.tag("tr", *(h.tag("td", cell, class_=name, role="cell") for name, cell in cells.items()), role="row")


def _status_line(exchange: Exchange) -> str:
    phrases = {status.value: status.phrase for status in HTTPStatus}
    return f"{exchange.status} {phrases.get(exchange.status, '')}".rstrip()


def _milliseconds(exchange: Exchange) -> str:
    return f"{(exchange.ended - exchange.started) * 1000:.1f} ms"


def _requests(count: int) -> str:
    return "The one request" if count == 1 else f"All {count} requests"
