"""`python -m tests.targets.proof [--seeds N …] [--page FILE]`: the suite's proof of itself, as three matrices.

Every defect must fail the requirement it names (exit 1), no lawful variant may have a failed MUST, no harness fault may
pass or fail. Exit 0 when all of it holds for every seed, else 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.targets.correct import Correct
from tests.targets.defects import BROKEN
from tests.targets.faults import FAULTS
from tests.targets.judged import QUICK, Judged, judge
from tests.targets.variants import lawful

# Runs mostly wait.
AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Row:
    """One implementation: what is expected of its runs, how to run it, and what makes a run right."""

    matrix: str
    name: str
    expected: str
    implementation: type[Correct]
    flags: tuple[str, ...]
    is_right: Callable[[Judged], bool]


def rows() -> Iterable[Row]:
    """All of them."""
    for name, (implementation, requirement_id, _) in BROKEN.items():

        def is_killed(judged: Judged, requirement_id: str = requirement_id) -> bool:
            return judged.exit_code == 1 and requirement_id in judged.having("fail", "MUST")

        yield Row("Defects", name, f"fails {requirement_id}", implementation, (), is_killed)
    for name, implementation in lawful().items():
        yield Row(
            "Lawful variants", name, "no failed MUST", implementation, (), lambda judged: judged.exit_code in {0, 3}
        )
    for name, (implementation, code, flags) in FAULTS.items():

        def is_neither(judged: Judged, code: int = code) -> bool:
            return judged.exit_code == code and not judged.having("fail")

        yield Row("Harness faults", name, f"exit {code}", implementation, flags, is_neither)


def main(arguments: list[str] | None = None) -> int:
    """Run every row for every seed; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.targets.proof", description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3], metavar="N", help="default 1 2 3")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write the matrices there as Markdown too")
    options = parser.parse_args(arguments)
    lines: list[str] = []
    wrong = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        everything = list(rows())
        for matrix in dict.fromkeys(row.matrix for row in everything):
            chosen = [row for row in everything if row.matrix == matrix]
            runs = [(row, seed) for row in chosen for seed in options.seeds]
            results = list(pool.map(lambda run: run[0].is_right(played(*run)), runs))
            missed = results.count(False)
            wrong += missed
            verdict = "all as they must be" if not missed else f"{missed} WRONG"
            told = [f"## {matrix}: {len(chosen)} x {len(options.seeds)} seeds, {verdict}", ""]
            told += ["| implementation | must | " + " | ".join(f"seed {seed}" for seed in options.seeds) + " |"]
            told += ["|---|---|" + "---|" * len(options.seeds)]
            for number, row in enumerate(chosen):
                cells = results[number * len(options.seeds) : (number + 1) * len(options.seeds)]
                told += [
                    f"| {row.name} | {row.expected} | " + " | ".join("ok" if cell else "WRONG" for cell in cells) + " |"
                ]
            print("\n".join(told), flush=True)
            lines += [*told, ""]
    if options.page is not None:
        options.page.write_text("# Proof of the suite\n\n" + "\n".join(lines), encoding="utf-8")
    return 1 if wrong else 0


def played(row: Row, seed: int) -> Judged:
    """One whole run."""
    return judge(row.implementation(), *QUICK, *row.flags, "--seed", str(seed))


if __name__ == "__main__":
    sys.exit(main())
