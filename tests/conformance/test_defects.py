"""Every defect is noticed: the suite exits 1, and the requirement that the defect names is among the failed."""

import pytest

from openapi import requirements
from tests.targets.correct import Correct
from tests.targets.defects import BROKEN
from tests.targets.judged import QUICK, judge


@pytest.mark.parametrize("name", BROKEN)
def test_a_defect_fails_the_requirement_it_names(name: str) -> None:
    implementation, requirement_id, areas = BROKEN[name]
    judged = judge(implementation(), "--only", *areas, "OK", *QUICK)
    assert judged.exit_code == 1, judged.output
    assert requirement_id in judged.having("fail", "MUST"), judged.output


def test_the_implementation_they_all_derive_from_is_conformant() -> None:
    judged = judge(Correct(), *QUICK)
    assert judged.exit_code == 0, judged.output
    assert judged.having("pass") == {requirement.id for requirement in requirements()}


def test_every_must_has_a_defect_that_fails_it() -> None:
    musts = {requirement.id for requirement in requirements() if requirement.level == "MUST"}
    assert musts - {broken.requirement_id for broken in BROKEN.values()} == set()
