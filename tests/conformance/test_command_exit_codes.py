"""The command's exit code: what stays open, what is accepted by name, what fails all the same."""

from __future__ import annotations

from pathlib import Path

from tests.targets.correct import KEY, Correct
from tests.targets.defects import BROKEN
from tests.targets.judged import QUICK, judge, run_suite
from tests.targets.variants import lawful
from tests.targets.wire import serving


def test_without_a_second_key_what_needs_it_stays_open() -> None:
    target = Correct()
    with serving(target.respond, target.clock) as url:
        flags = ("--base-url", url, "--provider", url + "/provider", "--api-key", KEY, "--only", "NF", "OK")
        judged = run_suite(*flags, keys=False)
    assert judged.exit_code == 3
    assert judged.having("not_testable", "MUST") == {"CXL-NF-2"}
    assert "CXL-NF-2" in judged.output


def test_a_gap_that_is_allowed_by_name_does_not_count() -> None:
    judged = judge(lawful()["NoComplete"](), *QUICK, "--allow-untested", "CXL-RACE-4")
    assert judged.exit_code == 0
    assert "CXL-RACE-4" in judged.output


def test_a_warning_fails_under_strict_alone() -> None:
    implementation = lawful()["ShortLifetime"]
    assert judge(implementation(), "--only", "BODY-11").exit_code == 0
    assert judge(implementation(), "--only", "BODY-11", "--strict").exit_code == 1


def test_a_failure_in_the_baseline_is_accepted_until_it_is_stale(tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.yaml"
    baseline.write_text("- id: CXL-STATE-2\n  reason: known, ticket 17\n  expires: 2199-01-01\n")
    flags = ("--only", "STATE-2", "--baseline", str(baseline))
    assert judge(BROKEN["SecondIs409"][0](), *flags).exit_code == 0
    assert judge(Correct(), *flags).exit_code == 1, "an entry whose failure is gone is stale"
    baseline.write_text(baseline.read_text().replace("2199", "2020"))
    assert judge(BROKEN["SecondIs409"][0](), *flags).exit_code == 1, "an entry that has expired accepts nothing"


def test_a_vendors_sandbox_needs_no_controller() -> None:
    """The documented creation is all there is; what it cannot arrange is not testable."""
    from tests.mock_server.running import running_mock

    with running_mock() as mock:
        flags = ("--provider", "contract", "--contractor", "cn_1", "--return-url", "https://app.example.com/done")
        judged = run_suite("--base-url", mock.url, *flags)
    assert judged.exit_code == 3, judged.output
    assert judged.having("fail") == set()
    assert {"CXL-OK-1", "CXL-STATE-2", "CXL-BODY-9", "CXL-NF-2"} <= judged.having("pass")
    assert {"CXL-STATE-1", "CXL-EXP-1", "CXL-HOOK-1"} <= judged.having("not_testable")
