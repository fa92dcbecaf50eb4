"""Lawful lifetimes, and when a session is flipped."""

from __future__ import annotations

from tests.targets.correct import Correct, Session


class EagerExpiry(Correct):
    """Sessions flip the moment they expire."""

    impossible = ("overdue",)

    def refusal(self, session: Session) -> str:
        attributes = session.attributes
        if attributes["status"] == "pending" and self.clock() >= attributes["expires_at"]:
            attributes["status"] = "expired"
        return super().refusal(session)


class ShortLifetime(Correct):
    """Ten minutes (a SHOULD)."""

    def make(self, tenant: str, state: str, lifetime_s: int) -> Session:
        return super().make(tenant, state, min(lifetime_s, 600))


class FlipsOnRefusal(Correct):
    """The cancel that is refused for `expires_at` flips the session itself."""

    def refusal(self, session: Session) -> str:
        code = super().refusal(session)
        if code == "session_expired":
            session.attributes["status"] = "expired"
        return code
