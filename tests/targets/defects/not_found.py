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


@breaks("CXL-NF-1")
class HangsUpOnUnknownIds(Correct):
    """A look-up without a result ends the connection."""

    def not_found(self, session_id: str) -> Answer:
        raise HangUp


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


@breaks("CXL-NF-2")
class ReplaysTheOwnersAnswer(Correct):
    """The 200 is cached by the path alone."""

    def __init__(self) -> None:
        super().__init__()
        self.cached: dict[str, Answer] = {}

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        answer = super().cancel_request(request, session_id)
        if answer.status == 200:
            self.cached[session_id] = answer
        return self.cached.get(session_id, answer) if answer.status == 404 else answer


@breaks("CXL-NF-1")
class RemembersUnknownIds(Correct):
    """What was asked for once is known the second time."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def not_found(self, session_id: str) -> Answer:
        if session_id in self.asked:
            return Answer(400, self.error("The session cannot be cancelled.", "session_not_pending"))
        self.asked.add(session_id)
        return super().not_found(session_id)
