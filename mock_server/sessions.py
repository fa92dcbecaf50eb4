"""The domain: a payment session and its state transitions. No HTTP, no I/O, no clock of its own.

pending    --cancel-->    cancelled     unless overdue: session_expired
pending    --complete-->  completed     unless overdue: session_expired
pending    --expire-->    expired       once overdue
any other  --any-->       refused       session_not_pending
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

Status = Literal["pending", "completed", "cancelled", "expired"]
EventType = Literal["payment.session.completed", "payment.session.cancelled", "payment.session.expired"]

PROCESSOR = "checkout"


class TransitionRefusedError(Exception):
    """The session's state does not allow the transition; `code` is the contract's word for it (Responses > 400)."""

    code: str


class SessionNotPendingError(TransitionRefusedError):
    """The session is already in a terminal state."""

    code = "session_not_pending"


class SessionExpiredError(TransitionRefusedError):
    """The session is past its `expires_at` and the expiry job has not flipped it yet."""

    code = "session_expired"


@dataclass(frozen=True, slots=True)
class PaymentSession:
    """A session as the contract describes it, without `url`. Times are whole seconds since the Unix epoch."""

    id: str
    contractor_id: str
    status: Status
    return_url: str
    created: int
    expires_at: int
    cancelled_at: int | None = None
    completed_at: int | None = None
    processor: str = PROCESSOR

    def is_overdue(self, now: float) -> bool:
        """At or after `expires_at` and still pending."""
        return self.status == "pending" and now >= self.expires_at

    def as_attributes(self) -> dict[str, Any]:
        """The documented attributes, in the contract's order; `url` is shown at creation alone."""
        return {
            "id": self.id,
            "contractor_id": self.contractor_id,
            "status": self.status,
            "processor": self.processor,
            "return_url": self.return_url,
            "created": self.created,
            "expires_at": self.expires_at,
            "cancelled_at": self.cancelled_at,
            "completed_at": self.completed_at,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """What a transition did: the session after it, and the event that tells of it."""

    session: PaymentSession
    event_type: EventType


Transition = Callable[[PaymentSession, float], Change]


def cancel(session: PaymentSession, now: float) -> Change:
    """Cancel a pending session. Raises `SessionNotPendingError`, `SessionExpiredError`."""
    _require_usable(session, now)
    return Change(replace(session, status="cancelled", cancelled_at=int(now)), "payment.session.cancelled")


def complete(session: PaymentSession, now: float) -> Change:
    """The contractor saved a card. Raises `SessionNotPendingError`, `SessionExpiredError`."""
    _require_usable(session, now)
    return Change(replace(session, status="completed", completed_at=int(now)), "payment.session.completed")


def expire(session: PaymentSession, now: float) -> Change:
    """What the expiry job does to an overdue session. Raises `SessionNotPendingError` when it is not overdue."""
    if not session.is_overdue(now):
        raise SessionNotPendingError
    return Change(replace(session, status="expired"), "payment.session.expired")


def _require_usable(session: PaymentSession, now: float) -> None:
    if session.status != "pending":
        raise SessionNotPendingError
    if session.is_overdue(now):
        raise SessionExpiredError
