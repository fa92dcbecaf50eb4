"""A tenant's journal: every request from receipt to answer, the newest `limit` of them, in memory only."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Entry:
    """One request. Filled in on its way; rendered only when somebody reads it. `received_at` is wall time.

    `session_id` is empty where there is no such session: what was sent instead may be a creation token.
    Only requests to the contract's own paths and the hosted page are kept, not those of the control plane.
    """

    received_at: float
    method: str
    route: str = ""
    session_id: str = ""
    idempotency_key: str = ""
    status: int = 0
    error_code: str = ""
    before: str = ""
    after: str = ""
    event_id: str = ""
    quirks: tuple[str, ...] = ()
    breach: str = ""
    duration_ms: float = 0.0
    number: int = 0
    is_kept: bool = True

    def as_attributes(self) -> dict[str, Any]:
        """The entry as the control plane shows it. The idempotency key is a fingerprint of 8 hex digits."""
        key = hashlib.sha256(self.idempotency_key.encode()).hexdigest()[:8] if self.idempotency_key else None
        return {
            "id": self.number,
            "received_at": round(self.received_at, 6),
            "method": self.method,
            "route": self.route or None,
            "session_id": self.session_id or None,
            "status": self.status or None,
            "error_code": self.error_code or None,
            "state_before": self.before or None,
            "state_after": self.after or None,
            "event_id": self.event_id or None,
            "quirks": list(self.quirks),
            "contract": "breached: " + self.breach if self.breach else "held",
            "idempotency_key": key,
            "duration_ms": round(self.duration_ms, 3),
        }


class Journal:
    """The entries of one tenant; waiting for the next one is an event of the running loop."""

    def __init__(self, limit: int) -> None:
        self._entries: deque[Entry] = deque(maxlen=limit)
        self._numbers = itertools.count(1)
        self._arrived: asyncio.Event | None = None

    def add(self, entry: Entry) -> None:
        """Keep the entry, the oldest one goes when the journal is full."""
        entry.number = next(self._numbers)
        self._entries.append(entry)
        if self._arrived is not None:
            self._arrived.set()
            self._arrived = None

    def entries(self, *, after: int = 0, **wanted: Any) -> list[Entry]:
        """Entries numbered above `after` whose attributes have the wanted values; `None` wants nothing."""
        named = [(name, value) for name, value in wanted.items() if value is not None]
        # From the newest back, since a reader asks for what is new.
        newer = itertools.takewhile(lambda entry: entry.number > after, reversed(self._entries))
        found = [entry for entry in newer if all(getattr(entry, name) == value for name, value in named)]
        return found[::-1]

    async def wait(self, timeout_s: float, *, after: int = 0, **wanted: Any) -> list[Entry]:
        """The same entries, as soon as there is one; empty when none came within `timeout_s`."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        while not (found := self.entries(after=after, **wanted)):
            left_s = deadline - asyncio.get_running_loop().time()
            if left_s <= 0:
                return []
            self._arrived = self._arrived or asyncio.Event()
            try:
                await asyncio.wait_for(self._arrived.wait(), left_s)
            except TimeoutError:
                return self.entries(after=after, **wanted)
        return found

    def delete(self, numbers: Iterable[int] | None = None) -> int:
        """Delete the entries of these numbers, or all; returns how many there were."""
        before = len(self._entries)
        gone = None if numbers is None else set(numbers)
        kept = [] if gone is None else [entry for entry in self._entries if entry.number not in gone]
        self._entries.clear()
        self._entries.extend(kept)
        return before - len(kept)
