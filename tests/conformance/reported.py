"""Findings made by hand, and a reader of pages, for tests of the reports."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

from conformance.exchange import Exchange
from conformance.masking import Masker
from conformance.outcomes import Breach, Finding, Outcome, Reason, finding_of
from conformance.report.html import render_html
from conformance.target import Target
from conformance.verdict import Verdict, decide
from openapi import Requirement, requirements
from tests.conformance.exchanges import answer, cancelled_session

CATALOGUE = {requirement.id: requirement for requirement in requirements()}
TARGET = Target("http://127.0.0.1", "t9k_test_one", "t9k_test_two")
VOID = frozenset({"meta", "input"})


class Page(HTMLParser):
    """What an HTML text consists of. Raises `ValueError` when its elements are not properly nested."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        if self._open:
            raise ValueError(f"never closed: {self._open}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._open.pop() != tag:
            raise ValueError(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        self.text += data

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def rows(self) -> list[str]:
        return [str(row["id"]) for row in self.attributes("tr") if "data-outcome" in row]


def masker() -> Masker:
    made = Masker()
    made.add(TARGET.api_key, "api key")
    made.add(str(TARGET.other_api_key), "other api key")
    return made


def failed(exchange: Exchange, requirement: Requirement | None = None, actual: str = "status 409") -> Finding:
    breach = Breach("status 400", actual, pointer="/status", exchange=exchange)
    return finding_of(requirement or CATALOGUE["CXL-STATE-2"], breach, exchanges=(exchange,))


def page_of(*findings: Finding, told: Masker | None = None) -> str:
    return render_html(decide(findings), TARGET, told or masker(), 1.5, seed=7)


def raced(*statuses: int) -> tuple[Exchange, ...]:
    """Calls of one session, each begun a millisecond after the one before it and ended together."""
    return tuple(
        replace(answer(cancelled_session(), status), started=n / 1000, ended=0.05) for n, status in enumerate(statuses)
    )


def everything() -> Verdict:
    """Every requirement, every outcome somewhere."""
    every = list(Outcome)
    return decide(
        [
            Finding(requirement, every[n % len(every)], list(Reason)[n % len(Reason)], f"message {n}")
            for n, requirement in enumerate(requirements())
        ]
    )
