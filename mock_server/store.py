"""State: one SQLite connection, used inline, one transaction for each change.

A whole transaction takes some 40 microseconds, less than a hop to a thread.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from typing import TypeVar

from mock_server.database import open_database, transaction
from mock_server.outbox import Outbox, StoreFullError
from mock_server.sessions import Change, EventType, PaymentSession, Transition

Result = TypeVar("Result")
Publish = Callable[[PaymentSession, EventType, float], tuple[str, bytes]]

_SESSION = "id, contractor_id, status, return_url, created, expires_at, cancelled_at, completed_at, processor"

_BY_ID = f"SELECT {_SESSION} FROM sessions WHERE id = ? AND tenant = ?"  # noqa: S608 - a constant


class UnknownSessionError(Exception):
    """The tenant has no session of that id; another tenant's is no different."""


@dataclass(frozen=True, slots=True)
class TenantRecord:
    """What of a tenant outlives the process."""

    id: str
    clock_mode: str = "real"
    clock_value: float = 0.0
    endpoint_url: str = ""
    endpoint_secret: str = ""
    sessions_made: int = 0
    quirks: str = "[]"
    seed: int = 0


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to be created. `token` is the SHA-256 of the one in `url`, empty when there is none to use;
    `flips_at` is when the expiry job may flip it."""

    session: PaymentSession
    ordinal: int
    token: str
    flips_at: float


class Store:
    """`publish` makes the id and the body of an event, or raises when the contract would not allow it."""

    def __init__(self, database: str, publish: Publish, *, max_sessions: int, max_outbox: int) -> None:
        """Open or create. Raises `DatabaseUnusableError`."""
        self._publish = publish
        self._max_sessions = max_sessions
        self._db = open_database(database)
        self._execute = self._db.execute
        self.outbox = Outbox(self._db, max_outbox)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # --- sessions ---------------------------------------------------------------------------------------------------

    def change(
        self,
        tenant: str,
        session_id: str,
        now: float,
        transition: Transition,
        answer: Callable[[PaymentSession], Result],
        *,
        notify: bool,
    ) -> tuple[Result, str]:
        """One transaction: load, transition, check answer and event, write session, event and delivery; or nothing.

        Returns what `answer` made of the changed session, and the event's id. Raises `UnknownSessionError`, what the
        transition refuses with, what `answer` and `publish` raise, `StoreFullError`.
        """
        with transaction(self._db):
            change = transition(self.session(tenant, session_id), now)
            result = answer(change.session)
            event_id = self._write(tenant, change, now, notify=notify)
        if notify:
            self.outbox.delivery_committed(tenant)
        return result, event_id

    def create(self, tenant: str, sessions: Iterable[NewSession]) -> None:
        """Write new sessions and their contractors in one transaction. Raises `StoreFullError`."""
        with transaction(self._db):
            for new in sessions:
                if new.ordinal > self._max_sessions:
                    raise StoreFullError(
                        f"this tenant has had {self._max_sessions} sessions; reset it or raise --max-sessions"
                    )
                s = new.session
                self._execute(
                    "INSERT INTO sessions VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
                    (
                        *(s.id, tenant, new.ordinal, s.contractor_id, s.status, s.processor, s.return_url, s.created),
                        *(s.expires_at, s.cancelled_at, s.completed_at, new.flips_at, new.token),
                    ),
                )
                self._execute("INSERT OR IGNORE INTO contractors VALUES (?,?)", (s.contractor_id, tenant))
            self._execute("UPDATE tenants SET sessions_made = ? WHERE id = ?", (new.ordinal, tenant))

    def session(self, tenant: str, session_id: str) -> PaymentSession:
        """The tenant's session. Raises `UnknownSessionError`."""
        row = self._execute(_BY_ID, (session_id, tenant)).fetchone()
        if row is None:
            raise UnknownSessionError
        return PaymentSession(*row)

    def ordinal(self, tenant: str, session_id: str) -> int:
        """The session's number in its tenant, 0 when there is none."""
        row = self._execute("SELECT ordinal FROM sessions WHERE id = ? AND tenant = ?", (session_id, tenant)).fetchone()
        return int(row[0]) if row else 0

    def sessions(self, tenant: str, *, after: int, limit: int) -> list[tuple[int, PaymentSession]]:
        """The tenant's sessions in the order of creation, with their numbers, from the one after `after`."""
        rows = self._execute(
            f"SELECT ordinal, {_SESSION} FROM sessions WHERE tenant = ? AND ordinal > ? ORDER BY ordinal LIMIT ?",  # noqa: S608
            (tenant, after, limit),
        )
        return [(row[0], PaymentSession(*row[1:])) for row in rows]

    def by_token(self, token: str) -> tuple[str, PaymentSession]:
        """Tenant and session behind the SHA-256 of a creation token. Raises `UnknownSessionError`."""
        row = self._execute(f"SELECT tenant, {_SESSION} FROM sessions WHERE token = ?", (token,)).fetchone()  # noqa: S608
        if row is None:
            raise UnknownSessionError
        return row[0], PaymentSession(*row[1:])

    def contractor_tenant(self, contractor_id: str) -> str | None:
        """Whose contractor this is; `None` when nobody has used it yet."""
        row = self._execute("SELECT tenant FROM contractors WHERE id = ?", (contractor_id,)).fetchone()
        return row[0] if row else None

    def to_flip(self, tenant: str, until: float, *, lag_over: bool) -> list[tuple[float, str]]:
        """When and which pending sessions are to be flipped, in a stable order: those whose lag is over by `until`, or
        all that are overdue by then."""
        column = "flips_at" if lag_over else "expires_at"
        rows = self._execute(
            f"SELECT {column}, id FROM sessions WHERE tenant = ? AND status = 'pending' AND {column} <= ?"  # noqa: S608
            f" ORDER BY {column}, ordinal",
            (tenant, until),
        )
        return [(row[0], row[1]) for row in rows]

    def next_flip(self, tenant: str) -> float:
        """When (tenant's time) the expiry job next has something to flip; infinity when it has nothing."""
        row = self._execute(
            "SELECT min(flips_at) FROM sessions WHERE tenant = ? AND status = 'pending'", (tenant,)
        ).fetchone()
        return math.inf if row[0] is None else float(row[0])

    # --- tenants ----------------------------------------------------------------------------------------------------

    def tenant_ids(self) -> list[str]:
        """Every tenant that outlived an earlier process."""
        return [row[0] for row in self._execute("SELECT id FROM tenants ORDER BY id")]

    def load_tenant(self, tenant: str) -> TenantRecord | None:
        """What is known of the tenant, or `None` when it is new."""
        row = self._execute("SELECT * FROM tenants WHERE id = ?", (tenant,)).fetchone()
        return TenantRecord(*row) if row else None

    def save_tenant(self, record: TenantRecord) -> None:
        """Write what of the tenant outlives the process."""
        self._execute("INSERT OR REPLACE INTO tenants VALUES (?,?,?,?,?,?,?,?)", astuple(record))

    def forget(self, tenant: str) -> None:
        """Delete the tenant's sessions, events and deliveries."""
        with transaction(self._db):
            self._execute("DELETE FROM sessions WHERE tenant = ?", (tenant,))
            self._execute("DELETE FROM contractors WHERE tenant = ?", (tenant,))
            self.outbox.delete(tenant)
            self._execute("UPDATE tenants SET sessions_made = 0 WHERE id = ?", (tenant,))

    def drop_tenant(self, tenant: str) -> None:
        """Delete all there is of the tenant."""
        self.forget(tenant)
        self._execute("DELETE FROM tenants WHERE id = ?", (tenant,))

    # --- inside -----------------------------------------------------------------------------------------------------

    def _write(self, tenant: str, change: Change, now: float, *, notify: bool) -> str:
        s = change.session
        event_id, body = self._publish(s, change.event_type, now)
        self._execute(
            "UPDATE sessions SET status = ?, cancelled_at = ?, completed_at = ? WHERE id = ?",
            (s.status, s.cancelled_at, s.completed_at, s.id),
        )
        self.outbox.add(tenant, s.id, event_id, change.event_type, body, now)
        if notify:
            self.outbox.deliver(tenant, event_id, now)
        return event_id
