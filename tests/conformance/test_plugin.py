"""In which order a run goes through its scenarios and through what they leave for later."""

from __future__ import annotations

from typing import Any, cast

import pytest

from conformance.client import Client
from conformance.masking import Masker
from conformance.outcomes import NotTestable, Outcome, Reason
from conformance.plugin import ConformancePlugin, Workbench
from conformance.providers import STATES, Capabilities
from conformance.target import Target
from openapi import requirements

pytest_plugins = ["pytester"]

SCENARIOS = """
import pytest

@pytest.mark.requirement("CXL-OK-1")
def test_the_first(stage, at_the_end):
    stage.append("OK-1")
    at_the_end(lambda: stage.append("OK-1, at the end"))

@pytest.mark.requirement("CXL-OK-2")
def test_one_that_must_wait(stage, after_a_while):
    stage.append("OK-2")
    after_a_while(lambda: stage.append("OK-2, when it is due"), 0.0)

@pytest.mark.requirement("CXL-OK-3")
def test_one_that_comes_last(stage, after_a_while):
    stage.append("OK-3")
    after_a_while(lambda: stage.append("OK-3, last"), float("inf"))
    after_a_while(lambda: stage.append("OK-3, a moment later"), 0.05)

@pytest.mark.requirement("CXL-OK-4")
def test_another(stage):
    stage.append("OK-4")
    1 / 0
"""


@pytest.fixture
def bench() -> Workbench:
    """With a list for a stage, where the scenarios write down what they do."""
    client = Client(Target("http://127.0.0.1:9", "t9k_test_one"), Masker())
    no_webhooks = NotTestable(Reason.OPERATION_NOT_OFFERED, "there are none here")
    return Workbench(
        client, cast("Any", []), Capabilities(STATES), no_webhooks, thorough=False, progress=lambda _: None
    )


def run_scenarios(pytester: pytest.Pytester, bench: Workbench) -> list[str]:
    """What the four have done, in order."""
    pytester.makepyfile(SCENARIOS)
    selected = tuple(requirement for requirement in requirements() if requirement.area == "OK")[:4]
    pytester.inline_run("-p", "no:terminal", plugins=[ConformancePlugin(bench, selected)])
    return cast("list[str]", bench.stage)


def test_what_must_wait_begins_first_and_is_gone_on_with_between_the_others(
    pytester: pytest.Pytester, bench: Workbench
) -> None:
    assert run_scenarios(pytester, bench) == [
        "OK-2",
        "OK-2, when it is due",
        "OK-3",
        "OK-1",
        "OK-4",
        "OK-3, a moment later",
        "OK-3, last",
        "OK-1, at the end",
    ]


def test_what_a_scenario_raises_is_its_finding_and_no_other_suffers(
    pytester: pytest.Pytester, bench: Workbench
) -> None:
    run_scenarios(pytester, bench)
    outcomes = {requirement_id: finding.outcome for requirement_id, finding in bench.findings.items()}
    expected = dict.fromkeys(("CXL-OK-1", "CXL-OK-2", "CXL-OK-3"), Outcome.PASS)
    assert outcomes == expected | {"CXL-OK-4": Outcome.HARNESS_ERROR}
