"""The report on the terminal, and what is said of a run under way."""

from __future__ import annotations

import sys
from dataclasses import replace
from io import StringIO

import pytest

from conformance.outcomes import Breach, Step, finding_of
from conformance.progress import Progress
from conformance.report.terminal import render_terminal
from conformance.verdict import decide
from tests.conformance.exchanges import answer
from tests.conformance.reported import CATALOGUE, failed, masker, raced


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_failed_race_is_drawn() -> None:
    calls = raced(200, 200, 400)
    others = tuple(
        replace(call, url=call.url + "x", started=call.started - 1, ended=call.ended - 1) for call in raced(200, 400)
    )
    breach = Breach("exactly one 200", "2", exchange=calls[0])
    finding = finding_of(CATALOGUE["CXL-RACE-1"], breach, exchanges=others + calls)
    lines = render_terminal(decide([finding]), masker(), 1.5, 7).splitlines()
    drawn = [line for line in lines if "|" in line]
    assert len(drawn) == 3, "the round that failed, and no other"
    assert [line.split()[0] for line in drawn] == ["200", "200", "400"]
    assert len({line.rindex("|") for line in drawn}) == 1
    assert [line.index("=") for line in drawn] == sorted(line.index("=") for line in drawn)
    assert drawn[0].endswith("0.0 to 50.0 ms")


def test_a_round_that_another_requirement_has_run_is_drawn_too() -> None:
    calls = raced(200, 409)
    held = finding_of(CATALOGUE["CXL-RACE-1"], None, exchanges=calls)
    breach = Breach("status 400", "status 409", exchange=calls[1])
    text = render_terminal(decide([held, finding_of(CATALOGUE["CXL-RACE-2"], breach)]), masker(), 1.5, 7)
    assert "2 calls within 50.0 ms" in text


def test_a_failed_sequence_is_told_as_lines_of_shell() -> None:
    steps = (Step("s1 = ps_1, pending, from the provider"), Step("cancel s1", answer(status=409)))
    breach = Breach("status 200", "status 409", script=steps)
    text = render_terminal(decide([finding_of(CATALOGUE["CXL-STATE-8"], breach)]), masker(), 1.5, 7)
    assert "script    # s1 = ps_1, pending" in text
    assert "                curl -i -X POST" in text


def test_a_failure_that_is_no_race_is_not_drawn() -> None:
    assert "race " not in render_terminal(decide([failed(answer(status=409))]), masker(), 1.5, 7)


def test_a_run_under_way_says_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    said = ("looking for the target", "CXL-OK-1", "CXL-OK-2", "CXL-BODY-1", "")
    monkeypatch.setattr(sys, "stderr", elsewhere := StringIO())
    progress = Progress()
    for text in said:
        progress(text)
    areas = ["looking for the target", "CXL-OK", "CXL-BODY"]
    assert elsewhere.getvalue().splitlines() == [f"conformance: {area}" for area in areas]
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    progress = Progress()
    for text in said:
        progress(text)
    assert "\n" not in terminal.getvalue()
    assert terminal.getvalue().endswith("CXL-BODY-1\r\x1b[K")
