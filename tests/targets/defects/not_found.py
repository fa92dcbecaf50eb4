"""Defects of the 404: area NF."""

from __future__ import annotations

from fnmatch import fnmatchcase

from tests.targets.correct import Correct, Session
from tests.targets.defects.marks import breaks
from tests.targets.wire import Answer, HangUp, Request


@breaks("CXL-NF-1")
class UnknownIs400(Correct):
    """400 for an id that no session has."""

    def not_found(self, session_id: str) -> Answer:
        return Answer(400, self.error("No such session.", "session_not_found"))


@breaks("CXL-NF-1")
class UnknownIs500(Correct):
    """A null that nobody expected."""

    def not_found(self, session_id: str) -> Answer:
        return Answer(500, b"NullPointerException", "text/plain")


@breaks("CXL-NF-1")
class UnknownIsSuccess(Correct):
    """Nothing to cancel, so all is well."""

    def not_found(self, session_id: str) -> Answer:
        return Answer(200, {"id": session_id, "status": "cancelled"})


@breaks("CXL-NF-1")
class ReadsWhatItCan(Correct):
    """An id with something after it is taken for the id, as some number parsers do."""

    def find(self, tenant: str, session_id: str) -> Session | None:
        known = next((each for each in self.sessions if session_id.startswith(each)), session_id)
        return super().find(tenant, known)


@breaks("CXL-NF-1")
class LooksForThePrefix(Correct):
    """`LIKE 'ps_1%'`."""

    def find(self, tenant: str, session_id: str) -> Session | None:
        known = next(
            (each for each in self.sessions if len(session_id) > 5 and each.startswith(session_id)), session_id
        )
        return super().find(tenant, known)


@breaks("CXL-NF-1")
class IgnoresTheLastCharacter(Correct):
    """The last character of an id is not compared."""

    def find(self, tenant: str, session_id: str) -> Session | None:
        known = next((each for each in self.sessions if session_id[:-1] == each[:-1]), session_id)
        return super().find(tenant, known)


@breaks("CXL-NF-1")
class LikeIds(Correct):
    """The id goes into a LIKE."""

    def find(self, tenant: str, session_id: str) -> Session | None:
        known = next((each for each in self.sessions if fnmatchcase(each, session_id.replace("_", "?"))), session_id)
        return super().find(tenant, known)


@breaks("CXL-NF-1")
class AnyStem(Correct):
    """What stands before the underscore is ignored."""

    def find(self, tenant: str, session_id: str) -> Session | None:
        known = next(
            (each for each in self.sessions if session_id.rpartition("_")[2] == each.rpartition("_")[2]), session_id
        )
        return super().find(tenant, known)


@breaks("CXL-NF-1")
class EndsAtNull(Correct):
    """An id ends at its first null byte."""

    def find(self, tenant: str, session_id: str) -> Session | None:
        known = next((each for each in self.sessions if session_id.partition("\0")[0] == each), session_id)
        return super().find(tenant, known)


@breaks("CXL-NF-1")
class EndsAtSlash(Correct):
    """An id ends at its first slash, even an encoded one."""

    def find(self, tenant: str, session_id: str) -> Session | None:
        known = next((each for each in self.sessions if session_id.partition("/")[0] == each), session_id)
        return super().find(tenant, known)


@breaks("CXL-NF-2")
class FailsForStrangers(Correct):
    """Another tenant's session brings it down."""

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        answer = super().cancel_request(request, session_id)
        return Answer(500) if answer.status == 404 and session_id in self.sessions else answer


@breaks("CXL-NF-2")
class AnyTenant(Correct):
    """A valid key may cancel everybody's sessions."""

    def find(self, tenant: str, session_id: str) -> Session | None:
        return self.sessions.get(session_id)


@breaks("CXL-NF-2")
class HiddenButCancelled(Correct):
    """404 for another tenant's session, after it was cancelled."""

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        answer = super().cancel_request(request, session_id)
        session = self.sessions.get(session_id)
        if answer.status == 404 and session and not self.refusal(session):
            self.set_cancelled(session)
        return answer


class OddIds(Correct):
    """Differs for ids that `is_odd` singles out."""

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        if self.is_odd(session_id):
            return self.startled()
        return super().cancel_request(request, session_id)

    def is_odd(self, session_id: str) -> bool:
        """Whether the id is one that startles."""
        return False

    def startled(self) -> Answer:
        """What comes of it."""
        return Answer(500, b"Internal Server Error", "text/plain")


@breaks("CXL-NF-4")
class FailsOnUnicode(OddIds):
    """Only ASCII is expected."""

    def is_odd(self, session_id: str) -> bool:
        return not session_id.isascii()


@breaks("CXL-NF-4")
class FailsOnQuotes(OddIds):
    """A statement put together by hand."""

    def is_odd(self, session_id: str) -> bool:
        return "'" in session_id


@breaks("CXL-NF-4")
class FailsOnLength(OddIds):
    """A column of 255 characters."""

    def is_odd(self, session_id: str) -> bool:
        return len(session_id) > 255


@breaks("CXL-NF-4")
class HangsUpOnControls(OddIds):
    """A control character ends the connection."""

    def is_odd(self, session_id: str) -> bool:
        return any(ord(character) < 32 for character in session_id)

    def startled(self) -> Answer:
        raise HangUp


@breaks("CXL-NF-4")
class WelcomesSlashes(OddIds):
    """An encoded slash is taken for success."""

    def is_odd(self, session_id: str) -> bool:
        return "/" in session_id

    def startled(self) -> Answer:
        return Answer(200, {})


@breaks("CXL-NF-4")
class FailsOnPrototypes(OddIds):
    """A plain object is the table of sessions."""

    def is_odd(self, session_id: str) -> bool:
        return session_id in {"__proto__", "constructor"}


@breaks("CXL-NF-4")
class FailsOnGreatNumbers(OddIds):
    """Beyond 64 bits there is no number."""

    def is_odd(self, session_id: str) -> bool:
        return session_id.isdecimal() and int(session_id) >= 2**64


@breaks("CXL-NF-4")
class WelcomesAsterisks(WelcomesSlashes):
    """An asterisk is taken for all of them."""

    def is_odd(self, session_id: str) -> bool:
        return session_id == "*"
