"""What the command leaves behind: reports, a job's summary, lines to run again, and no secret anywhere."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from openapi import requirements
from tests.targets.correct import KEY, OTHER_KEY, Correct, Session
from tests.targets.defects import BROKEN
from tests.targets.judged import QUICK, judge, run_suite
from tests.targets.wire import Answer, serving

TOKEN = "live_tokenThatNobodyMaySee0123456789"


class Leaks(BROKEN["UrlInTheAnswer"][0]):  # type: ignore[misc]  # chosen by name
    def make(self, tenant: str, state: str, lifetime_s: int) -> object:
        session = super().make(tenant, state, lifetime_s)
        session.url = f"https://pay.example.test/setup/{TOKEN}{session.id}"
        return session


def test_reports_hold_every_requirement_and_no_secret(tmp_path: Path) -> None:
    target = Leaks()
    with serving(target.respond, target.clock) as url:
        flags = ("--base-url", url, "--provider", url + "/provider", "--only", "SAFE", "OK", *QUICK)
        judged = run_suite(*flags, report=tmp_path)
    assert judged.exit_code == 1
    written = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert {"report.json", "junit.xml"} <= set(written)
    report = json.loads(written["report.json"])
    assert [each["id"] for each in report["requirements"]] == [
        each.id for each in requirements() if each.area in {"OK", "SAFE"}
    ]
    cases = ET.fromstring(written["junit.xml"]).iter("testcase")  # noqa: S314 - our own file
    assert len(list(cases)) == len(report["requirements"])
    for text in (judged.output, *written.values()):
        for secret in (KEY, OTHER_KEY, TOKEN, "whsec_"):
            assert secret not in text


def test_a_curl_line_uses_the_variable_instead_of_the_key() -> None:
    judged = judge(BROKEN["SecondIs409"][0](), "--only", "STATE-2")
    assert "$CONFORMANCE_API_KEY" in judged.output
    assert "--only CXL-STATE-2" in judged.output


def test_an_answer_that_cannot_be_printed_is_reported_all_the_same(tmp_path: Path) -> None:
    class Unprintable(Correct):
        def cancel(self, session: Session) -> Answer:
            answer = super().cancel(session)
            answer.content = {**answer.content, "processor": "\ud800\u001b[31m"}
            return answer

    target = Unprintable()
    with serving(target.respond, target.clock) as url:
        flags = ("--base-url", url, "--provider", url + "/provider", "--only", "BODY-6")
        judged = run_suite(*flags, report=tmp_path)
    assert judged.exit_code == 1, judged.output
    assert {path.name for path in tmp_path.iterdir()} == {"report.json", "report.html", "junit.xml"}


def test_the_summary_of_a_ci_job_is_appended_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    target = Correct()
    with serving(target.respond, target.clock) as url:
        command = [sys.executable, "-m", "conformance", "--base-url", url, "--provider", url + "/provider"]
        subprocess.run([*command, "--api-key", KEY, "--only", "OK"], check=True, capture_output=True)
    text = summary.read_text()
    assert text.startswith("before\n")
    assert "conformant" in text.lower()
