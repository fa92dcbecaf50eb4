"""Lawful forms of the 400."""

from __future__ import annotations

from typing import Any

from tests.targets.correct import Correct, Session
from tests.targets.wire import Answer

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
