"""From findings to verdict and exit code."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from conformance.baseline import load_baseline
from conformance.outcomes import Finding, Outcome, Reason
from conformance.verdict import Accepted, ExitCode, decide
from openapi import requirements

MUST, OTHER = [r for r in requirements() if r.level == "MUST"][:2]
SHOULD = next(r for r in requirements() if r.level == "SHOULD")
TODAY = date(2026, 1, 15)


def finding(outcome: Outcome, requirement: object = MUST) -> Finding:
    return Finding(requirement, outcome, Reason.HELD)  # type: ignore[arg-type]  # any of the three above


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome.PASS, 0),
        (Outcome.FAIL, 1),
        (Outcome.WARN, 0),
        (Outcome.NOT_APPLICABLE, 0),
        (Outcome.NOT_TESTABLE, 3),
        (Outcome.INCONCLUSIVE, 3),
        (Outcome.SETUP_ERROR, 3),
        (Outcome.HARNESS_ERROR, 4),
    ],
)
def test_the_outcome_of_a_must_decides(outcome: Outcome, code: int) -> None:
    assert decide([finding(outcome), finding(Outcome.PASS, OTHER)]).exit_code == code


@pytest.mark.parametrize("outcome", [Outcome.NOT_TESTABLE, Outcome.INCONCLUSIVE, Outcome.SETUP_ERROR, Outcome.WARN])
def test_a_should_left_open_does_not_decide(outcome: Outcome) -> None:
    assert decide([finding(Outcome.PASS), finding(outcome, SHOULD)]).exit_code == ExitCode.CONFORMANT


def test_a_failure_comes_before_a_harness_error_and_that_before_a_gap() -> None:
    gap, broken, failed = finding(Outcome.NOT_TESTABLE), finding(Outcome.HARNESS_ERROR, OTHER), finding(Outcome.FAIL)
    assert decide([gap, broken]).exit_code == ExitCode.UNUSABLE
    assert decide([failed, broken]).exit_code == ExitCode.NOT_CONFORMANT


def test_strict_lets_a_should_fail() -> None:
    assert decide([finding(Outcome.WARN, SHOULD)], strict=True).exit_code == ExitCode.NOT_CONFORMANT


def test_a_gap_can_be_allowed_by_name_and_is_still_named() -> None:
    verdict = decide([finding(Outcome.NOT_TESTABLE)], allow_untested={MUST.id})
    assert verdict.exit_code == ExitCode.CONFORMANT
    assert any(MUST.id in note for note in verdict.notes)
    assert decide([finding(Outcome.NOT_TESTABLE)], allow_untested={OTHER.id}).exit_code == ExitCode.INCOMPLETE


def test_a_failure_can_be_accepted_until_its_day_and_not_longer() -> None:
    entry = {MUST.id: Accepted(MUST.id, "known", date(2026, 1, 15))}
    verdict = decide([finding(Outcome.FAIL)], baseline=entry, today=TODAY)
    assert verdict.exit_code == ExitCode.CONFORMANT
    assert any("accepted" in note for note in verdict.notes)
    late = decide([finding(Outcome.FAIL)], baseline=entry, today=date(2026, 1, 16))
    assert late.exit_code == ExitCode.NOT_CONFORMANT


def test_an_accepted_failure_that_holds_by_now_is_stale() -> None:
    entry = {MUST.id: Accepted(MUST.id, "known", date(2026, 2, 1))}
    assert decide([finding(Outcome.PASS)], baseline=entry, today=TODAY).exit_code == ExitCode.NOT_CONFORMANT
    assert decide([finding(Outcome.NOT_TESTABLE)], baseline=entry, today=TODAY).exit_code == ExitCode.INCOMPLETE
    assert decide([finding(Outcome.PASS, OTHER)], baseline=entry, today=TODAY).exit_code == ExitCode.CONFORMANT


def test_a_baseline_is_read_from_yaml(tmp_path: Path) -> None:
    path = tmp_path / "baseline.yaml"
    path.write_text(f"- {{id: {MUST.id}, reason: fixed in March, expires: 2026-03-01}}\n", encoding="utf-8")
    assert load_baseline(path) == {MUST.id: Accepted(MUST.id, "fixed in March", date(2026, 3, 1))}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "YAML"),
        ("id: x", "list"),
        ("- {id: CXL-OK-1}", "exactly"),
        ("- {id: CXL-NO-1, reason: x, expires: 2026-03-01}", "no requirement"),
        ("- {id: CXL-OK-1, reason: '', expires: 2026-03-01}", "reason"),
        ("- {id: CXL-OK-1, reason: x, expires: soon}", "YYYY-MM-DD"),
    ],
)
def test_a_bad_baseline_says_what_is_wrong(text: str, word: str, tmp_path: Path) -> None:
    path = tmp_path / "baseline.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=word):
        load_baseline(path)


def test_the_exit_codes_are_those_of_the_documentation() -> None:
    assert [int(code) for code in ExitCode] == [0, 1, 2, 3, 4, 130]


def test_what_does_not_apply_is_named_and_nothing_else_is() -> None:
    assert decide([finding(Outcome.PASS), finding(Outcome.PASS, OTHER)]).notes == ()
    verdict = decide([finding(Outcome.NOT_APPLICABLE), finding(Outcome.PASS, OTHER)])
    assert verdict.notes == (f"not applicable here: {MUST.id}",)


def test_only_an_accepted_failure_is_told_as_one() -> None:
    accepted = {each.id: Accepted(each.id, "known", date(2199, 1, 1)) for each in (MUST,)}
    verdict = decide([finding(Outcome.FAIL), finding(Outcome.FAIL, OTHER)], baseline=accepted, today=TODAY)
    assert verdict.exit_code == ExitCode.NOT_CONFORMANT
    assert verdict.notes == (f"failed but accepted by the baseline: {MUST.id}",)


def test_every_gap_is_named_by_what_it_is() -> None:
    gaps = [finding(Outcome.NOT_TESTABLE, each) for each in (MUST, OTHER)]
    ids = f"{MUST.id}, {OTHER.id}"
    assert decide(gaps).notes == (f"MUST not exercised: {ids}",)
    assert decide(gaps, allow_untested={MUST.id, OTHER.id}).notes == (f"untested by --allow-untested: {ids}",)
    skipped = [finding(Outcome.NOT_APPLICABLE, each) for each in (MUST, OTHER)]
    assert decide(skipped).notes == (f"not applicable here: {ids}",)


def test_every_accepted_failure_is_named() -> None:
    accepted = {each.id: Accepted(each.id, "known", TODAY) for each in (OTHER, MUST)}
    verdict = decide([finding(Outcome.FAIL), finding(Outcome.FAIL, OTHER)], baseline=accepted, today=TODAY)
    assert verdict.notes == (f"failed but accepted by the baseline: {MUST.id}, {OTHER.id}",)


def test_a_stale_entry_is_told_with_what_to_do_about_it() -> None:
    entry = {MUST.id: Accepted(MUST.id, "known", TODAY)}
    held = decide([finding(Outcome.PASS)], baseline=entry, today=TODAY)
    assert held.notes == (f"baseline: {MUST.id} did not fail; remove the entry",)
    late = decide([finding(Outcome.PASS)], baseline=entry, today=date(2026, 1, 16))
    assert late.notes == (f"baseline: {MUST.id} expired on 2026-01-15",)


def test_a_verdict_keeps_the_findings_and_counts_them_by_outcome() -> None:
    findings = [finding(Outcome.PASS), finding(Outcome.PASS, OTHER), finding(Outcome.WARN, SHOULD)]
    verdict = decide(findings)
    assert verdict.findings == tuple(findings)
    assert [verdict.count(each) for each in (Outcome.PASS, Outcome.WARN, Outcome.FAIL)] == [2, 1, 0]


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        (Outcome.PASS, "conformant"),
        (Outcome.FAIL, "not conformant"),
        (Outcome.NOT_TESTABLE, "incomplete"),
        (Outcome.HARNESS_ERROR, "no verdict"),
    ],
)
def test_a_verdict_is_told_in_a_word(outcome: Outcome, word: str) -> None:
    assert decide([finding(outcome)]).word == word
