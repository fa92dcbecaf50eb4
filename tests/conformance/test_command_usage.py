"""The command's usage: one clear line for what is wrong with it, the list, the explanations."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from openapi import requirements
from tests.targets.judged import run_suite

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


def test_every_requirement_can_be_explained() -> None:
    script = "from conformance.__main__ import *; from openapi import requirements as r; "
    script += "[print(render_explanation(each)) for each in r()]"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert printed.count("  judged   ") == printed.count("conformance/scenarios/test_") == len(requirements())
    assert run_suite("explain", "RACE-4").output.startswith("CXL-RACE-4\n")
