"""Events in an outbox, and their deliveries from claim to end."""

from __future__ import annotations

import itertools

from mock_server.outbox import Attempt, Delivery, Outbox
from mock_server.sessions import PaymentSession, cancel
from mock_server.store import NewSession, Store
from tests.mock_server.storing import NOW, ONE

LATER = NOW + 5

_numbers = itertools.count(1)


def make_event(store: Store, tenant: str = ONE, at: float = NOW) -> str:
    """Create a session, cancel it; the event's id. Its delivery is due `at`."""
    number = next(_numbers)
    session = PaymentSession(f"ps_{number}", "cn_1", "pending", "https://app.example.com/done", 1, int(NOW) + 1800)
    store.create(tenant, [NewSession(session, 1, "", session.expires_at)])
    return store.change(tenant, session.id, at, cancel, lambda _: None, notify=True)[1]


def claim_one(outbox: Outbox, tenant: str = ONE, until: float = NOW) -> Delivery:
    (delivery,) = outbox.claim(tenant, until, 1)
    return delivery


def end(outbox: Outbox, delivery: Delivery, state: str, *, next_due: float | None = None) -> Attempt:
    """Record an attempt, after which the delivery is in the state."""
    status = 200 if state == "delivered" else None
    error = "" if state == "delivered" else "cannot connect"
    attempt = Attempt(delivery.attempts + 1, delivery.due, NOW + 0.25, status, 12.5, error, next_due)
    outbox.record_attempt(delivery.tenant, delivery.id, attempt, state)
    return attempt


def states(outbox: Outbox, tenant: str = ONE) -> list[str]:
    return [delivery.state for delivery in outbox.deliveries(tenant, after=0, limit=100)]
