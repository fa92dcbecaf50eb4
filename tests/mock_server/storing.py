"""A store to try: numbered sessions of two tenants, events that are known beforehand, and what is left of a change."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Iterator

from mock_server.sessions import EventType, PaymentSession, cancel
from mock_server.store import NewSession, Publish, Store

NOW = 1_767_226_000.5
EXPIRES_AT = 1_767_227_800
ONE, TWO = "tenant-one", "tenant-two"
LAG_S = 60.0


class RefusedByTestError(Exception):
    """What a check raises."""


class Publisher:
    """Makes events with numbered ids; raises when it is told to."""

    def __init__(self) -> None:
        self.fails = False
        self._numbers = itertools.count(1)

    def __call__(self, session: PaymentSession, event_type: EventType, now: float) -> tuple[str, bytes]:
        if self.fails:
            raise RefusedByTestError
        event_id = f"evt_{next(self._numbers)}"
        return event_id, json.dumps([event_id, session.id, event_type, now]).encode()


def named_after_session(session: PaymentSession, _: EventType, __: float) -> tuple[str, bytes]:
    """An event that has its id from its session, and nothing but an id."""
    return f"evt_{session.id}", f'{{"id":"evt_{session.id}"}}'.encode()


@contextlib.contextmanager
def opened(
    database: str, publish: Publish = named_after_session, max_sessions: int = 100, max_outbox: int = 100
) -> Iterator[Store]:
    made = Store(database, publish, max_sessions=max_sessions, max_outbox=max_outbox)
    yield made
    made.close()


def new(number: int, prefix: str = "ps", *, expires_at: int = EXPIRES_AT, token: str = "") -> NewSession:
    session = PaymentSession(
        f"{prefix}_{number}", f"cn_{prefix}", "pending", "https://app.example.com/done", int(NOW), expires_at
    )
    return NewSession(session, number, token, expires_at + LAG_S)


def cancelled(store: Store, session_id: str, tenant: str = ONE, *, notify: bool = True) -> str:
    """Cancel; the event's id."""
    return store.change(tenant, session_id, NOW, cancel, lambda _: None, notify=notify)[1]


def traces(store: Store, tenant: str = ONE) -> tuple[list[str], int, int]:
    """States of the tenant's sessions, how many events, how many deliveries."""
    return (
        [session.status for _, session in store.sessions(tenant, after=0, limit=100)],
        len(store.outbox.events(tenant, after=0, limit=100)),
        len(store.outbox.deliveries(tenant, after=0, limit=100)),
    )
