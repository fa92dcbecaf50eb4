"""`python -m tests.mutants`: the tests' proof of themselves, where judgement is made.

mutmut changes the rules of judgement in one small thing at a time, and the tests must notice each change. In which
modules and with which tests is said in pyproject.toml. A mutant that no test can tell from the original stands in
mutants.yaml with the reason. Exit 0 when every mutant is killed or listed and every listed one survived, else 1.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

MUTMUT = Path(sys.executable).with_name("mutmut")
LIST = Path(__file__).with_suffix(".yaml")
# A hung mutant is one that the tests have noticed.
KILLED = frozenset({"killed", "timeout"})
# More would make the slowest mutants look hung on a small machine.
AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mutant by its function and the changed lines as a diff has them, however far they are indented."""

    function: str
    change: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([self.function, *(f"    {line}" for line in self.change)])


def main() -> int:
    """Try every mutant; returns the exit code."""
    # mutmut would keep what it found before, even where a test has changed since.
    shutil.rmtree("mutants", ignore_errors=True)
    # Its progress is a line that is written over: nothing for a log.
    shown = None if sys.stdout.isatty() else subprocess.DEVNULL
    ended = subprocess.run([MUTMUT, "run", "--max-children", str(AT_ONCE)], stdout=shown, check=False)
    if ended.returncode:
        return 1
    outcomes = outcomes_in(output("results", "--all", "true"))
    survivors = {name: output("show", name) for name, outcome in outcomes.items() if outcome not in KILLED}
    lines = complaints(survivors, [listed(entry) for entry in yaml.safe_load(LIST.read_text(encoding="utf-8"))])
    told = f"{len(outcomes)} mutants: {len(outcomes) - len(survivors)} killed, {len(survivors)} survived"
    print("\n".join([*lines, f"{told}, {'NOT ' if lines else ''}all as {LIST.name} says"]))
    return 1 if lines else 0


def output(*arguments: str) -> str:
    """What a command of mutmut prints."""
    return subprocess.run([MUTMUT, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def outcomes_in(results: str) -> dict[str, str]:
    """What became of each mutant, by mutmut's name for it."""
    return dict(re.findall(r"^ *(\S+__mutmut_\d+): (.+)$", results, re.MULTILINE))


def complaints(survivors: Mapping[str, str], explained: Iterable[Mutant]) -> list[str]:
    """What is wrong: survivors (mutmut's names, with what it shows of them) that are not listed, and the reverse."""
    shown = {name: (mutant_of(name, text), text) for name, text in survivors.items()}
    survived, expected = Counter(mutant for mutant, _ in shown.values()), Counter(explained)
    missed = survived - expected
    return [
        *(f"SURVIVED, and no reason is listed: {text}" for mutant, text in shown.values() if mutant in missed),
        *(f"LISTED, but no such mutant survived: {mutant}\n" for mutant in expected - survived),
    ]


def mutant_of(name: str, shown: str) -> Mutant:
    """The mutant of that name (`module.x_function__mutmut_1`, of a method `module.xǁClassǁmethod__mutmut_1`)."""
    function = re.sub(r"\.x[_ǁ](.+)__mutmut_\d+$", r".\1", name).replace("ǁ", ".")
    return Mutant(function, changed(line for line in shown.splitlines() if not line.startswith(("---", "+++"))))


def listed(entry: Mapping[str, Any]) -> Mutant:
    """The mutant that an entry of the list explains. Raises `ValueError` when it gives no reason."""
    if set(entry) != {"function", "change", "reason"} or not entry["reason"]:
        raise ValueError(f"{LIST.name}: an entry has exactly function, change and reason: {entry}")
    return Mutant(entry["function"], changed(entry["change"].splitlines()))


def changed(diff: Iterable[str]) -> tuple[str, ...]:
    """The lines that a diff takes away and adds, without their indentation."""
    return tuple(f"{line[0]} {line[1:].strip()}" for line in diff if line.startswith(("-", "+")))


if __name__ == "__main__":
    sys.exit(main())
