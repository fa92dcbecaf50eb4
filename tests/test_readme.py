"""The README's commands work as they stand, and its tables are those of the code."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from conformance.baseline import load_baseline
from mock_server.settings import render_table
from tests.mock_server.running import RunningMock, running_mock

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
SHELL = [text for language, text in BLOCKS if language == "sh"]


@pytest.fixture(scope="module")
def mock() -> Iterator[RunningMock]:
    with running_mock("--webhook-schedule", "fast") as mock:
        yield mock


def run(script: str, mock: RunningMock, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run lines of the README in a shell, against a mock on another port, in an empty folder."""
    script = script.replace("http://127.0.0.1:8099", mock.url).replace(".venv/bin/python", sys.executable)
    command = ["/bin/sh", "-euc", script.replace("curl -s ", "curl -sS ")]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=folder, check=False)


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`|run: )make ([a-z-]+)", TEXT, re.MULTILINE))
    assert named
    assert named <= targets


def test_the_mocks_commands_work_in_the_order_of_the_page(mock: RunningMock, tmp_path: Path) -> None:
    script = "\n".join(block for block in SHELL if "curl" in block)
    ended = run(script, mock, tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert '"status":"cancelled"' in ended.stdout
    assert '"kind":"session_expired"' in ended.stdout
    assert "503 Service Unavailable" in ended.stdout
    assert "mock-quirk: unavailable" in ended.stdout.lower()
    assert '"error_code"' in ended.stdout
    assert "Internal" not in ended.stdout


def test_the_suites_command_ends_conformant(mock: RunningMock, tmp_path: Path) -> None:
    script = next(block for block in SHELL if "python -m conformance" in block)
    ended = run(script, mock, tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (tmp_path / "report" / "report.json").exists()


def test_the_settings_table_is_the_codes_own() -> None:
    written = re.search(r"<!-- settings -->\n(.*?)\n<!-- /settings -->", TEXT, re.DOTALL)
    assert written is not None
    assert written[1] == render_table(), "paste what `python -m mock_server settings` prints"


def test_the_yaml_examples_can_be_read(tmp_path: Path) -> None:
    baseline, workflow = (text for language, text in BLOCKS if language == "yaml")
    (tmp_path / "baseline.yaml").write_text(baseline)
    assert load_baseline(tmp_path / "baseline.yaml")
    assert "make conformance" in yaml.safe_load(workflow)[0]["run"]


def test_every_linked_file_exists() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", TEXT):
        assert (ROOT / target).exists(), target
