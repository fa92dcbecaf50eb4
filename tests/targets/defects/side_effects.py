"""Defects that show elsewhere than in the answer: areas RACE and SAFE."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from tests.targets.correct import Correct, Session
from tests.targets.defects.marks import breaks
from tests.targets.wire import Answer, HangUp, Request

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


@breaks("CXL-SAFE-1")
class UrlInTheAnswer(Correct):
    """The creation URL once more."""

    def body(self, session: Session) -> Any:
        return {**super().body(session), "url": session.url}


@breaks("CXL-SAFE-1")
class TokenDeepInTheAnswer(Correct):
    """Only its token, in an attribute of an attribute."""

    def body(self, session: Session) -> Any:
        return {**super().body(session), "debug": {"trace": [session.url.rpartition("/")[2]]}}


@breaks("CXL-SAFE-1")
class TokenInTheRefusal(Correct):
    """In the 400."""

    def refused(self, session: Session, code: str) -> Answer:
        return Answer(400, self.error(f"Session behind {session.url} cannot be cancelled.", code))


@breaks("CXL-SAFE-2")
class TokenInAHeader(Correct):
    """Only in a header."""

    def cancel(self, session: Session) -> Answer:
        answer = super().cancel(session)
        answer.headers.append(("Link", f'<{session.url}>; rel="alternate"'))
        return answer


@breaks("CXL-SAFE-3")
class TokenInTheEvent(Correct):
    """Only in the webhook."""

    def event(self, session: Session) -> Any:
        event = super().event(session)
        event["data"]["url"] = session.url
        return event


class OtherMethods(Correct):
    """Another method cancels as well."""

    method = ""

    def other_method(self, request: Request, session_id: str) -> Answer:
        if request.method == self.method:
            return self.cancel_request(request, session_id)
        return super().other_method(request, session_id)


@breaks("CXL-SAFE-4")
class GetCancels(OtherMethods):
    """A link that cancels."""

    method = "GET"


@breaks("CXL-SAFE-4")
class HeadCancels(OtherMethods):
    """A question that cancels."""

    method = "HEAD"


@breaks("CXL-SAFE-4")
class DeleteCancels(OtherMethods):
    """Another way to say it."""

    method = "DELETE"


@breaks("CXL-SAFE-4")
class PutCancels(OtherMethods):
    """Another one."""

    method = "PUT"


@breaks("CXL-SAFE-4")
class SilentGet(Correct):
    """GET answers 405, yet cancels."""

    def other_method(self, request: Request, session_id: str) -> Answer:
        session = self.sessions.get(session_id)
        if request.method == "GET" and session and not self.refusal(session):
            self.set_cancelled(session)
        return super().other_method(request, session_id)
