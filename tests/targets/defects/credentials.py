"""Defects of keys: area AUTH, and what becomes of whose they are when requests meet: area RACE."""

from __future__ import annotations

import threading
import time

from tests.targets.correct import Correct
from tests.targets.defects.marks import breaks
from tests.targets.wire import Answer, HangUp, Request


@breaks("CXL-AUTH-1")
class MissingIs401(Correct):
    """401 without a key."""

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        answer = super().cancel_request(request, session_id)
        if "authorization" not in request.headers:
            answer.status = 401
        return answer


@breaks("CXL-AUTH-1")
class NoKeyNeeded(Correct):
    """Without a key, the first tenant is meant."""

    def tenant_of(self, authorization: str | None) -> str | None:
        return "one" if authorization is None else super().tenant_of(authorization)


@breaks("CXL-AUTH-1")
class HangsUpWithoutAKey(Correct):
    """Who has no key gets no answer."""

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        if "authorization" not in request.headers:
            raise HangUp
        return super().cancel_request(request, session_id)


@breaks("CXL-AUTH-2")
class EmptyKeyIsAdmin(Correct):
    """An empty key is as good as any."""

    def tenant_of_key(self, key: str) -> str | None:
        return super().tenant_of_key(key) if key else "one"


@breaks("CXL-AUTH-2")
class EmptyIs400(Correct):
    """400 for an empty key."""

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        answer = super().cancel_request(request, session_id)
        if request.headers.get("authorization") == "Bearer":
            answer.status = 400
        return answer


@breaks("CXL-AUTH-3")
class MalformedIs500(Correct):
    """A header without a space brings it down."""

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        if request.headers.get("authorization", "Bearer ").count(" ") != 1:
            return Answer(500, b"IndexError", "text/plain")
        return super().cancel_request(request, session_id)


@breaks("CXL-AUTH-3")
class MalformedIs400(Correct):
    """400 for another scheme."""

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        answer = super().cancel_request(request, session_id)
        if request.headers.get("authorization", "").startswith("Digest"):
            answer.status = 400
        return answer


@breaks("CXL-AUTH-4")
class UnknownIs401(Correct):
    """401 for a key that nobody has."""

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        answer = super().cancel_request(request, session_id)
        if answer.status == 403 and request.headers.get("authorization", "").startswith("Bearer unknown"):
            answer.status = 401
        return answer


@breaks("CXL-AUTH-4")
class AnyKey(Correct):
    """Whatever the key, the session decides."""

    def tenant_of_key(self, key: str) -> str | None:
        return super().tenant_of_key(key) or ("one" if key else None)


@breaks("CXL-AUTH-4")
class UnknownOnlyOnce(Correct):
    """A key that was looked up before is in the cache, whatever had come of it."""

    def __init__(self) -> None:
        super().__init__()
        self.looked_up: set[str] = set()

    def tenant_of_key(self, key: str) -> str | None:
        if key in self.looked_up:
            return super().tenant_of_key(key) or "one"
        self.looked_up.add(key)
        return super().tenant_of_key(key)


@breaks("CXL-AUTH-7")
class ActsBeforeChecking(Correct):
    """Refused with 403, yet cancelled."""

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        answer = super().cancel_request(request, session_id)
        session = self.sessions.get(session_id)
        if answer.status == 403 and session and not self.refusal(session):
            self.set_cancelled(session)
        return answer


@breaks("CXL-AUTH-7")
class ActsLater(Correct):
    """Refused with 403, yet a job cancels it a little later."""

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        answer = super().cancel_request(request, session_id)
        session = self.sessions.get(session_id)
        if answer.status == 403 and session and not self.refusal(session):
            threading.Timer(1.0, self.set_cancelled, [session]).start()
        return answer


@breaks("CXL-RACE-5")
class OneCurrentTenant(Correct):
    """Whose key it is stands in one place for all requests."""

    current = ""

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        tenant = self.tenant_of(request.headers.get("authorization"))
        if tenant is None:
            return self.forbidden()
        self.current = tenant
        time.sleep(0.02)
        session = self.find(self.current, session_id)
        return self.cancel(session) if session else self.not_found(session_id)


@breaks("CXL-RACE-5")
class AnybodyBesideUs(Correct):
    """While a request with a valid key is under way, one with any key is taken for its."""

    under_way = 0

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        if self.tenant_of(request.headers.get("authorization")) is None:
            time.sleep(0.02 / 2)
            found = self.sessions.get(session_id) if self.under_way else None
            return self.cancel(found) if found else self.forbidden()
        self.under_way += 1
        try:
            time.sleep(0.02)
            return super().cancel_request(request, session_id)
        finally:
            self.under_way -= 1
