"""A few kills of the real mock, and mocks that are not durable: the loop finds each of them."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.crash import __main__ as command
from tests.crash.driver import IN_THE_CANCEL, IN_THE_DELIVERY
from tests.crash.loop import ANY_MOMENT, POINTS, Tally, play


def test_a_file_whose_creation_was_killed_is_created_by_the_next_start() -> None:
    tally = play(["while-creating"], "creation")
    assert (tally.findings, tally.kills.total()) == ([], 1)


def test_a_kill_at_any_fault_point_loses_halves_and_doubles_nothing() -> None:
    points = [ANY_MOMENT, "while-recovering", *IN_THE_CANCEL, *IN_THE_DELIVERY]
    tally = play(points, "every point")
    assert (tally.findings, tally.kills) == ([], Counter(points))
    # The points are where they say: what was committed stays, what was not does not, what may have arrived comes again.
    assert tally.found_pending["before-commit"] >= 1
    assert tally.found_cancelled["after-commit"] >= 1
    assert tally.sent_again["after-send"] >= 1
    assert tally.sent_again["before-marking-delivered"] >= 1


@pytest.mark.parametrize(
    ("sabotage", "point", "finding"),
    [
        ("commit-the-session-before-its-event", "before-commit", "is cancelled with 0 events"),
        ("commit-late", "after-commit", "was answered 200 and is (pending|gone)"),
        ("forget-claims", "after-claim", r"the deliveries of event \w+ are \['sending'\]"),
        ("mark-delivered-before-sending", "after-claim", "has never arrived"),
        ("send-claims-under-another-id", "after-send", "is cancelled with 2 events"),
        ("drop-what-is-unsent", ANY_MOMENT, "bystander: /deliveries is not as it was"),
    ],
)
def test_a_mock_that_is_not_durable_is_found_out(sabotage: str, point: str, finding: str) -> None:
    findings = play([point], sabotage, sabotage=sabotage, settle_s=0.5).findings
    assert any(re.search(finding, each) for each in findings), findings


@pytest.mark.parametrize("rounds", [1, 12, 30])
def test_the_command_plays_as_many_rounds_as_it_is_told_and_creates_each_file_once(rounds: int) -> None:
    played = list(command.chains(rounds, 0))
    assert sum(map(len, played)) == rounds
    assert all(points[0] == "while-creating" and set(points) <= set(POINTS) for points in played)
    assert all(points.count("while-creating") == 1 for points in played)


def test_three_hundred_rounds_kill_at_every_point_many_times() -> None:
    kills = Counter(point for points in command.chains(300, 0) for point in points)
    assert min(kills[point] for point in POINTS) >= 20


@pytest.mark.parametrize(
    ("findings", "code", "verdict"),
    [
        ([], 0, "crash: nothing lost, halved or doubled: 1 kills, 7 cancels answered, 8 events"),
        (["ps_1 was answered 200 and is pending"], 1, "crash: FAILED, 1 findings: 1 kills"),
    ],
)
def test_the_last_line_is_the_verdict_and_the_exit_code_agrees(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, findings: list[str], code: int, verdict: str
) -> None:
    tally = Tally(Counter({"after-claim": 1}), cancels_answered=7, events=8, findings=findings)
    monkeypatch.setattr(command, "_played", lambda *_: iter([tally]))
    assert command.main([]) == code
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith(verdict)
    assert any(re.fullmatch(r"after-claim +1 +0 +0 +0", line) for line in lines)
    assert set(findings) <= set(lines)
