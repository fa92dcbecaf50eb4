"""Lawful variants: implementations that differ from the correct one in what the contract leaves open."""

from __future__ import annotations

import gzip
import itertools
import json
import secrets
import threading
import time
import uuid
from typing import Any
from urllib.parse import urlencode

from tests.targets.correct import Correct, Session
from tests.targets.wire import Answer, Request

TITLE = "The session cannot be cancelled."


class Told(Correct):
    """Differs in the 400 alone."""

    media_type = "application/json"

    def refused(self, session: Session, code: str) -> Answer:
        return Answer(400, self.told(session, code), self.media_type)

    def told(self, session: Session, code: str) -> Any:
        """The body."""


class ProblemDetails(Told):
    """RFC 9457, the code at the end of a URI."""

    media_type = "application/problem+json"

    def told(self, session: Session, code: str) -> Any:
        return {"type": f"https://docs.example.test/errors/{code}", "title": TITLE, "status": 400}


class NestedError(Told):
    """The code one level down."""

    def told(self, session: Session, code: str) -> Any:
        return {"error": {"code": code, "message": TITLE}}


class ErrorList(Told):
    """A list of errors."""

    def told(self, session: Session, code: str) -> Any:
        return {"errors": [{"code": code, "detail": TITLE}]}


class CodeAsMember(Told):
    """The code is a member's name."""

    def told(self, session: Session, code: str) -> Any:
        return {code: [TITLE]}


class BareString(Told):
    """A JSON string."""

    def told(self, session: Session, code: str) -> Any:
        return code


class TextError(Told):
    """Plain text, the code alone."""

    media_type = "text/plain; charset=utf-8"

    def told(self, session: Session, code: str) -> Any:
        return code.encode()


class TextSentence(Told):
    """Plain text, the code before the words."""

    media_type = "text/plain"

    def told(self, session: Session, code: str) -> Any:
        return f"{code}: {TITLE}\n".encode()


class Urn(Told):
    """The code at the end of a URN, message an object, the session beside it."""

    def told(self, session: Session, code: str) -> Any:
        return {"error_code": f"urn:example:{code}", "message": {"en": TITLE}, "session": dict(session.attributes)}


class UuidIds(Correct):
    """UUIDs."""

    def new_id(self) -> str:
        return str(uuid.uuid4())


class CountedIds(Correct):
    """Numbers counted up, events too."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = itertools.count(1000)

    def new_id(self) -> str:
        return str(next(self.numbers))

    def event(self, session: Session) -> Any:
        return {**super().event(session), "id": next(self.numbers)}


class LongIds(Correct):
    """Two hundred characters."""

    def new_id(self) -> str:
        return f"session-{secrets.token_hex(96)}"


class OddIds(Correct):
    """Characters that need encoding in a path."""

    def new_id(self) -> str:
        return f"s:{secrets.token_hex(6)}=~@é"


class ExtraAttributes(Correct):
    """More than is documented, of every type."""

    def body(self, session: Session) -> Any:
        more = {"object": "payment_session", "livemode": False, "metadata": {"a": [1, None]}, "amount": 1.5}
        return {**more, **super().body(session)}


class EmptyUrl(Correct):
    """`url` is an empty string."""

    def body(self, session: Session) -> Any:
        return {**super().body(session), "url": ""}


class RedactedUrl(Correct):
    """`url` without its token."""

    def body(self, session: Session) -> Any:
        return {**super().body(session), "url": "https://pay.example.test/setup/[redacted]"}


class PrettyPrinted(Correct):
    """White space, escapes, another order, a charset."""

    def cancel(self, session: Session) -> Answer:
        answer = super().cancel(session)
        ordered = dict(sorted(answer.content.items(), reverse=True))
        answer.content = json.dumps(ordered, indent=4).replace("/", "\\/").encode() + b"\r\n"
        answer.media_type = "Application/JSON; charset=UTF-8"
        return answer


class Chunked(Correct):
    """Chunks of seven bytes."""

    def respond(self, request: Request) -> Answer:
        answer = super().respond(request)
        answer.is_chunked = bool(answer.body()) and request.method != "HEAD"
        return answer


class Gzipped(Correct):
    """Compressed where the client accepts it."""

    def respond(self, request: Request) -> Answer:
        answer = super().respond(request)
        if "gzip" in request.headers.get("accept-encoding", "") and answer.body() and request.method != "HEAD":
            answer.content = gzip.compress(answer.body())
            answer.headers.append(("Content-Encoding", "gzip"))
        return answer


class NoKeepAlive(Correct):
    """A connection for each request."""

    def respond(self, request: Request) -> Answer:
        answer = super().respond(request)
        answer.is_last = True
        return answer


class Slow(Correct):
    """A twentieth of a second for everything."""

    def respond(self, request: Request) -> Answer:
        time.sleep(0.05)
        return super().respond(request)


class Uneven(Correct):
    """Now quick, now slow."""

    pauses = itertools.cycle((0.0, 0.1, 0.02, 0.4))

    def cancel(self, session: Session) -> Answer:
        time.sleep(next(self.pauses))
        return super().cancel(session)


class NoDate(Correct):
    """No `Date`, no `Server`."""

    left_out = frozenset({"Date", "Server"})


class LateEvents(Correct):
    """An event comes most of a second later."""

    def deliver(self, tenant: str, event: Any) -> None:
        time.sleep(0.8)
        super().deliver(tenant, event)


class RepeatedEvents(Correct):
    """Every event three times, under one id."""

    def deliver(self, tenant: str, event: Any) -> None:
        for _ in range(3):
            super().deliver(tenant, event)


class EarlyEvents(Correct):
    """The event is out before the answer."""

    def cancel(self, session: Session) -> Answer:
        answer = super().cancel(session)
        time.sleep(0.1)
        return answer


class ReorderedEvents(Correct):
    """An event now and then overtakes the one before."""

    pauses = itertools.cycle((0.5, 0.0, 0.2))

    def deliver(self, tenant: str, event: Any) -> None:
        time.sleep(next(self.pauses))
        super().deliver(tenant, event)


class OtherEventShape(Correct):
    """Differs in the event."""

    def event_headers(self, event: Any, body: bytes, secret: str) -> dict[str, str]:
        return {"Content-Type": "application/json"}


class NestedEvent(OtherEventShape):
    """`event_type` one level down, unsigned, the id called `event_id`."""

    def event(self, session: Session) -> Any:
        return {
            "event_id": str(uuid.uuid4()),
            "event": {"event_type": "payment.session.cancelled", "session_id": session.id},
        }


class FlatEvent(OtherEventShape):
    """The session itself with an `event_type`."""

    def event(self, session: Session) -> Any:
        return {**session.attributes, "event_type": "payment.session.cancelled"}


class AnonymousEvent(OtherEventShape):
    """Nothing but what the page names, so that all events look the same."""

    def event(self, session: Session) -> Any:
        return {"event_type": "payment.session.cancelled"}


class FormEvent(OtherEventShape):
    """A form instead of JSON."""

    def event(self, session: Session) -> Any:
        return {"event_type": "payment.session.cancelled", "session": session.id, "nonce": secrets.token_hex(4)}

    def event_body(self, event: Any) -> bytes:
        return urlencode(event).encode()


class LinkingEvent(OtherEventShape):
    """The session named by its URI."""

    def event(self, session: Session) -> Any:
        link = f"https://api.example.test/api/v1/payment/sessions/{session.id}"
        return {"id": secrets.token_hex(8), "event_type": "payment.session.cancelled", "links": {"session": link}}


class OtherEventsToo(Correct):
    """Events of other types arrive as well."""

    def notify(self, session: Session) -> None:
        self.send(session.tenant, {**super().event(session), "event_type": "payment.session.updated"})
        super().notify(session)


class NoRetries(Correct):
    """One attempt (a SHOULD)."""

    retries_s = ()


class StopsAfterFailure(Correct):
    """A receiver that fails once gets nothing for a while (a SHOULD)."""

    retries_s = ()
    has_failed = False

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> bool:
        if self.has_failed:
            return True
        taken = super().post(url, body, headers)
        self.has_failed = not taken
        return taken


class EagerExpiry(Correct):
    """Sessions flip the moment they expire."""

    impossible = ("overdue",)

    def refusal(self, session: Session) -> str:
        attributes = session.attributes
        if attributes["status"] == "pending" and self.clock() >= attributes["expires_at"]:
            attributes["status"] = "expired"
        return super().refusal(session)


class OtherMethod(Correct):
    """Differs in the answer to other methods."""

    status = 404

    def other_method(self, request: Request, session_id: str) -> Answer:
        return Answer(self.status, {"detail": "no"})


class MethodsNotFound(OtherMethod):
    """404 for other methods."""


class MethodsNotImplemented(OtherMethod):
    """501 for other methods."""

    status = 501


class MethodsForbidden(OtherMethod):
    """403 for other methods."""

    status = 403


class GetReads(Correct):
    """GET and HEAD show the session and change nothing."""

    def other_method(self, request: Request, session_id: str) -> Answer:
        session = self.sessions.get(session_id)
        if request.method in {"GET", "HEAD"} and session:
            return Answer(200, self.read(session))
        return super().other_method(request, session_id)


class RedirectsOddPaths(Correct):
    """A permanent redirect for every path that is not in its normal form."""

    def odd_path(self, request: Request) -> Answer:
        return Answer(308, headers=[("Location", "/normal/form")])


class SessionFirst(Correct):
    """The session is looked up before the key (a SHOULD)."""

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        if session_id not in self.sessions:
            return self.not_found(session_id)
        return super().cancel_request(request, session_id)


class OthersForbidden(Correct):
    """403 for another tenant's session (a SHOULD)."""

    def not_found(self, session_id: str) -> Answer:
        return self.forbidden() if session_id in self.sessions else super().not_found(session_id)


class BareRefusals(Correct):
    """403 and 404 without a body."""

    def forbidden(self) -> Answer:
        return Answer(403)

    def not_found(self, session_id: str) -> Answer:
        return Answer(404)


class HtmlRefusals(Correct):
    """403 and 404 as pages of a gateway."""

    def forbidden(self) -> Answer:
        return Answer(403, b"<h1>Forbidden</h1>", "text/html")

    def not_found(self, session_id: str) -> Answer:
        return Answer(404, b"<h1>Not found</h1>", "text/html")


class ShortLifetime(Correct):
    """Ten minutes (a SHOULD)."""

    def make(self, tenant: str, state: str, lifetime_s: int) -> Session:
        return super().make(tenant, state, min(lifetime_s, 600))


class UnderAPath(Correct):
    """The API lives under a path of its own."""

    prefix = "/payments-eu"


class Throttles(Correct):
    """Every twentieth cancel has to come again."""

    numbers = itertools.count(1)

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        if next(self.numbers) % 20 == 0:
            return Answer(429, {"message": "Slow down."}, headers=[("Retry-After", "0")])
        return super().cancel_request(request, session_id)


class NoRead(Correct):
    """The provider cannot read."""

    operations = ("complete", "webhook-endpoint")


class NoComplete(Correct):
    """The provider cannot complete."""

    operations = ("read", "webhook-endpoint")


class NoWebhookEndpoint(Correct):
    """No endpoint can be set."""

    operations = ("read", "complete")


class OneThread(Correct):
    """One request at a time."""

    gate = threading.Lock()

    def respond(self, request: Request) -> Answer:
        with self.gate:
            return super().respond(request)


class Cookies(Correct):
    """Sets cookies and a request id on everything."""

    def respond(self, request: Request) -> Answer:
        answer = super().respond(request)
        answer.headers += [
            ("Set-Cookie", f"trace={secrets.token_hex(16)}; Path=/"),
            ("X-Request-Id", str(uuid.uuid4())),
        ]
        return answer


class BasicKeys(Correct):
    """Takes the key in any of the three forms."""

    def tenant_of(self, authorization: str | None) -> str | None:
        scheme, _, key = (authorization or "").partition(" ")
        return self.tenant_of_key(key) if scheme in {"Bearer", "Basic"} else None


class RoundsUp(Correct):
    """`cancelled_at` rounded to the nearest second."""

    def cancelled_at(self, session: Session) -> Any:
        return round(self.clock())


FAMILIES = {Told, OtherEventShape, OtherMethod}


def lawful() -> dict[str, type[Correct]]:
    """Every variant by name."""
    return {
        name: each
        for name, each in globals().items()
        if isinstance(each, type) and issubclass(each, Correct) and each is not Correct and each not in FAMILIES
    }
