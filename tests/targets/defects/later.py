"""Defects that show a while later: areas STATE and EXP."""

from __future__ import annotations

import json
import time
from collections import Counter

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


@breaks("CXL-EXP-1")
class OnlyTheFirstIsChecked(Correct):
    """Who asks while another cancel of an overdue session is under way is served without a look at the time."""

    def __init__(self) -> None:
        super().__init__()
        self.under_way: Counter[str] = Counter()

    def cancel(self, session: Session) -> Answer:
        self.under_way[session.id] += 1
        is_first = self.under_way[session.id] == 1
        try:
            time.sleep(0.02)
            if not is_first and session.attributes["status"] == "pending":
                self.set_cancelled(session)
                return Answer(200, self.body(session))
            return super().cancel(session)
        finally:
            self.under_way[session.id] -= 1


@breaks("CXL-EXP-2")
class OverdueOnlyOnce(Correct):
    """An overdue session's second cancel is told that it is not pending, which it is."""

    def __init__(self) -> None:
        super().__init__()
        self.told: set[str] = set()

    def refused(self, session: Session, code: str) -> Answer:
        was_told = session.id in self.told
        self.told.add(session.id)
        return super().refused(session, "session_not_pending" if was_told else code)


@breaks("CXL-STATE-2", "HOOK")
class UntoldIsUndone(Correct):
    """Where the receiver does not take the event, the cancellation is rolled back."""

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> bool:
        taken = super().post(url, body, headers)
        if not taken:
            session = self.sessions[json.loads(body)["data"]["id"]]
            session.attributes |= {"status": "pending", "cancelled_at": None}
        return taken
