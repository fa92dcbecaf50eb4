"""Have the suite judge an implementation, as a user would: the command, its exit code, its report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.targets.correct import KEY, OTHER_KEY, Correct
from tests.targets.wire import serving

# Loopback is quick: what has not arrived after this long will not arrive.
QUICK = ("--webhook-timeout", "3")


@dataclass(frozen=True, slots=True)
class Judged:
    """`findings` are the report's entries by id; empty when the run ended before there was a report."""

    exit_code: int
    findings: dict[str, Any]
    output: str

    def having(self, outcome: str, level: str = "") -> set[str]:
        """The ids with this outcome."""
        return {
            requirement_id
            for requirement_id, finding in self.findings.items()
            if finding["outcome"] == outcome and level in ("", finding["level"])
        }


def judge(implementation: Correct, *flags: str, keys: bool = True, folder: Path | None = None) -> Judged:
    """Serve the implementation and run the suite against it and its provider."""
    with serving(implementation.respond, implementation.clock, implementation.left_out) as url:
        provider = ("--provider", url + implementation.prefix + "/provider")
        return run_suite("--base-url", url + implementation.prefix, *provider, *flags, keys=keys, folder=folder)


def run_suite(*flags: str, keys: bool = True, report: Path | None = None, folder: Path | None = None) -> Judged:
    """`python -m conformance` with these flags, in an empty folder unless one is given; it reports to `report`."""
    ours = ("CONFORMANCE_", "GITHUB_STEP_SUMMARY")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    if keys:
        environment |= {"CONFORMANCE_API_KEY": KEY, "CONFORMANCE_OTHER_API_KEY": OTHER_KEY}
    with tempfile.TemporaryDirectory() as empty:
        report = report or Path(empty) / "report"
        command = [sys.executable, "-m", "conformance", *flags, "--report-dir", str(report)]
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=120, env=environment, cwd=folder or empty, check=False
        )
        written = report / "report.json"
        findings = json.loads(written.read_text())["requirements"] if written.exists() else []
    return Judged(ended.returncode, {each["id"]: each for each in findings}, ended.stdout + ended.stderr)
