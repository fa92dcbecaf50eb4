"""Defects of keys: area AUTH."""

from __future__ import annotations

import re
import threading
from fnmatch import fnmatchcase

from tests.targets.correct import KEY, Correct
from tests.targets.defects.marks import breaks
from tests.targets.wire import Answer, Request


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


@breaks("CXL-AUTH-5")
class AnyCase(Correct):
    """The key compared case-insensitively."""

    def tenant_of_key(self, key: str) -> str | None:
        return {known.lower(): tenant for known, tenant in self.keys.items()}.get(key.lower())


@breaks("CXL-AUTH-5")
class PrefixIsEnough(Correct):
    """A key that begins like a valid one."""

    def tenant_of_key(self, key: str) -> str | None:
        return next((tenant for known, tenant in self.keys.items() if key.startswith(known)), None)


@breaks("CXL-AUTH-5")
class PartIsEnough(Correct):
    """A key that a valid one begins with."""

    def tenant_of_key(self, key: str) -> str | None:
        return next((tenant for known, tenant in self.keys.items() if len(key) > 9 and known.startswith(key)), None)


@breaks("CXL-AUTH-5")
class TestKeysAreFree(Correct):
    """Any key of the right form is the first tenant's."""

    def tenant_of_key(self, key: str) -> str | None:
        return super().tenant_of_key(key) or ("one" if key.startswith(KEY[:9]) else None)


@breaks("CXL-AUTH-5")
class EndIsEnough(Correct):
    """Only the last 8 characters are compared."""

    def tenant_of_key(self, key: str) -> str | None:
        return next((tenant for known, tenant in self.keys.items() if key[-8:] == known[-8:]), None)


@breaks("CXL-AUTH-5")
class StemIsIgnored(Correct):
    """What stands before the last underscore is ignored."""

    def tenant_of_key(self, key: str) -> str | None:
        return next(
            (tenant for known, tenant in self.keys.items() if key.rpartition("_")[2] == known.rpartition("_")[2]), None
        )


@breaks("CXL-AUTH-5")
class SortedKeys(Correct):
    """The characters count, their order does not."""

    def tenant_of_key(self, key: str) -> str | None:
        return next((tenant for known, tenant in self.keys.items() if sorted(key) == sorted(known)), None)


@breaks("CXL-AUTH-5")
class LikeKeys(Correct):
    """The key goes into a LIKE."""

    def tenant_of_key(self, key: str) -> str | None:
        return next(
            (
                tenant
                for known, tenant in self.keys.items()
                if fnmatchcase(known, key.replace("%", "*").replace("_", "?"))
            ),
            None,
        )


@breaks("CXL-AUTH-5")
class PatternKeys(Correct):
    """The key is taken for a regular expression."""

    def tenant_of_key(self, key: str) -> str | None:
        return next(
            (
                tenant
                for known, tenant in self.keys.items()
                if key and re.fullmatch(re.escape(key).replace(r"\.", "."), known)
            ),
            None,
        )


@breaks("CXL-AUTH-5")
class KeyUpToTheDot(Correct):
    """What follows a dot is dropped."""

    def tenant_of_key(self, key: str) -> str | None:
        return next((tenant for known, tenant in self.keys.items() if key.partition(".")[0] == known), None)


@breaks("CXL-AUTH-5")
class NoPunctuation(Correct):
    """Dashes are dropped."""

    def tenant_of_key(self, key: str) -> str | None:
        return next((tenant for known, tenant in self.keys.items() if key.replace("-", "") == known), None)


@breaks("CXL-AUTH-5")
class NullIsAdmin(Correct):
    """A key that a careless program sends is the first tenant's."""

    def tenant_of_key(self, key: str) -> str | None:
        return "one" if key in {"null", "undefined"} else super().tenant_of_key(key)


@breaks("CXL-AUTH-5")
class InjectedKey(Correct):
    """A statement put together by hand."""

    def tenant_of_key(self, key: str) -> str | None:
        return "one" if "' OR '" in key else super().tenant_of_key(key)


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
