"""Defects of what the 400 says: area ERR."""

from __future__ import annotations

from typing import Any

from tests.targets.correct import Correct, Session
from tests.targets.defects.marks import breaks
from tests.targets.wire import Answer


class OtherWords(Correct):
    """Differs in the body of the 400."""

    def refused(self, session: Session, code: str) -> Answer:
        return Answer(400, self.told(code))

    def told(self, code: str) -> Any:
        """The body."""


@breaks("CXL-ERR-1")
class BothCodes(OtherWords):
    """Both codes in one body."""

    def told(self, code: str) -> Any:
        return {"message": "Refused.", "error_code": code, "codes": ["session_not_pending", "session_expired"]}


@breaks("CXL-ERR-1")
class NoCode(OtherWords):
    """A message alone."""

    def told(self, code: str) -> Any:
        return {"message": "The session cannot be cancelled."}


@breaks("CXL-ERR-1")
class Misspelt(OtherWords):
    """A letter less."""

    def told(self, code: str) -> Any:
        return {"message": "Refused.", "error_code": code.replace("pending", "pendng").replace("expired", "expird")}


@breaks("CXL-ERR-1")
class CodeInProse(OtherWords):
    """The words, in a sentence, for people alone."""

    def told(self, code: str) -> Any:
        return {"message": f"Cancelling failed, since {code} or so.", "error_code": "bad_request"}


@breaks("CXL-ERR-1")
class CapitalCode(OtherWords):
    """In capitals."""

    def told(self, code: str) -> Any:
        return {"message": "Refused.", "error_code": code.upper()}


@breaks("CXL-ERR-1")
class EmptyRefusal(OtherWords):
    """A 400 without a body."""
