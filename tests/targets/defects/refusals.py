"""Defects of the 400: areas STATE and EXP."""

from __future__ import annotations

import threading
import time
from typing import Any

from tests.targets.correct import Correct, Session
from tests.targets.defects.marks import breaks
from tests.targets.wire import Answer


class OtherRefusal(Correct):
    """Differs in which code a state is refused with."""

    status = "completed"
    code = "session_expired"

    def refusal(self, session: Session) -> str:
        return self.code if session.attributes["status"] == self.status else super().refusal(session)


@breaks("CXL-STATE-1")
class CompletedIsExpired(OtherRefusal):
    """The wrong code, only for completed sessions."""


@breaks("CXL-STATE-1")
class CompletedIsCancelled(OtherRefusal):
    """A completed session can be cancelled."""

    code = ""


@breaks("CXL-STATE-1")
class Refuses422(Correct):
    """Another status for completed sessions."""

    def refused(self, session: Session, code: str) -> Answer:
        answer = super().refused(session, code)
        if session.attributes["status"] == "completed":
            answer.status = 422
        return answer


@breaks("CXL-STATE-2")
class Idempotent(Correct):
    """The second cancel is a success too."""

    def refused(self, session: Session, code: str) -> Answer:
        is_cancelled = session.attributes["status"] == "cancelled"
        return Answer(200, self.body(session)) if is_cancelled else super().refused(session, code)


@breaks("CXL-STATE-2")
class SecondIs409(Correct):
    """A conflict, says the second cancel."""

    def refused(self, session: Session, code: str) -> Answer:
        answer = super().refused(session, code)
        if session.attributes["status"] == "cancelled":
            answer.status = 409
        return answer


@breaks("CXL-STATE-2")
class WrittenBehind(Correct):
    """The cancel is not persisted for a second."""

    def set_cancelled(self, session: Session) -> None:
        def later() -> None:
            time.sleep(1)
            Correct.set_cancelled(self, session)

        threading.Thread(target=later, daemon=True).start()

    def body(self, session: Session) -> Any:
        return {**session.attributes, "status": "cancelled", "cancelled_at": int(self.clock())}


@breaks("CXL-STATE-3")
class ExpiredIsExpired(OtherRefusal):
    """`session_expired` also once the session is flipped."""

    status = "expired"


@breaks("CXL-STATE-3")
class ExpiredIsCancelled(OtherRefusal):
    """An expired session can be cancelled."""

    status, code = "expired", ""


@breaks("CXL-STATE-4")
class ForgetsCompletion(Correct):
    """Refused, yet `completed_at` is gone."""

    def refused(self, session: Session, code: str) -> Answer:
        session.attributes["completed_at"] = None
        return super().refused(session, code)


@breaks("CXL-STATE-5")
class MovesCancelledAt(Correct):
    """Refused, yet `cancelled_at` moves."""

    def refused(self, session: Session, code: str) -> Answer:
        if session.attributes["status"] == "cancelled":
            session.attributes["cancelled_at"] += 1
        return super().refused(session, code)


@breaks("CXL-STATE-5")
class ForgetsCancelledAt(Correct):
    """Told, and not kept."""

    def read(self, session: Session) -> Any:
        return {**super().read(session), "cancelled_at": None}


@breaks("CXL-STATE-5")
class KeepsAnotherTime(Correct):
    """Told by one clock, kept by another."""

    def read(self, session: Session) -> Any:
        attributes = super().read(session)
        if attributes["cancelled_at"]:
            attributes["cancelled_at"] -= 3600
        return attributes


@breaks("CXL-STATE-5")
class LosesTheProcessor(Correct):
    """Told as it was, and not kept."""

    def read(self, session: Session) -> Any:
        attributes = super().read(session)
        return {**attributes, "processor": None} if attributes["status"] == "cancelled" else attributes


@breaks("CXL-STATE-6")
class CancelsExpired(Correct):
    """Refused, yet an expired session becomes cancelled."""

    def refused(self, session: Session, code: str) -> Answer:
        if session.attributes["status"] == "expired":
            session.attributes["status"] = "cancelled"
        return super().refused(session, code)


@breaks("CXL-STATE-7")
class DeletesCancelled(Correct):
    """A session that was cancelled elsewhere is not found any more."""

    def __init__(self) -> None:
        super().__init__()
        self.gone: set[str] = set()

    def make(self, tenant: str, state: str, lifetime_s: int) -> Session:
        session = super().make(tenant, state, lifetime_s)
        if state == "cancelled":
            self.gone.add(session.id)
        return session

    def cancel(self, session: Session) -> Answer:
        return self.not_found(session.id) if session.id in self.gone else super().cancel(session)


@breaks("CXL-STATE-8")
class EveryFifthIsRefused(Correct):
    """A pending session is refused now and then."""

    count = 0

    def cancel(self, session: Session) -> Answer:
        if not self.refusal(session):
            self.count += 1
            if self.count % 5 == 0:
                return self.refused(session, "session_not_pending")
        return super().cancel(session)


@breaks("CXL-STATE-1")
class CompletionIsNotSeen(Correct):
    """What the contractor has completed just now can still be cancelled."""

    def complete(self, session: Session) -> Answer:
        answer = super().complete(session)
        if answer.status == 200:
            session.attributes["status"] = "pending"
        return answer

    def read(self, session: Session) -> Any:
        attributes = super().read(session)
        is_completed = attributes["completed_at"] and not attributes["cancelled_at"]
        return {**attributes, "status": "completed"} if is_completed else attributes


@breaks("CXL-EXP-1")
class OverdueIsCancelled(Correct):
    """Nobody looks at `expires_at`."""

    def refusal(self, session: Session) -> str:
        return "" if session.attributes["status"] == "pending" else super().refusal(session)


@breaks("CXL-EXP-1")
class OverdueIsNotPending(Correct):
    """The other code."""

    def refusal(self, session: Session) -> str:
        return "session_not_pending" if super().refusal(session) else ""


@breaks("CXL-EXP-1")
class GracePeriod(Correct):
    """A minute more than was promised."""

    def refusal(self, session: Session) -> str:
        code = super().refusal(session)
        is_late = self.clock() < session.attributes["expires_at"] + 60
        return "" if code == "session_expired" and is_late else code


@breaks("CXL-EXP-1")
class OverdueIs410(Correct):
    """Gone."""

    def refused(self, session: Session, code: str) -> Answer:
        answer = super().refused(session, code)
        answer.status = 410 if code == "session_expired" else 400
        return answer


@breaks("CXL-EXP-2")
class CancelsOverdue(Correct):
    """Refused, yet cancelled."""

    def refused(self, session: Session, code: str) -> Answer:
        if code == "session_expired":
            self.set_cancelled(session)
        return super().refused(session, code)
