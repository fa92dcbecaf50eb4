"""Defects of the 200: areas OK and BODY."""

from __future__ import annotations

import time
from typing import Any

from tests.targets.correct import Attributes, Correct, Session
from tests.targets.defects.marks import breaks
from tests.targets.wire import Answer, Request


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


@breaks("CXL-OK-4")
class CancelsTheTenant(Correct):
    """One cancel takes the tenant's other sessions with it."""

    def set_cancelled(self, session: Session) -> None:
        for other in self.sessions.values():
            if other.tenant == session.tenant and other.attributes["status"] == "pending":
                super().set_cancelled(other)


@breaks("CXL-BODY-1")
class NoContractor(OtherBody):
    """`contractor_id` is missing."""

    def spoil(self, attributes: Attributes) -> Any:
        del attributes["contractor_id"]


@breaks("CXL-BODY-1")
class NoCompletedAt(OtherBody):
    """Nulls are left out."""

    def spoil(self, attributes: Attributes) -> Any:
        del attributes["completed_at"]


@breaks("CXL-BODY-1")
class NoExpiresAt(OtherBody):
    """`expires_at` is gone once it no longer matters."""

    def spoil(self, attributes: Attributes) -> Any:
        del attributes["expires_at"]


@breaks("CXL-BODY-1")
class CreatedAsText(OtherBody):
    """A number in quotes."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["created"] = str(attributes["created"])


@breaks("CXL-BODY-1")
class CreatedAsFloat(OtherBody):
    """Seconds with a fraction of nothing."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["created"] = float(attributes["created"])


@breaks("CXL-BODY-1")
class UrlNull(OtherBody):
    """`url` is typed string and not nullable."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["url"] = None


@breaks("CXL-BODY-1")
class WrappedInData(OtherBody):
    """The session one level down."""

    def spoil(self, attributes: Attributes) -> Any:
        return {"data": attributes}


@breaks("CXL-BODY-2")
class OneL(OtherBody):
    """`canceled`."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["status"] = "canceled"


@breaks("CXL-BODY-2")
class StillPending(OtherBody):
    """The session as it was before."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["status"] = "pending"


@breaks("CXL-BODY-3")
class Milliseconds(Correct):
    """Times of another unit."""

    def cancelled_at(self, session: Session) -> Any:
        return int(self.clock() * 1000)


@breaks("CXL-BODY-3")
class CancelledAtCreation(Correct):
    """The time of creation."""

    def cancelled_at(self, session: Session) -> Any:
        return session.attributes["created"]


@breaks("CXL-BODY-3")
class CancelledAtExpiry(Correct):
    """The time at which it would have expired."""

    def cancelled_at(self, session: Session) -> Any:
        return session.attributes["expires_at"]


@breaks("CXL-BODY-3")
class LocalTime(Correct):
    """One time zone off."""

    def cancelled_at(self, session: Session) -> Any:
        return int(self.clock()) + 3600


@breaks("CXL-BODY-3")
class CancelledAtZero(Correct):
    """The epoch."""

    def cancelled_at(self, session: Session) -> Any:
        return 0


@breaks("CXL-BODY-3")
class IsoTime(Correct):
    """A date in words."""

    def cancelled_at(self, session: Session) -> Any:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


@breaks("CXL-BODY-4")
class CompletedToo(OtherBody):
    """`completed_at` is set along with `cancelled_at`."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["completed_at"] = attributes["cancelled_at"]


@breaks("CXL-BODY-4")
class CompletedAtZero(OtherBody):
    """0 for never."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["completed_at"] = 0


@breaks("CXL-BODY-5")
class PreviousId(OtherBody):
    """The id of the session before, from a cache."""

    last = ""

    def spoil(self, attributes: Attributes) -> Any:
        self.last, attributes["id"] = attributes["id"], self.last or attributes["id"]


@breaks("CXL-BODY-5")
class ShoutedId(OtherBody):
    """The id in capitals."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["id"] = attributes["id"].upper()


@breaks("CXL-BODY-6")
class OtherProcessor(OtherBody):
    """A processor that the page does not list."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["processor"] = "Checkout"


@breaks("CXL-BODY-7")
class CreatedNow(OtherBody):
    """`created` moves with every change."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["created"] = int(self.clock())


@breaks("CXL-BODY-7")
class ExpiresNow(OtherBody):
    """A cancelled session expires at once."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["expires_at"] = attributes["cancelled_at"]


@breaks("CXL-BODY-7")
class TidiedReturnUrl(OtherBody):
    """The query of `return_url` is lost."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["return_url"] = attributes["return_url"].partition("?")[0]


@breaks("CXL-BODY-7")
class OtherContractor(OtherBody):
    """Somebody else's session, or so it says."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["contractor_id"] += "x"


@breaks("CXL-BODY-8")
class PlainReturnUrl(Correct):
    """`http`."""

    def return_url(self) -> str:
        return "http://shop.example.test/done"


@breaks("CXL-BODY-8")
class ReturnUrlWithFragment(Correct):
    """A fragment."""

    def return_url(self) -> str:
        return "https://shop.example.test/done#top"


@breaks("CXL-BODY-8")
class ReturnUrlWithCredentials(Correct):
    """A user and a password."""

    def return_url(self) -> str:
        return "https://user:pass@shop.example.test/done"


@breaks("CXL-BODY-9")
class EmptyContractor(Correct):
    """An id that identifies nobody."""

    def make(self, tenant: str, state: str, lifetime_s: int) -> Session:
        session = super().make(tenant, state, lifetime_s)
        session.attributes["contractor_id"] = ""
        return session
