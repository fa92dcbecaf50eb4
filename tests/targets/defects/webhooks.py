"""Defects of the webhook: area HOOK."""

from __future__ import annotations

import json
import secrets
import threading
import time
from typing import Any

from tests.targets.correct import Correct, Session
from tests.targets.defects.marks import breaks
from tests.targets.wire import Answer, Request


@breaks("CXL-HOOK-1")
class NoEvent(Correct):
    """Nothing is sent."""

    def notify(self, session: Session) -> None:
        pass


class OtherEvent(Correct):
    """Differs in what the event says."""

    def event(self, session: Session) -> Any:
        event = super().event(session)
        self.spoil(event)
        return event

    def spoil(self, event: dict[str, Any]) -> None:
        """Change the event in place."""


@breaks("CXL-HOOK-1")
class EventWithOneL(OtherEvent):
    """`payment.session.canceled`."""

    def spoil(self, event: dict[str, Any]) -> None:
        event["event_type"] = event["type"] = "payment.session.canceled"


@breaks("CXL-HOOK-1")
class EventWithoutItsName(OtherEvent):
    """`type` instead of `event_type`."""

    def spoil(self, event: dict[str, Any]) -> None:
        del event["event_type"]


@breaks("CXL-HOOK-1")
class EventOfExpiry(OtherEvent):
    """The event of another transition."""

    def spoil(self, event: dict[str, Any]) -> None:
        event["event_type"] = "payment.session.expired"


@breaks("CXL-HOOK-1")
class EverySecondEvent(Correct):
    """Only every second cancellation is told of."""

    count = 0

    def notify(self, session: Session) -> None:
        self.count += 1
        if self.count % 2 == 0:
            super().notify(session)


@breaks("CXL-HOOK-2")
class WaitsForTheReceiver(Correct):
    """The answer is held until the event is delivered."""

    def send(self, tenant: str, event: Any) -> None:
        self.deliver(tenant, event)


@breaks("CXL-HOOK-2")
class WaitsForTheEventBefore(Correct):
    """The answer is held until the event of the cancel before is delivered."""

    before: threading.Thread | None = None

    def send(self, tenant: str, event: Any) -> None:
        if self.before:
            self.before.join()
        self.before = threading.Thread(target=self.deliver, args=(tenant, event), daemon=True)
        self.before.start()


@breaks("CXL-HOOK-3")
class EventOfCompletion(Correct):
    """A session that is completed is told of as cancelled."""

    def complete(self, session: Session) -> Answer:
        answer = super().complete(session)
        if answer.status == 200:
            self.notify(session)
        return answer


@breaks("CXL-HOOK-3")
class EventAfter403(Correct):
    """An event although the key was refused."""

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        answer = super().cancel_request(request, session_id)
        if answer.status == 403 and session_id in self.sessions:
            self.notify(self.sessions[session_id])
        return answer


@breaks("CXL-HOOK-3")
class EventAfter400(Correct):
    """An event although the state did not allow it."""

    def refused(self, session: Session, code: str) -> Answer:
        self.notify(session)
        return super().refused(session, code)


@breaks("CXL-HOOK-3")
class EventForOverdue(Correct):
    """An event only where the session is overdue."""

    def refused(self, session: Session, code: str) -> Answer:
        if code == "session_expired":
            self.notify(session)
        return super().refused(session, code)


@breaks("CXL-HOOK-3")
class EventForAnotherTenant(Correct):
    """An event although the session is another tenant's."""

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        answer = super().cancel_request(request, session_id)
        if answer.status == 404 and session_id in self.sessions:
            self.notify(self.sessions[session_id])
        return answer


@breaks("CXL-HOOK-4")
class NewIdForEachAttempt(Correct):
    """What is sent again is sent as another event."""

    def event_headers(self, event: Any, body: bytes, secret: str) -> dict[str, str]:
        return super().event_headers({**event, "id": secrets.token_hex(8)}, body, secret)

    def deliver(self, tenant: str, event: Any) -> None:
        if tenant not in self.endpoints:
            return
        url, secret = self.endpoints[tenant]
        body = self.event_body(event)
        for wait_s in self.retries_s:
            if self.post(url, body, self.event_headers(event, body, secret)):
                return
            time.sleep(wait_s)


@breaks("CXL-HOOK-4")
class TwoIds(Correct):
    """One cancellation, two events."""

    def notify(self, session: Session) -> None:
        super().notify(session)
        super().notify(session)


@breaks("CXL-HOOK-4")
class EventOnSecondCancel(Correct):
    """The refused second cancel sends an event of its own."""

    def refused(self, session: Session, code: str) -> Answer:
        if session.attributes["status"] == "cancelled":
            self.notify(session)
        return super().refused(session, code)


@breaks("CXL-HOOK-4")
class EventForLongCancelled(Correct):
    """Each refused cancel of a session that was cancelled by other means sends an event."""

    def __init__(self) -> None:
        super().__init__()
        self.cancelled_here: set[str] = set()

    def set_cancelled(self, session: Session) -> None:
        self.cancelled_here.add(session.id)
        super().set_cancelled(session)

    def refused(self, session: Session, code: str) -> Answer:
        if session.attributes["status"] == "cancelled" and session.id not in self.cancelled_here:
            self.notify(session)
        return super().refused(session, code)


@breaks("CXL-HOOK-4")
class TwoEventsInOneBatch(Correct):
    """One delivery, two events of one cancellation."""

    def event_body(self, event: Any) -> bytes:
        return json.dumps({"events": [event, {**event, "id": "again-" + event["id"]}]}).encode()


@breaks("CXL-HOOK-5")
class PreviousSession(Correct):
    """The event tells of the session cancelled before."""

    last: Session | None = None

    def notify(self, session: Session) -> None:
        super().notify(self.last or session)
        self.last = session


@breaks("CXL-HOOK-5")
class NewestSession(Correct):
    """The event tells of the session created last."""

    def notify(self, session: Session) -> None:
        super().notify([each for each in self.sessions.values() if each.tenant == session.tenant][-1])


@breaks("CXL-HOOK-5")
class OneIdASecond(Correct):
    """The event's id is made of its type and the second."""

    def event(self, session: Session) -> Any:
        event = super().event(session)
        return event | {"id": f"evt_{event['event_type']}_{int(self.clock())}"}
