"""The tenants of one mock: those whose clients work, and one whose events are not due yet."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx2

from tests.crash.ledger import Ledger, Shown, disagreements
from tests.mock_server.receiving import Arrival, Receiver
from tests.mock_server.running import Caller, RunningMock, eventually, fresh_key

PAGE = 10_000
# Cancels go to one of these many newest sessions, so that clients also meet at one.
NEWEST = 4
# Before any session expires.
LATER_S = 600


class QuietReceiver(Receiver):
    """Whom we kill breaks off: that is no error here."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # its own prints a traceback


class Party:
    """One tenant whose clients create and cancel, with the receiver of its events."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.receiver = QuietReceiver()
        self.ledger = Ledger()
        # What the last check has counted: the fate of the cancels without an answer, and arrivals beyond the first.
        self.found: Counter[str] = Counter()
        self.events = self.sent_again = 0
        self._key = fresh_key()
        self._listens = False
        self._turned_away: list[Arrival] = []
        self._repeated = 0
        self._newest: list[str] = []

    def work(self, mock: RunningMock, draw: random.Random) -> None:
        """Create and cancel until there is no answer."""
        with mock.caller(self._key) as caller:
            while (created := _answer(caller.create)) is not None:
                self.ledger.saw_creation(created)
                self._newest = [*self._newest[1 - NEWEST :], created.json().get("id", "")]
                if self._cancel(caller, draw.choice(self._newest)) is None:
                    return
            self.ledger.saw_creation(None)

    def turn_away(self, since: int) -> None:
        """What has arrived since then was answered 503: it has to come again."""
        self._turned_away += self.receiver.arrived[since:]
        del self.receiver.arrived[since:]
        self.receiver.status = 204

    def disagreements(self, mock: RunningMock, settle_s: float) -> list[str]:
        """What is wrong, once every delivery has ended; then the cancels without an answer are asked for again."""
        with mock.caller(self._key) as caller:
            if not self._listens:
                caller.listen(self.receiver.url)
                self._listens = True
            shown = self._shown(caller, settle_s)
            wrong = disagreements(self.ledger, shown)
            self.ledger.adopt(shown.sessions)
            if not wrong:
                self._ask_again(caller, shown)
        self.events = len(shown.events)
        return wrong + self.ledger.complaints

    def _shown(self, caller: Caller, settle_s: float) -> Shown:
        caller.control.timeout = settle_s + 5
        longest_s = settle_s if caller.read("/events", limit=1)["events"] else 0
        deliveries = caller.read("/deliveries/wait", timeout_s=longest_s, limit=PAGE)["deliveries"]
        sessions = caller.read("/sessions", limit=PAGE)["sessions"]
        arrived = list(self.receiver.arrived)
        repeated = len(arrived) - len({arrival.headers["webhook-id"] for arrival in arrived})
        self.sent_again, self._repeated = repeated - self._repeated, repeated
        return Shown(
            {session["id"]: session for session in sessions},
            caller.read("/events", limit=PAGE)["events"],
            deliveries,
            arrived,
            self._turned_away,
        )

    def _ask_again(self, caller: Caller, shown: Shown) -> None:
        unanswered, self.ledger.unanswered, self.found = self.ledger.unanswered, set(), Counter()
        for session_id in unanswered:
            status = shown.sessions[session_id]["status"]
            self.found[status] += 1
            answer = self._cancel(caller, session_id)
            if answer is None or answer.status_code != (200 if status == "pending" else 400):
                self.ledger.complaints.append(f"{session_id} was {status}, and its cancel was answered {answer}")

    def _cancel(self, caller: Caller, session_id: str) -> httpx2.Response | None:
        self.ledger.asked.add(session_id)
        answer = _answer(lambda: caller.cancel(session_id))
        self.ledger.saw_cancel(session_id, answer)
        return answer


class Bystander:
    """A tenant to whom nothing happens: its receiver wants its events later, and its clock stands still."""

    name = "bystander"

    def __init__(self) -> None:
        self.receiver = QuietReceiver()
        self._key = fresh_key()
        self._before: dict[str, Any] = {}

    def disagreements(self, mock: RunningMock) -> list[str]:
        """What is not as it was."""
        with mock.caller(self._key) as caller:
            if not self._before:
                self._set_up(caller)
                self._before = _world_of(caller)
            now = _world_of(caller)
        return [f"{path} is not as it was" for path in now if now[path] != self._before[path]]

    def disagreements_once_due(self, mock: RunningMock) -> list[str]:
        """What is wrong with its events once they are due."""
        first = {arrival.headers["webhook-id"]: arrival.body for arrival in self.receiver.arrived}
        self.receiver.arrived.clear()
        with mock.caller(self._key) as caller:
            caller.advance(LATER_S + 1)
        arrived = [(arrival.headers["webhook-id"], arrival.body) for arrival in self.receiver.arrived]
        return [] if sorted(arrived) == sorted(first.items()) else [f"of {len(first)} events came {len(arrived)}"]

    def _set_up(self, caller: Caller) -> None:
        caller.freeze()
        caller.seed("completed")
        caller.seed("pending")
        # Its event has nowhere to go.
        caller.cancel(caller.seeded())
        self.receiver.answers = [(503, {"retry-after": str(LATER_S)})] * 3
        caller.listen(self.receiver.url)
        for _ in range(3):
            caller.cancel(caller.seeded())
        eventually(lambda: len(self.receiver.arrived) == 3 and not _is_sending(caller))


def _is_sending(caller: Caller) -> bool:
    return any(each["state"] == "sending" for each in caller.read("/deliveries")["deliveries"])


def _world_of(caller: Caller) -> dict[str, Any]:
    return {path: caller.read(path) for path in ("/sessions", "/events", "/deliveries", "/clock", "/quirks")}


def _answer(ask: Callable[[], httpx2.Response]) -> httpx2.Response | None:
    """The answer, all of it, or `None`."""
    try:
        return ask()
    except httpx2.TransportError:
        return None
