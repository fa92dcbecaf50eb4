"""Defects that show with ids that nobody would give: area NF."""

from __future__ import annotations

import re
from urllib.parse import unquote

from tests.targets.correct import Correct, Session
from tests.targets.defects.marks import breaks
from tests.targets.wire import Answer, HangUp, Request


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


@breaks("CXL-NF-4")
class FailsOnMalformedEscapes(Correct):
    """A percent sign with anything but two hexadecimal digits brings it down."""

    def respond(self, request: Request) -> Answer:
        return Answer(500) if re.search("%(?![0-9A-Fa-f]{2})", request.path) else super().respond(request)


@breaks("CXL-NF-1")
class TrimsIds(Correct):
    """Spaces around an id are no part of it."""

    def find(self, tenant: str, session_id: str) -> Session | None:
        return super().find(tenant, session_id.strip())


@breaks("CXL-NF-1")
class DecodesTwice(Correct):
    """Percent-encoding is undone by the server, and once more by the program."""

    def find(self, tenant: str, session_id: str) -> Session | None:
        return super().find(tenant, unquote(session_id))
