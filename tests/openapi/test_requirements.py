"""The catalogue: every promise has its place, and every place of the page its promise."""

from __future__ import annotations

import re

import pytest

from conformance.providers import OPERATIONS, STATES
from conformance.run import SCENARIOS
from openapi import Requirement, requirements

AREAS = ("OK", "BODY", "STATE", "EXP", "AUTH", "NF", "ERR", "HOOK", "RACE", "SAFE")


@pytest.mark.parametrize("requirement", requirements(), ids=lambda requirement: requirement.id)
def test_a_requirement_is_complete(requirement: Requirement) -> None:
    assert re.fullmatch(r"CXL-[A-Z]+-\d+", requirement.id)
    assert requirement.area in AREAS
    assert requirement.level in {"MUST", "SHOULD"}
    assert requirement.basis in set("SDVCA")
    assert requirement.statement.endswith(".")
    assert requirement.place
    assert set(requirement.states) <= STATES
    assert set(requirement.operations) <= OPERATIONS


def test_only_what_the_page_states_or_implies_is_a_must() -> None:
    assert {r.id for r in requirements() if r.level == "MUST" and r.basis not in {"S", "D"}} == set()


def test_ids_are_unique_and_numbered_without_gaps() -> None:
    for area in AREAS:
        numbers = [int(r.id.split("-")[2]) for r in requirements() if r.area == area]
        assert sorted(numbers) == list(range(1, len(numbers) + 1))
        assert numbers


def test_every_requirement_has_one_scenario_in_the_file_of_its_area() -> None:
    marked = {
        (requirement_id, path.stem.removeprefix("test_").upper())
        for path in SCENARIOS.glob("test_*.py")
        for requirement_id in re.findall(r'mark\.requirement\("([^"]+)"\)', path.read_text(encoding="utf-8"))
    }
    assert marked == {(requirement.id, requirement.area) for requirement in requirements()}


def test_every_documented_status_and_code_is_promised() -> None:
    statements = " ".join(requirement.statement for requirement in requirements())
    for word in ("200", "400", "403", "404", "session_not_pending", "session_expired", "payment.session.cancelled"):
        assert word in statements
