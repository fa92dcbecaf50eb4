"""The command: exit codes, one clear line for what is wrong, and no secret anywhere."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from openapi import requirements
from tests.targets.correct import KEY, OTHER_KEY, Correct, Session
from tests.targets.defects import BROKEN
from tests.targets.judged import QUICK, judge, run_suite
from tests.targets.variants import lawful
from tests.targets.wire import Answer, Request, Server, serving

URL = ("--base-url", "http://127.0.0.1:9")
PROVIDER = ("--provider", "http://127.0.0.1:9/provider")


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        ((), "--base-url"),
        (("--base-url", "nonsense", *PROVIDER), "nonsense"),
        (("--base-url", "ftp://127.0.0.1", *PROVIDER), "ftp"),
        ((*URL, "--provider", "nonsense"), "nonsense"),
        ((*URL, *PROVIDER, "--only", "CXL-NONE-1"), "NONE-1"),
        ((*URL, *PROVIDER, "--allow-untested", "CXL-NONE-1"), "CXL-NONE-1"),
        ((*URL, *PROVIDER, "--timeout", "-1"), "--timeout"),
        ((*URL, *PROVIDER, "--webhook-timeout", "soon"), "soon"),
        ((*URL, *PROVIDER, "--baseline", "no-such-file.yaml"), "no-such-file.yaml"),
        ((*URL, *PROVIDER, "--provider-header", "no colon"), "Name: value"),
        ((*URL, *PROVIDER, "--api-key", "t9k_live_secret"), "--allow-live"),
        ((*URL, *PROVIDER, "--no-such-flag"), "--no-such-flag"),
        ((*URL, *PROVIDER, "--header", "no colon"), "Name: value"),
        ((*URL, *PROVIDER, "--ca-bundle", "no-such-file.pem"), "no-such-file.pem"),
        ((*URL, *PROVIDER, "--webhook-listen", "9000"), "--webhook-listen"),
        ((*URL, *PROVIDER, "--webhook-url", "nonsense"), "--webhook-url"),
        ((*URL, "--provider", "pool:no-such-file.yaml"), "no-such-file.yaml"),
        ((*URL, "--provider", "command:no-such-program"), "no-such-program"),
        (("explain", "CXL-NONE-1"), "CXL-NONE-1"),
        (("check-provider", *URL), "check-provider"),
        (("nonsense",), "nonsense"),
    ],
)
def test_bad_usage_is_one_line_and_exit_2(flags: tuple[str, ...], word: str) -> None:
    judged = run_suite(*flags)
    assert judged.exit_code == 2
    assert word in judged.output
    assert len(judged.output.strip().splitlines()) == 1
    assert "t9k_live_secret" not in judged.output


def test_no_key_at_all_is_exit_2() -> None:
    judged = run_suite(*URL, *PROVIDER, keys=False)
    assert judged.exit_code == 2
    assert "CONFORMANCE_API_KEY" in judged.output


def test_an_unreadable_baseline_is_exit_2(tmp_path: Path) -> None:
    for text in ("- [", "just text", "- id: CXL-NONE-1\n  reason: x\n  expires: 2030-01-01"):
        file = tmp_path / "baseline.yaml"
        file.write_text(text)
        judged = run_suite(*URL, *PROVIDER, "--baseline", str(file))
        assert judged.exit_code == 2, judged.output
        assert "Traceback" not in judged.output


def test_a_report_folder_that_cannot_be_made_is_exit_2(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    judged = run_suite(*URL, *PROVIDER, report=tmp_path / "file" / "report")
    assert judged.exit_code == 2


def test_the_list_names_every_requirement() -> None:
    judged = run_suite("--list", keys=False)
    assert judged.exit_code == 0
    assert [line.split()[0] for line in judged.output.splitlines()] == [each.id for each in requirements()]


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


def test_reports_hold_every_requirement_and_no_secret(tmp_path: Path) -> None:
    token = "live_tokenThatNobodyMaySee0123456789"

    class Leaks(BROKEN["UrlInTheAnswer"][0]):  # type: ignore[misc]  # chosen by name
        def make(self, tenant: str, state: str, lifetime_s: int) -> object:
            session = super().make(tenant, state, lifetime_s)
            session.url = f"https://pay.example.test/setup/{token}{session.id}"
            return session

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
        for secret in (KEY, OTHER_KEY, token, "whsec_"):
            assert secret not in text


def test_a_curl_line_uses_the_variable_instead_of_the_key() -> None:
    judged = judge(BROKEN["SecondIs409"][0](), "--only", "STATE-2")
    assert "$CONFORMANCE_API_KEY" in judged.output
    assert "--only CXL-STATE-2" in judged.output


def test_a_header_of_the_users_own_goes_with_every_request() -> None:
    class Gateway(Correct):
        def cancel_request(self, request: Request, session_id: str) -> Answer:
            if request.headers.get("x-gateway") != "let-me-in":
                return Answer(502)
            return super().cancel_request(request, session_id)

    judged = judge(Gateway(), "--only", "OK", "STATE", "--header", "X-Gateway: let-me-in")
    assert judged.exit_code == 0, judged.output


def test_a_target_that_comes_up_late_is_waited_for() -> None:
    target = Correct()
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    server: list[Server] = []

    def start() -> None:
        server.append(Server(target.respond, target.clock, frozenset(), port))
        server[0].serve_forever(0.02)

    threading.Timer(1.0, start).start()
    url = f"http://127.0.0.1:{port}"
    judged = run_suite("--base-url", url, "--provider", url + "/provider", "--only", "OK", "--wait-for-target", "20")
    server[0].shutdown()
    server[0].server_close()
    assert judged.exit_code == 0, judged.output


def test_events_can_come_by_another_way_than_loopbacks_usual_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    listen, url = f"127.0.0.1:{port}", f"http://localhost:{port}"
    flags = ("--only", "HOOK-1", "--webhook-listen", listen, "--webhook-url", url)
    assert judge(Correct(), *flags, *QUICK).exit_code == 0


def test_a_seed_brings_back_what_was_left_to_chance() -> None:
    class Remembers(Correct):
        def __init__(self) -> None:
            super().__init__()
            self.keys_seen: list[str] = []

        def tenant_of_key(self, key: str) -> str | None:
            self.keys_seen.append(key)
            return super().tenant_of_key(key)

    seen = []
    for seed in ("7", "7", "8"):
        target = Remembers()
        judged = judge(target, "--only", "AUTH", "--seed", seed)
        assert f"seed {seed})" in judged.output
        seen.append(target.keys_seen)
    assert seen[0] == seen[1] != seen[2]


def test_a_dry_run_cancels_nothing_and_says_what_could_be_exercised() -> None:
    class Counts(Correct):
        requests = 0

        def cancel_request(self, request: Request, session_id: str) -> Answer:
            self.requests += 1
            return super().cancel_request(request, session_id)

    target = Counts()
    target.operations = ("read",)
    judged = judge(target, "--dry-run")
    assert judged.exit_code == 0
    assert target.requests == 0
    assert "would be exercised" in judged.output
    assert "CXL-HOOK-1    not_testable" in judged.output


def test_every_requirement_can_be_explained() -> None:
    script = "from conformance.__main__ import *; from openapi import requirements as r; "
    script += "[print(render_explanation(each)) for each in r()]"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert printed.count("  judged   ") == printed.count("conformance/scenarios/test_") == len(requirements())
    assert run_suite("explain", "RACE-4").output.startswith("CXL-RACE-4\n")


def test_nothing_of_the_users_folder_takes_part_and_nothing_is_left_there(tmp_path: Path) -> None:
    broken = "raise SystemExit('not mine')\n"
    (tmp_path / "conftest.py").write_text(broken)
    (tmp_path / "schemathesis.toml").write_text("nonsense = [")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-flag\n")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    judged = judge(Correct(), "--only", "OK", "BODY-9", "STATE-8", "NF-4", "--thorough", folder=tmp_path)
    assert judged.exit_code == 0, judged.output
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


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
