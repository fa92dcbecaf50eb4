"""Which surviving mutants `make mutants` complains of."""

from __future__ import annotations

import pytest
import yaml

from tests.mutants import LIST, Mutant, complaints, listed, mutant_of, outcomes_in

NAME = "conformance.verify.x__shown__mutmut_2"
SHOWN = f"""# {NAME}: survived
--- conformance/verify.py
+++ conformance/verify.py
@@ -1,3 +1,3 @@
 def _shown(value: Any) -> str:
     # Cut where it is shown, not here.
-    return json.dumps(value, ensure_ascii=False)
+    return json.dumps(value, ensure_ascii=None)
"""
ENTRY = {
    "function": "conformance.verify._shown",
    "change": "-  return json.dumps(value, ensure_ascii=False)\n+  return json.dumps(value, ensure_ascii=None)\n",
    "reason": "-",
}


def test_a_survivor_that_is_listed_is_no_complaint() -> None:
    assert complaints({NAME: SHOWN}, [listed(ENTRY)]) == []


def test_a_survivor_that_is_not_listed_is_shown() -> None:
    (complaint,) = complaints({NAME: SHOWN}, [])
    assert complaint.startswith("SURVIVED")
    assert SHOWN in complaint


def test_every_survivor_needs_an_entry_of_its_own() -> None:
    twin = NAME.replace("_2", "_3")
    assert len(complaints({NAME: SHOWN, twin: SHOWN}, [listed(ENTRY)])) == 2
    assert complaints({NAME: SHOWN, twin: SHOWN}, [listed(ENTRY)] * 2) == []


@pytest.mark.parametrize("other", [{"function": "conformance.verify._kind"}, {"change": "- a\n+ b\n"}])
def test_an_entry_that_explains_no_survivor_is_named(other: dict[str, str]) -> None:
    stale = listed(ENTRY | other)
    survived, unneeded = complaints({NAME: SHOWN}, [stale])
    assert survived.startswith("SURVIVED")
    assert unneeded == f"LISTED, but no such mutant survived: {stale}\n"


def test_a_method_is_named_with_its_class() -> None:
    assert mutant_of("conformance.verdict.xǁVerdictǁcount__mutmut_1", "") == Mutant(
        "conformance.verdict.Verdict.count", ()
    )


def test_the_outcomes_are_read_from_what_mutmut_prints() -> None:
    assert outcomes_in(f"    {NAME}: survived\n    a.x_b__mutmut_12: no tests\n") == {
        NAME: "survived",
        "a.x_b__mutmut_12": "no tests",
    }


@pytest.mark.parametrize("wrong", [{"reason": ""}, {"more": "-"}])
def test_an_entry_without_a_reason_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="exactly function, change and reason"):
        listed(ENTRY | wrong)


def test_the_list_can_be_read() -> None:
    entries = [listed(entry) for entry in yaml.safe_load(LIST.read_text(encoding="utf-8"))]
    assert len(set(entries)) == len(entries)
