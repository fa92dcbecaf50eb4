"""The mock as its command runs it, in a process that ends itself at a fault point: `python -m tests.crash.driver PLAN`.

The product has no hooks for this: its methods are wrapped here, from outside, before its own command is called.
"""

from __future__ import annotations

import functools
import json
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mock_server import store
from mock_server.__main__ import main
from mock_server.outbox import Outbox
from mock_server.posting import Poster
from mock_server.store import Store
from tests.crash.sabotage import SABOTAGES

# In the cancel's transaction; between claim and record of a delivery; at the start.
IN_THE_CANCEL = ("before-commit", "mid-commit", "after-commit")
IN_THE_DELIVERY = ("after-claim", "after-send", "before-marking-delivered")
AT_THE_START = ("while-creating", "while-recovering")
Watch = Callable[..., None]
WAL_HEADER, WAL_FRAME = 32, 24 + 4096


@dataclass(frozen=True)
class Plan:
    """Where the process is to end: at the `nth` time it comes by the `point`, counted from SIGUSR1 on.

    `offset` is how many bytes a file may still grow before the write that crosses it is torn; `delay_s` is counted
    from the opening of the file.
    """

    database: str
    point: str = ""
    nth: int = 1
    offset: int = 0
    delay_s: float = 0.0
    sabotage: str = ""

    def as_argument(self) -> str:
        """The plan on a command line."""
        return json.dumps(asdict(self))


class Fault:
    """Ends this process as `kill -9` would: nothing is flushed, closed or said."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._left = plan.nth
        self._is_armed = False
        signal.signal(signal.SIGUSR1, self._arm)

    def _arm(self, *_: object) -> None:
        self._is_armed = True

    def lay(self) -> None:
        """Wrap what the point is about."""
        match self._plan.point:
            case "before-commit":
                # The last write of the transaction: session, event and delivery are all there, and not committed.
                _wrap(Outbox, "deliver", after=self._ended_by)
            case "mid-commit":
                _wrap(Store, "change", before=self._torn_by)
            case "after-commit":
                _wrap(Store, "change", after=self._ended_by)
            case "after-claim":
                _wrap(Outbox, "claim", after=self._ended_by)
            case "after-send":
                _wrap_posts(self._ended_by)
            case "before-marking-delivered":
                _wrap(Outbox, "record_attempt", before=lambda *call: self._ended_by(call[-1] == "delivered"))
            case "while-creating":
                _wrap(store, "open_database", before=lambda _: tear_writes_at(self._plan.offset))
            case "while-recovering":
                _wrap(store, "open_database", before=self._ended_later)

    def _is_reached(self) -> bool:
        self._left -= self._is_armed
        return self._is_armed and self._left == 0

    def _ended_by(self, result: Any) -> None:
        if result and self._is_reached():
            end()

    def _torn_by(self, *_: object) -> None:
        if self._is_reached():
            tear_writes_at(end_of(Path(self._plan.database + "-wal")) + self._plan.offset)

    def _ended_later(self, *_: object) -> None:
        threading.Timer(self._plan.delay_s, end).start()


def end() -> None:
    """Kill this process."""
    os.kill(os.getpid(), signal.SIGKILL)


def tear_writes_at(size: int) -> None:
    """From now on the write that would make any file larger stops there, and the kernel ends the process."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def end_of(wal: Path) -> int:
    """Where the next frame goes. SQLite begins a WAL anew under another salt, and leaves the old frames behind it."""
    content = wal.read_bytes()
    at = WAL_HEADER
    while at < len(content) and content[at + 8 : at + 16] == content[16:24]:
        at += WAL_FRAME
    return at


def _nothing(*_: object) -> None:
    """No fault on this side."""


def _wrap(
    owner: Any, name: str, *, before: Callable[..., None] = _nothing, after: Callable[..., None] = _nothing
) -> None:
    """`before` gets the arguments, `after` what was returned."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*arguments: Any, **more: Any) -> Any:
        before(*arguments)
        result = original(*arguments, **more)
        after(result)
        return result

    setattr(owner, name, wrapped)


def _wrap_posts(after: Callable[[Any], None]) -> None:
    original = Poster.post

    async def post(self: Poster, url: str, signature: dict[str, str], body: bytes) -> Any:
        sent = await original(self, url, signature, body)
        after(sent.is_success)
        return sent

    setattr(Poster, "post", post)  # noqa: B010 - mypy lets nobody assign to a method, and is right


if __name__ == "__main__":
    plan = Plan(**json.loads(sys.argv[1]))
    if plan.sabotage:
        SABOTAGES[plan.sabotage]()
    Fault(plan).lay()
    sys.exit(main(["--port", "0", "--database", plan.database, "--webhook-schedule", "fast"]))
