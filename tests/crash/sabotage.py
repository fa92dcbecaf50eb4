"""Mocks that are not durable, each by one mistake that is easily made: the loop must find every one of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mock_server import outbox, store
from mock_server.outbox import Delivery, Outbox

LATE = 1000


def _replace(owner: object, name: str, function: object) -> None:
    setattr(owner, name, function)


def commit_the_session_before_its_event() -> None:
    """Two transactions instead of one."""
    add = Outbox.add

    def add_later(
        self: Outbox, tenant: str, session_id: str, event_id: str, event_type: str, body: bytes, now: float
    ) -> None:
        self._execute("COMMIT")
        self._execute("BEGIN IMMEDIATE")
        add(self, tenant, session_id, event_id, event_type, body, now)

    _replace(Outbox, "add", add_later)


def commit_late() -> None:
    """One commit for many changes, after their answers."""
    count = 0

    @contextmanager
    def transaction(connection: sqlite3.Connection) -> Iterator[None]:
        nonlocal count
        if not connection.in_transaction:
            connection.execute("BEGIN IMMEDIATE")
        yield
        count += 1
        if count % LATE == 0:
            connection.execute("COMMIT")

    _replace(store, "transaction", transaction)
    _replace(outbox, "transaction", transaction)


def forget_claims() -> None:
    """What was being sent stays so for ever."""
    _at_start(after="UPDATE deliveries SET state = 'sending' WHERE id IN ({claimed})")


def send_claims_under_another_id() -> None:
    """A fresh event for what was being sent."""
    _at_start(
        before="INSERT INTO events (id, tenant, session_id, type, body, created) SELECT id || '0', tenant, session_id,"
        " type, replace(CAST(body AS TEXT), id, id || '0'), created FROM events WHERE id IN (SELECT event_id FROM"
        " deliveries WHERE id IN ({claimed}));"
        "UPDATE deliveries SET event_id = event_id || '0' WHERE id IN ({claimed});"
    )


def drop_what_is_unsent() -> None:
    """An outbox that begins empty."""
    _at_start(before="UPDATE deliveries SET state = 'cancelled' WHERE state = 'pending'")


def mark_delivered_before_sending() -> None:
    """At most once instead of at least once."""
    claim = Outbox.claim

    def claim_and_mark(self: Outbox, tenant: str, until: float, limit: int) -> list[Delivery]:
        claimed = claim(self, tenant, until, limit)
        self._db.executemany("UPDATE deliveries SET state = 'delivered' WHERE id = ?", [(each.id,) for each in claimed])
        return claimed

    _replace(Outbox, "claim", claim_and_mark)


def _at_start(before: str = "", after: str = "") -> None:
    """Run SQL before and after the outbox takes up what an earlier process has left."""
    original = Outbox.__init__

    def initialise(self: Outbox, connection: sqlite3.Connection, max_open: int) -> None:
        rows = connection.execute("SELECT id FROM deliveries WHERE state = 'sending'").fetchall()
        claimed = ",".join(str(row[0]) for row in rows)
        connection.executescript(before.format(claimed=claimed))
        original(self, connection, max_open)
        connection.executescript(after.format(claimed=claimed))

    _replace(Outbox, "__init__", initialise)


SABOTAGES: dict[str, Callable[[], None]] = {
    each.__name__.replace("_", "-"): each
    for each in (
        commit_the_session_before_its_event,
        commit_late,
        forget_claims,
        send_claims_under_another_id,
        drop_what_is_unsent,
        mark_delivered_before_sending,
    )
}
