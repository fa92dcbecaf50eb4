"""Defects that show when several requests come at once: area RACE."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Any

from tests.targets.correct import Correct, Session
from tests.targets.defects.marks import breaks
from tests.targets.wire import Answer, HangUp

PAUSE_S = 0.02


@breaks("CXL-RACE-1")
class CheckThenSet(Correct):
    """A pause between check and set, without the lock."""

    def cancel(self, session: Session) -> Answer:
        code = self.refusal(session)
        if code:
            return self.refused(session, code)
        time.sleep(PAUSE_S)
        self.set_cancelled(session)
        self.notify(session)
        return Answer(200, self.body(session))


@breaks("CXL-RACE-1")
class CheckThenSetAndDrop(CheckThenSet):
    """The same, and the connection of every session's third cancel is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()

    def cancel(self, session: Session) -> Answer:
        self.asked[session.id] += 1
        if self.asked[session.id] == 3:
            raise HangUp
        return super().cancel(session)


@breaks("CXL-RACE-2")
class LosersGet409(Correct):
    """Who comes while another cancel is under way is told of a conflict."""

    def cancel(self, session: Session) -> Answer:
        if not self.lock.acquire(blocking=False):
            return Answer(409, self.error("Busy.", "conflict"))
        try:
            time.sleep(PAUSE_S)
            return super().cancel(session)
        finally:
            self.lock.release()


@breaks("CXL-RACE-2")
class LosersGet500(Correct):
    """The database is locked."""

    def cancel(self, session: Session) -> Answer:
        if not self.lock.acquire(blocking=False):
            return Answer(500, b"database is locked", "text/plain")
        try:
            time.sleep(PAUSE_S)
            return super().cancel(session)
        finally:
            self.lock.release()


@breaks("CXL-RACE-2")
class LosersGetTheOtherCode(Correct):
    """Who loses is told that the session has expired."""

    def cancel(self, session: Session) -> Answer:
        was_pending = not self.refusal(session)
        time.sleep(PAUSE_S)
        answer = super().cancel(session)
        if was_pending and answer.status == 400:
            answer.content = self.error("Too late.", "session_expired")
        return answer


@breaks("CXL-RACE-3")
class EveryRacerTells(Correct):
    """One winner, an event from each."""

    def cancel(self, session: Session) -> Answer:
        was_pending = not self.refusal(session)
        time.sleep(PAUSE_S)
        answer = super().cancel(session)
        if was_pending and answer.status == 400:
            self.notify(session)
        return answer


@breaks("CXL-RACE-2")
class LosersMoveTheTime(Correct):
    """Who loses saves the time of its own cancel a moment later."""

    def cancel(self, session: Session) -> Answer:
        was_pending = not self.refusal(session)
        time.sleep(PAUSE_S)
        answer = super().cancel(session)
        if was_pending and answer.status == 400:
            threading.Timer(0.5, lambda: session.attributes.update(cancelled_at=int(self.clock()) + 1)).start()
        return answer


@breaks("CXL-RACE-4")
class CancelledAndCompleted(Correct):
    """The completion checks, pauses, and sets."""

    def complete(self, session: Session) -> Answer:
        if self.refusal(session):
            return Answer(409, self.error("The session is no longer pending.", "conflict"))
        time.sleep(PAUSE_S)
        session.attributes |= {"status": "completed", "completed_at": int(self.clock())}
        return Answer(200, {"session": dict(session.attributes)})


@breaks("CXL-RACE-1")
class TwoClocks(Correct):
    """Two processes whose clocks differ by a second, asked in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()

    def refusal(self, session: Session) -> str:
        code = super().refusal(session)
        self.asked[session.id] += 1
        offset_s = 0.5 if self.asked[session.id] % 2 else -0.5
        is_expired = self.clock() + offset_s >= session.attributes["expires_at"]
        return code if code == "session_not_pending" else "session_expired" if is_expired else ""


@breaks("CXL-RACE-5")
class OneAtATime(Correct):
    """Who comes while any session is being cancelled is told of a conflict."""

    is_busy = False

    def cancel(self, session: Session) -> Answer:
        if self.is_busy:
            return Answer(409, self.error("Busy.", "conflict"))
        self.is_busy = True
        try:
            time.sleep(PAUSE_S)
            return super().cancel(session)
        finally:
            self.is_busy = False


@breaks("CXL-RACE-5")
class OneCurrentSession(Correct):
    """What is shown is the session that was asked for last, by whomever."""

    current: Session

    def cancel(self, session: Session) -> Answer:
        self.current = session
        time.sleep(PAUSE_S)
        return super().cancel(session)

    def body(self, session: Session) -> Any:
        return super().body(self.current)


@breaks("CXL-RACE-4")
class CompletesCancelled(Correct):
    """A cancelled session can still be completed."""

    def complete(self, session: Session) -> Answer:
        if session.attributes["status"] == "cancelled":
            session.attributes["status"] = "pending"
        return super().complete(session)


@breaks("CXL-RACE-2")
class LosersWriteBack(Correct):
    """Who loses writes down a moment later what it had read at first."""

    def cancel(self, session: Session) -> Answer:
        read = dict(session.attributes)
        time.sleep(PAUSE_S)
        answer = super().cancel(session)
        if read["status"] == "pending" and answer.status == 400:
            threading.Timer(0.3, session.attributes.update, (read,)).start()
        return answer


@breaks("CXL-RACE-4")
class OverwritesCompletion(Correct):
    """The cancel checks, pauses, and sees then to nothing but other cancels."""

    def cancel(self, session: Session) -> Answer:
        if code := self.refusal(session):
            return self.refused(session, code)
        time.sleep(PAUSE_S)
        with self.lock:
            if session.attributes["status"] == "completed":
                session.attributes["status"] = "pending"
            return super().cancel(session)


@breaks("CXL-RACE-4")
class FailsWhenCompletedMeanwhile(Correct):
    """The status that is met after the check was not thought of."""

    def cancel(self, session: Session) -> Answer:
        was_pending = not self.refusal(session)
        time.sleep(PAUSE_S)
        answer = super().cancel(session)
        is_completed = session.attributes["status"] == "completed"
        return Answer(500, b"unexpected status", "text/plain") if was_pending and is_completed else answer
