"""Rounds of one mock on one file: restart, check what the last kill has left, work, kill."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL, SIGUSR1, SIGXFSZ

import httpx2

from tests.crash.driver import AT_THE_START, IN_THE_CANCEL, IN_THE_DELIVERY, Plan
from tests.crash.parties import Bystander, Party
from tests.mock_server.running import LONGEST_S, ROOT, RunningMock, environment, eventually

ANY_MOMENT = "any-moment"
POINTS = (*AT_THE_START, *IN_THE_CANCEL, *IN_THE_DELIVERY, ANY_MOMENT)
# Shorter than it takes a delivery to die on the fast schedule: all must arrive in the end.
LONGEST_WORK_S = 20.0
SETTLE_S = 10.0
# The tables of a new file are larger; so the limit always strikes while they are written.
LARGEST_UNFINISHED = 60_000
# About what the frames of one or two cancels need.
LARGEST_TEAR = 60_000


class NotStartedError(Exception):
    """The mock did not come up again; the message is its last words."""


@dataclass
class Tally:
    """What the rounds were, and what they have found."""

    kills: Counter[str] = field(default_factory=Counter)
    found_cancelled: Counter[str] = field(default_factory=Counter)
    found_pending: Counter[str] = field(default_factory=Counter)
    sent_again: Counter[str] = field(default_factory=Counter)
    cancels_answered: int = 0
    events: int = 0
    findings: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count those in."""
        self.kills += other.kills
        self.found_cancelled += other.found_cancelled
        self.found_pending += other.found_pending
        self.sent_again += other.sent_again
        self.cancels_answered += other.cancels_answered
        self.events += other.events
        self.findings += other.findings


def play(points: Sequence[str], seed: str, *, sabotage: str = "", settle_s: float = SETTLE_S) -> Tally:
    """One kill at each point, all on one file, and a last start that delivers what was left waiting."""
    with ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        world = stack.enter_context(closing(World(Path(directory), seed, sabotage, settle_s)))
        try:
            for point in points:
                world.play_round(point)
                if world.tally.findings:
                    break
            else:
                world.end()
        except NotStartedError as error:
            world.find(f"it did not start again: {error}")
        except (httpx2.TransportError, AssertionError) as error:
            world.find(f"it could not be checked: {type(error).__name__} {error}")
        return world.tally


class World:
    """One file, three tenants, and the mocks that come and go."""

    def __init__(self, directory: Path, seed: str, sabotage: str, settle_s: float) -> None:
        self.tally = Tally()
        self._database = directory / "mock.db"
        self._random = random.Random(seed)
        self._seed = seed
        self._sabotage = sabotage
        self._settle_s = settle_s
        self._point = "nothing"
        # The flaky one's receiver is down while the clients work.
        self._steady, self._flaky, self._bystander = Party("steady"), Party("flaky"), Bystander()

    def close(self) -> None:
        """Close the receivers."""
        for party in (self._steady, self._flaky, self._bystander):
            party.receiver.close()

    def find(self, what: str) -> None:
        """Something is wrong."""
        self.tally.findings.append(f"file {self._seed}, after the kill at {self._point}: {what}")

    def play_round(self, point: str) -> None:
        """From one kill to the next. Raises `NotStartedError`."""
        with self._started(self._plan(point)) as mock:
            if point in AT_THE_START:
                self._await_end(mock, LONGEST_S)
            else:
                _await_greeting(mock)
                self._check(mock)
                self._work(mock, point)
            if '"failure"' in mock.stderr() or "Traceback" in mock.stderr():
                self.find(f"the mock has logged a failure: {mock.stderr()[-500:]}")
        self._point = point
        self.tally.kills[point] += 1
        self._verify_file()

    def end(self) -> None:
        """A start without a kill. Raises `NotStartedError`."""
        with self._started(Plan(str(self._database), sabotage=self._sabotage)) as mock:
            _await_greeting(mock)
            self._check(mock)
            if not self.tally.findings:
                # Once more, for what the first check has asked again.
                self._check(mock)
                for finding in self._bystander.disagreements_once_due(mock):
                    self.find(f"{self._bystander.name}: {finding}")
        for party in (self._steady, self._flaky):
            self.tally.cancels_answered += len(party.ledger.cancelled)
            self.tally.events += party.events

    def _plan(self, point: str) -> Plan:
        draw = self._random
        return Plan(
            database=str(self._database),
            point=point,
            nth=draw.randint(1, 6 if point in IN_THE_DELIVERY else 12),
            offset=draw.randint(1, LARGEST_UNFINISHED if point == "while-creating" else LARGEST_TEAR),
            # From half a millisecond to half a second, the short ones as often as the long ones.
            delay_s=0.0005 * 1000 ** draw.random(),
            sabotage=self._sabotage,
        )

    @contextmanager
    def _started(self, plan: Plan) -> Iterator[RunningMock]:
        with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
            arguments = [sys.executable, "-m", "tests.crash.driver", plan.as_argument()]
            process = subprocess.Popen(arguments, cwd=ROOT, env=environment(), stdout=out, stderr=err)
            try:
                yield RunningMock(process, out, err)
            finally:
                process.kill()
                process.wait()

    def _check(self, mock: RunningMock) -> None:
        """What the mock shows is what clients and receivers have seen; then ask again where no answer came."""
        for party in (self._steady, self._flaky):
            for finding in party.disagreements(mock, self._settle_s):
                self.find(f"{party.name}: {finding}")
            self.tally.found_cancelled[self._point] += party.found["cancelled"]
            self.tally.found_pending[self._point] += party.found["pending"]
            self.tally.sent_again[self._point] += party.sent_again
        for finding in self._bystander.disagreements(mock):
            self.find(f"{self._bystander.name}: {finding}")

    def _work(self, mock: RunningMock, point: str) -> None:
        """Clients create and cancel until the mock is dead."""
        self._flaky.receiver.status = 503
        before = len(self._flaky.receiver.arrived)
        mock.process.send_signal(SIGUSR1)
        clients = [
            threading.Thread(target=party.work, args=(mock, random.Random(f"{self._seed}|{number}|{self._point}")))
            for number, party in enumerate((self._steady, self._steady, self._flaky))
        ]
        for client in clients:
            client.start()
        if point == ANY_MOMENT:
            time.sleep(self._random.uniform(0, 0.3))
            mock.process.kill()
        self._await_end(mock, LONGEST_WORK_S)
        for client in clients:
            client.join()
        self._flaky.turn_away(before)

    def _await_end(self, mock: RunningMock, longest_s: float) -> None:
        with suppress(subprocess.TimeoutExpired):
            code = mock.process.wait(longest_s)
            if code not in {-SIGKILL, -SIGXFSZ}:
                self.find(f"it ended by itself, with {code}: {mock.stderr()[-500:]}")
            return
        mock.process.kill()
        self.find("the next fault point was never reached")

    def _verify_file(self) -> None:
        """SQLite itself finds nothing wrong: in a copy, so that the next mock has to recover the file by itself."""
        with tempfile.TemporaryDirectory() as directory:
            for file in self._database.parent.iterdir():
                shutil.copy(file, directory)
            with closing(sqlite3.connect(Path(directory) / self._database.name)) as connection:
                (says,) = connection.execute("PRAGMA integrity_check").fetchone()
        if says != "ok":
            self.find(f"the file is damaged: {says}")


def _await_greeting(mock: RunningMock) -> None:
    eventually(lambda: "\n" in mock.stdout() or mock.process.poll() is not None, LONGEST_S)
    first = mock.stdout().partition("\n")[0]
    if not first.startswith("Listening on "):
        raise NotStartedError(f"exit {mock.process.poll()}, {mock.stderr().strip()[-500:]}")
    mock.url = first.removeprefix("Listening on ")
