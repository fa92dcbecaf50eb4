"""`report.schema.json` describes what a run writes, all of it, and nothing else."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from conformance import report
from conformance.outcomes import Outcome, Reason
from conformance.report.json_report import render_json
from conformance.verdict import WORDS, ExitCode, decide
from tests.conformance.exchanges import answer
from tests.conformance.reported import TARGET, everything, failed, masker
from tests.targets.correct import Correct
from tests.targets.defects import BROKEN
from tests.targets.faults import FAULTS
from tests.targets.judged import QUICK, run_suite
from tests.targets.wire import serving


@cache
def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((Path(report.__path__[0]) / "report.schema.json").read_text(encoding="utf-8"))
    return loaded


def closed(node: Any) -> Any:
    """The schema without room for fields that it does not name."""
    if isinstance(node, list):
        return [closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    changed = {name: closed(each) for name, each in node.items()}
    return changed | ({"additionalProperties": False} if "properties" in node and "required" in node else {})


def validate(text: str) -> None:
    jsonschema_rs.Draft202012Validator(closed(schema())).validate(json.loads(text))


@pytest.mark.parametrize(
    ("implementation", "exit_code", "flags"),
    [
        pytest.param(Correct, 0, ("--only", "OK", "EXP", "RACE", "HOOK"), id="correct"),
        pytest.param(BROKEN["SecondIs409"][0], 1, ("--only", "STATE"), id="defect"),
        pytest.param(FAULTS["FailsAtCompleted"][0], 3, ("--only", "STATE"), id="fault"),
        pytest.param(FAULTS["NoCapabilities"][0], 4, ("--only", "OK"), id="no verdict"),
    ],
)
def test_the_schema_describes_what_a_run_writes(
    implementation: type[Correct], exit_code: int, flags: tuple[str, ...], tmp_path: Path
) -> None:
    served = implementation()
    with serving(served.respond, served.clock) as url:
        judged = run_suite("--base-url", url, "--provider", url + "/provider", *QUICK, *flags, report=tmp_path)
    assert judged.exit_code == exit_code, judged.output
    validate((tmp_path / "report.json").read_text(encoding="utf-8"))


def test_the_schema_is_one_and_its_lists_are_the_suites_own() -> None:
    jsonschema_rs.meta.validate(schema())
    requirement = schema()["$defs"]["requirement"]["properties"]
    assert requirement["outcome"]["enum"] == list(Outcome)
    assert requirement["reason"]["enum"] == list(Reason)
    assert schema()["properties"]["verdict"]["enum"] == list(WORDS.values())
    assert schema()["properties"]["exit_code"]["enum"] == list(WORDS)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"verdict": "conformant"},
        {"exit_code": ExitCode.INTERRUPTED},
        {"requirements": [{"id": "CXL-OK-1"}]},
        {"notes": None},
    ],
)
def test_the_schema_refuses_what_is_no_report(change: dict[str, Any]) -> None:
    written = json.loads(render_json(decide([failed(answer(status=409))]), TARGET, masker(), 1.5, seed=7))
    validate(json.dumps(written))
    with pytest.raises(jsonschema_rs.ValidationError):
        validate(json.dumps(written | change))


def test_every_outcome_and_reason_is_within_the_schema() -> None:
    validate(render_json(everything(), TARGET, masker(), 1.5, seed=7))
