"""The journal: what arrived and what came of it."""

from __future__ import annotations

import time
from typing import Any

from mock_server.answers import Answer
from mock_server.control.webhooks import shown
from mock_server.delivery import Relay
from mock_server.journal import Entry
from mock_server.layers import Call
from mock_server.store import Store

FILTERS = ("session_id", "route", "method", "status", "error_code")


class JournalControl:
    """Pages of the caller's journal, each entry with the events it caused."""

    def __init__(self, store: Store, relay: Relay) -> None:
        self._store = store
        self._relay = relay

    async def read_journal(self, call: Call) -> Answer:
        """`readJournal`."""
        return self._page(call, call.tenant.journal.entries(**_filters(call)))

    async def wait_for_journal(self, call: Call) -> Answer:
        """`waitForJournal`."""
        deadline = time.monotonic() + call.query["timeout_s"]
        while True:
            left_s = deadline - time.monotonic()
            entries = await call.tenant.journal.wait(max(0.0, min(left_s, 1.0)), **_filters(call))
            if entries or left_s <= 0 or self._relay.is_closing:
                return self._page(call, entries)

    async def delete_journal(self, call: Call) -> Answer:
        """`deleteJournal`."""
        number = call.query["id"]
        return Answer(200, {"deleted": call.tenant.journal.delete(None if number is None else [number])})

    def _page(self, call: Call, entries: list[Entry]) -> Answer:
        entries = entries[: call.query["limit"]]
        after = entries[-1].number if entries else call.query["after"]
        return Answer(200, {"entries": [self._shown(call, entry) for entry in entries], "next": after})

    def _shown(self, call: Call, entry: Entry) -> dict[str, Any]:
        events = []
        if entry.event_id:
            deliveries = self._store.outbox.deliveries_of(call.tenant.id, entry.event_id)
            events.append({"id": entry.event_id, "deliveries": [shown(self._store, each) for each in deliveries]})
        return {**entry.as_attributes(), "events": events}


def _filters(call: Call) -> dict[str, Any]:
    return {"after": call.query["after"], **{name: call.query[name] for name in FILTERS}}
