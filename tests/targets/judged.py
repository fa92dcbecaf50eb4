"""Have the suite judge an implementation, as a user would: the command, its exit code, its report."""

from __future__ import annotations

import json
import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.targets.correct import KEY, OTHER_KEY, Correct
from tests.targets.wire import serving

# Loopback is quick: what has not arrived after this long will not arrive.
QUICK = ("--webhook-timeout", "3")
LONGEST_S = 120
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(
    [f"conformance.{each}" for each in ("check_provider.checking", "generated", "inputs", "report.html", "run")]
)

Run = Callable[[list[str], dict[str, str], Path], tuple[int, str]]


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
        return _judged(_fork, "--base-url", url + implementation.prefix, *provider, *flags, keys=keys, folder=folder)


def run_suite(*flags: str, keys: bool = True, report: Path | None = None, folder: Path | None = None) -> Judged:
    """`python -m conformance` with these flags, in an empty folder unless one is given; it reports to `report`."""
    return _judged(_start, *flags, keys=keys, report=report, folder=folder)


def _judged(run: Run, *flags: str, keys: bool = True, report: Path | None = None, folder: Path | None = None) -> Judged:
    ours = ("CONFORMANCE_", "GITHUB_STEP_SUMMARY")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    if keys:
        environment |= {"CONFORMANCE_API_KEY": KEY, "CONFORMANCE_OTHER_API_KEY": OTHER_KEY}
    with tempfile.TemporaryDirectory() as empty:
        report = report or Path(empty) / "report"
        exit_code, output = run([*flags, "--report-dir", str(report)], environment, folder or Path(empty))
        written = report / "report.json"
        findings = json.loads(written.read_text())["requirements"] if written.exists() else []
    return Judged(exit_code, {each["id"]: each for each in findings}, output)


def _start(arguments: list[str], environment: dict[str, str], folder: Path) -> tuple[int, str]:
    """As a user does, in a new process."""
    command = [sys.executable, "-m", "conformance", *arguments]
    ended = subprocess.run(
        command, capture_output=True, text=True, timeout=LONGEST_S, env=environment, cwd=folder, check=False
    )
    return ended.returncode, ended.stdout + ended.stderr


def _fork(arguments: list[str], environment: dict[str, str], folder: Path) -> tuple[int, str]:
    """The same in the fork of a process that has everything imported, which takes half of a short run's time."""
    with tempfile.TemporaryDirectory() as kept:
        outputs = [Path(kept) / "stdout", Path(kept) / "stderr"]
        process = FORKED.Process(target=_forked, args=(arguments, environment, folder, *outputs))
        process.start()
        process.join(LONGEST_S)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"{arguments} took longer than {LONGEST_S} s")
        return process.exitcode, "".join(output.read_text(encoding="utf-8") for output in outputs)


def _forked(arguments: list[str], environment: dict[str, str], folder: Path, stdout: Path, stderr: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    with stdout.open("w", encoding="utf-8") as out, stderr.open("w", encoding="utf-8") as err:
        sys.stdout, sys.stderr = out, err
        sys.argv = ["conformance", *arguments]
        try:
            runpy.run_module("conformance", run_name="__main__")
        finally:
            sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
