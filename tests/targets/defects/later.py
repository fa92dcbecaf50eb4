"""Defects that show a while later: areas STATE and EXP."""

from __future__ import annotations

from tests.targets.correct import Correct, Session
from tests.targets.defects.marks import breaks
from tests.targets.wire import Answer


@breaks("CXL-EXP-1")
class FourSecondsOfGrace(Correct):
    """A leeway on `expires_at`, as for tokens."""

    def refusal(self, session: Session) -> str:
        code = super().refusal(session)
        is_grace = code == "session_expired" and self.clock() < session.attributes["expires_at"] + 4
        return "" if is_grace else code


@breaks("CXL-STATE-2")
class ForgetsAfterASecond(Correct):
    """What was cancelled is pending again a second later."""

    def refusal(self, session: Session) -> str:
        attributes = session.attributes
        if attributes["status"] == "cancelled" and self.clock() > attributes["cancelled_at"] + 2:
            attributes |= {"status": "pending", "cancelled_at": None}
        return super().refusal(session)


@breaks("CXL-STATE-5")
class MovesCancelledAtToNow(Correct):
    """Refused, yet `cancelled_at` is the time of the refusal."""

    def refused(self, session: Session, code: str) -> Answer:
        if session.attributes["status"] == "cancelled":
            session.attributes["cancelled_at"] = int(self.clock())
        return super().refused(session, code)
