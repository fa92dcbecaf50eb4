"""`python -m tests.crash`: kill the mock again and again, and say whether anything was lost, halved or doubled.

Exit codes: 0 nothing was, 1 something was, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.crash.driver import AT_THE_START, IN_THE_CANCEL, IN_THE_DELIVERY
from tests.crash.loop import ANY_MOMENT, POINTS, Tally, play


def main(arguments: list[str] | None = None) -> int:
    """Play the rounds and print what they were; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description="Kill the mock and check what is left.")
    parser.add_argument("--rounds", type=int, default=300, metavar="N", help="kills (default 300)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the draws (default 0)")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    started = time.monotonic()
    tally = Tally()
    for number, played in enumerate(_played(options.rounds, options.seed), 1):
        tally.add(played)
        print(f"file {number}: {played.kills.total()} kills, {len(played.findings)} findings", flush=True)
    print(render(tally))
    print(verdict_on(tally, time.monotonic() - started))
    return 1 if tally.findings else 0


def chains(rounds: int, seed: int) -> Iterator[list[str]]:
    """The points of each file: its creation, every named point and some random moments, in any order."""
    draw = random.Random(seed)
    first, *rest = AT_THE_START
    while rounds > 0:
        points = [*rest, *IN_THE_CANCEL, *IN_THE_DELIVERY, *[ANY_MOMENT] * 4]
        draw.shuffle(points)
        yield [first, *points][:rounds]
        rounds -= 1 + len(points)


def render(tally: Tally) -> str:
    """The figures, a line for each point."""
    lines = [f"{'killed at':24}{'kills':>7}{'cancels without an answer, found':>36}{'events':>13}"]
    lines += [f"{'':31}{'cancelled':>26}{'pending':>10}{'sent again':>13}"]
    for point in POINTS:
        counts = (each[point] for each in (tally.kills, tally.found_cancelled, tally.found_pending, tally.sent_again))
        lines.append("{:24}{:7}{:26}{:10}{:13}".format(point, *counts))
    return "\n".join(lines)


def verdict_on(tally: Tally, took_s: float) -> str:
    """The findings, if any, and the verdict in the last line."""
    figures = f"{tally.kills.total()} kills, {tally.cancels_answered} cancels answered, {tally.events} events"
    verdict = f"FAILED, {len(tally.findings)} findings" if tally.findings else "nothing lost, halved or doubled"
    return "\n".join([*tally.findings, f"crash: {verdict}: {figures}, {took_s:.0f} s"])


def _played(rounds: int, seed: int) -> Iterator[Tally]:
    """Every chain's tally, as they end; each in a process of its own, for its clients need one."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        tasks = [pool.submit(play, points, f"{seed}-{number}") for number, points in enumerate(chains(rounds, seed))]
        for task in as_completed(tasks):
            yield task.result()


if __name__ == "__main__":
    sys.exit(main())
