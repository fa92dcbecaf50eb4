"""Defects of the 200: area OK."""

from __future__ import annotations

import threading
from typing import Any

from tests.targets.correct import Attributes, Correct, Session
from tests.targets.defects.marks import breaks
from tests.targets.wire import Answer, HangUp, Request


class OtherBody(Correct):
    """Differs in the body of the 200 alone."""

    def body(self, session: Session) -> Any:
        """Whatever `spoil` makes of it."""
        attributes = dict(session.attributes)
        return self.spoil(attributes) or attributes

    def spoil(self, attributes: Attributes) -> Any:
        """Change the attributes in place, or return another body."""


class OtherCancel(Correct):
    """Differs in the answer to an accepted cancel."""

    def cancel(self, session: Session) -> Answer:
        """Whatever `spoil` makes of the 200."""
        answer = super().cancel(session)
        if answer.status == 200:
            self.spoil(answer)
        return answer

    def spoil(self, answer: Answer) -> None:
        """Change the answer in place."""


@breaks("CXL-OK-1")
class Answers201(OtherCancel):
    """A cancel is no creation."""

    def spoil(self, answer: Answer) -> None:
        answer.status = 201


@breaks("CXL-OK-1")
class Answers202(OtherCancel):
    """Accepted is not done."""

    def spoil(self, answer: Answer) -> None:
        answer.status = 202


@breaks("CXL-OK-1")
class Answers204(OtherCancel):
    """No body at all."""

    def spoil(self, answer: Answer) -> None:
        answer.status, answer.content = 204, None


@breaks("CXL-OK-2")
class WantsContentType(Correct):
    """415 without a JSON body."""

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        if request.headers.get("content-type") != "application/json":
            return Answer(415, self.error("JSON only.", "unsupported_media_type"))
        return super().cancel_request(request, session_id)


@breaks("CXL-OK-3")
class AnswersList(OtherBody):
    """A list of one session."""

    def spoil(self, attributes: Attributes) -> Any:
        return [attributes]


@breaks("CXL-OK-3")
class AnswersTextPlain(OtherCancel):
    """JSON that does not say so."""

    def spoil(self, answer: Answer) -> None:
        answer.media_type = "text/plain"


@breaks("CXL-OK-3")
class AnswersVendorType(OtherCancel):
    """Another JSON type than the documented one."""

    def spoil(self, answer: Answer) -> None:
        answer.media_type = "application/vnd.example+json"


@breaks("CXL-OK-3")
class AnswersTwoObjects(OtherCancel):
    """Two objects in a row."""

    def spoil(self, answer: Answer) -> None:
        answer.content = answer.body() * 2


@breaks("CXL-OK-3")
class AnswersNotANumber(OtherBody):
    """An attribute more, whose value no JSON can have."""

    def spoil(self, attributes: Attributes) -> Any:
        return {**attributes, "fee": float("nan")}


@breaks("CXL-OK-3")
class AnswersWithAMark(OtherCancel):
    """A byte order mark comes first."""

    def spoil(self, answer: Answer) -> None:
        answer.content = b"\xef\xbb\xbf" + answer.body()


@breaks("CXL-OK-4")
class CancelsTheTenant(Correct):
    """One cancel takes the tenant's other sessions with it."""

    def set_cancelled(self, session: Session) -> None:
        for other in self.sessions.values():
            if other.tenant == session.tenant and other.attributes["status"] == "pending":
                super().set_cancelled(other)


@breaks("CXL-OK-4")
class CancelsTheTenantLater(Correct):
    """The same, by a job a second later."""

    def cancel(self, session: Session) -> Answer:
        answer = super().cancel(session)
        if answer.status == 200:
            threading.Timer(1.0, self.cancel_others, (session.tenant,)).start()
        return answer

    def cancel_others(self, tenant: str) -> None:
        """Those that were made before."""
        for other in list(self.sessions.values()):
            if other.tenant == tenant and other.attributes["status"] == "pending":
                self.set_cancelled(other)


@breaks("CXL-OK-1")
class HangsUpAfterTheCancel(OtherCancel):
    """What was cancelled is told to nobody."""

    def spoil(self, answer: Answer) -> None:
        raise HangUp
