"""The outbox: every event, and each delivery of it from `pending` to `delivered`, `dead` or `cancelled`.

Written in the same transaction as the change it tells of; read by the relay whenever it gets to it.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections import Counter
from dataclasses import astuple, dataclass

from mock_server.database import transaction


class UnknownEventError(Exception):
    """The tenant has no event of that id; another tenant's is no different."""


class StoreFullError(Exception):
    """A limit of the tenant is reached; the message says which."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to the tenant's endpoint: `pending`, `sending`, `delivered`, `dead` or `cancelled`."""

    id: int
    tenant: str
    event_id: str
    state: str
    attempts: int
    due: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt. `due` and `next_due` are the tenant's time, `sent_at` is wall time; `status` None without answer."""

    number: int
    due: float
    sent_at: float
    status: int | None
    duration_ms: float
    error: str
    next_due: float | None


class Outbox:
    """Events and deliveries of all tenants. What belongs to a change is written inside the store's transaction."""

    def __init__(self, connection: sqlite3.Connection, max_open: int) -> None:
        self._db = connection
        self._max_open = max_open
        self._execute = connection.execute
        # What was being sent when the process ended may have arrived or not: it is sent again, under the same id.
        self._execute("UPDATE deliveries SET state = 'pending' WHERE state = 'sending'")
        # Numbers are given here: cheaper than by SQLite, which would give those of deleted rows once more.
        self._event_numbers = itertools.count(1 + self._last("event", "number", "events"))
        self._delivery_numbers = itertools.count(1 + self._last("delivery", "id", "deliveries"))
        # Counted here, since counting rows would make each cancel slower than the one before.
        self._open = Counter(
            dict(self._execute("SELECT tenant, count(*) FROM deliveries WHERE state = 'pending' GROUP BY tenant"))
        )

    # --- inside the store's transaction, and after it ---------------------------------------------------------------

    def add(self, tenant: str, session_id: str, event_id: str, event_type: str, body: bytes, now: float) -> None:
        """Write an event."""
        self._execute(
            "INSERT INTO events VALUES (?,?,?,?,?,?,?)",
            (next(self._event_numbers), event_id, tenant, session_id, event_type, body, int(now)),
        )

    def deliver(self, tenant: str, event_id: str, now: float) -> int:
        """Write a delivery, due at once; its number. Raises `StoreFullError`."""
        if self._open[tenant] >= self._max_open:
            raise StoreFullError(f"{self._max_open} deliveries of this tenant are not ended; see --max-outbox")
        number = next(self._delivery_numbers)
        self._execute("INSERT INTO deliveries VALUES (?, ?, ?, 'pending', 0, ?)", (number, tenant, event_id, now))
        return number

    def delivery_committed(self, tenant: str) -> None:
        """The transaction that wrote a delivery was committed."""
        self._open[tenant] += 1

    def delete(self, tenant: str) -> None:
        """Delete the tenant's events and deliveries."""
        self._execute(
            "DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM deliveries WHERE tenant = ?)", (tenant,)
        )
        for kind, column, table in (("event", "number", "events"), ("delivery", "id", "deliveries")):
            self._execute("INSERT OR REPLACE INTO numbers VALUES (?, ?)", (kind, self._last(kind, column, table)))
        self._execute("DELETE FROM events WHERE tenant = ?", (tenant,))
        self._execute("DELETE FROM deliveries WHERE tenant = ?", (tenant,))
        del self._open[tenant]

    def _last(self, kind: str, column: str, table: str) -> int:
        """The highest number ever given, also of rows that are deleted."""
        rows = self._execute(
            f"SELECT max({column}) FROM {table} UNION SELECT used FROM numbers WHERE kind = ?",  # noqa: S608 - names above
            (kind,),
        )
        return max(row[0] or 0 for row in rows)

    # --- on its own -------------------------------------------------------------------------------------------------

    def events(self, tenant: str, *, after: int, limit: int) -> list[tuple[int, bytes]]:
        """The tenant's events in their order, with their numbers and bodies, from the one after `after`."""
        rows = self._execute(
            "SELECT number, body FROM events WHERE tenant = ? AND number > ? ORDER BY number LIMIT ?",
            (tenant, after, limit),
        )
        return [(row[0], row[1]) for row in rows]

    def event_body(self, event_id: str) -> bytes:
        """The body that every attempt sends."""
        row = self._execute("SELECT body FROM events WHERE id = ?", (event_id,)).fetchone()
        return bytes(row[0])

    def event_origin(self, event_id: str) -> tuple[str, int]:
        """The event's type, and the number of its session in its tenant."""
        row = self._execute(
            "SELECT type, ordinal FROM events JOIN sessions ON sessions.id = session_id WHERE events.id = ?",
            (event_id,),
        ).fetchone()
        return row[0], row[1]

    def deliveries(self, tenant: str, *, after: int, limit: int) -> list[Delivery]:
        """The tenant's deliveries in their order, from the one after `after`."""
        rows = self._execute(
            "SELECT id, tenant, event_id, state, attempts, due FROM deliveries WHERE tenant = ? AND id > ?"
            " ORDER BY id LIMIT ?",
            (tenant, after, limit),
        )
        return [Delivery(*row) for row in rows]

    def deliveries_of(self, tenant: str, event_id: str) -> list[Delivery]:
        """Every delivery of one of the tenant's events."""
        rows = self._execute(
            "SELECT id, tenant, event_id, state, attempts, due FROM deliveries WHERE event_id = ? AND tenant = ?"
            " ORDER BY id",
            (event_id, tenant),
        )
        return [Delivery(*row) for row in rows]

    def attempts(self, delivery_id: int) -> list[Attempt]:
        """The attempts of a delivery, in their order."""
        rows = self._execute(
            "SELECT number, due, sent_at, status, duration_ms, error, next_due FROM attempts WHERE delivery_id = ?"
            " ORDER BY number",
            (delivery_id,),
        )
        return [Attempt(*row) for row in rows]

    def tenants_with_open_deliveries(self) -> list[str]:
        """Whose outbox is not empty."""
        return [tenant for tenant, count in self._open.items() if count > 0]

    def next_due(self, tenant: str) -> float | None:
        """When (tenant's time) the next pending delivery is due."""
        row = self._execute(
            "SELECT min(due) FROM deliveries WHERE tenant = ? AND state = 'pending'", (tenant,)
        ).fetchone()
        return None if row[0] is None else float(row[0])

    def claim(self, tenant: str, until: float, limit: int) -> list[Delivery]:
        """Take what is due up to `until`, earliest first; nobody else will."""
        with transaction(self._db):
            rows = self._execute(
                "SELECT id, tenant, event_id, 'sending', attempts, due FROM deliveries WHERE tenant = ?"
                " AND state = 'pending' AND due <= ? ORDER BY due, id LIMIT ?",
                (tenant, until, limit),
            ).fetchall()
            self._db.executemany("UPDATE deliveries SET state = 'sending' WHERE id = ?", [(row[0],) for row in rows])
        return [Delivery(*row) for row in rows]

    def hasten(self, delivery_id: int, now: float) -> None:
        """Make a pending delivery due now, if it was due later."""
        self._execute("UPDATE deliveries SET due = min(due, ?) WHERE id = ? AND state = 'pending'", (now, delivery_id))

    def postpone(self, delivery_id: int, due: float) -> None:
        """Give back a claimed delivery, to be claimed again when it is due."""
        self._execute(
            "UPDATE deliveries SET state = 'pending', due = ? WHERE id = ? AND state = 'sending'", (due, delivery_id)
        )

    def record_attempt(self, tenant: str, delivery_id: int, attempt: Attempt, state: str) -> None:
        """Write an ended attempt and the delivery's new state; nothing when a reset has cancelled the delivery."""
        with transaction(self._db):
            changed = self._execute(
                "UPDATE deliveries SET state = ?, attempts = ?, due = ? WHERE id = ? AND state = 'sending'",
                (state, attempt.number, attempt.next_due or attempt.due, delivery_id),
            ).rowcount
            if changed:
                self._execute("INSERT INTO attempts VALUES (?,?,?,?,?,?,?,?)", (delivery_id, *astuple(attempt)))
        if changed and state != "pending":
            self._open[tenant] -= 1

    def cancel_deliveries(self, tenant: str) -> None:
        """End what is not ended, unsent."""
        self._execute(
            "UPDATE deliveries SET state = 'cancelled' WHERE tenant = ? AND state IN ('pending', 'sending')", (tenant,)
        )
        del self._open[tenant]

    def resend(self, tenant: str, event_id: str, now: float) -> int:
        """A new delivery of an event the tenant has; its number. Raises `UnknownEventError`."""
        with transaction(self._db):
            if not self._execute("SELECT 1 FROM events WHERE id = ? AND tenant = ?", (event_id, tenant)).fetchone():
                raise UnknownEventError
            delivery_id = self.deliver(tenant, event_id, now)
        self._open[tenant] += 1
        return delivery_id

    def has_open_deliveries(self, tenant: str) -> bool:
        """Whether anything of the tenant's outbox is not ended."""
        return self._open[tenant] > 0
