"""Lawful ways to take a key, and forms of the 403 and the 404."""

from __future__ import annotations

from tests.targets.correct import Correct
from tests.targets.wire import Answer, Request


class SessionFirst(Correct):
    """The session is looked up before the key (a SHOULD)."""

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        if session_id not in self.sessions:
            return self.not_found(session_id)
        return super().cancel_request(request, session_id)


class StateFirst(SessionFirst):
    """The session is looked up, and its state looked at, before the key (a SHOULD)."""

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        session = self.sessions.get(session_id)
        code = self.refusal(session) if session else ""
        return self.refused(session, code) if session and code else super().cancel_request(request, session_id)


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


class BasicKeys(Correct):
    """Takes the key in any of the three forms."""

    def tenant_of(self, authorization: str | None) -> str | None:
        scheme, _, key = (authorization or "").partition(" ")
        return self.tenant_of_key(key) if scheme in {"Bearer", "Basic"} else None
