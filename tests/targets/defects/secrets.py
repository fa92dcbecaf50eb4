"""Defects that show the secret of the creation URL again, in part or spelled another way: area SAFE."""

from __future__ import annotations

import base64
import html
from typing import Any

from tests.targets.correct import Correct, Session
from tests.targets.defects.marks import breaks
from tests.targets.wire import Answer


def token_of(session: Session) -> str:
    """The last segment of the URL, without its prefix."""
    return session.url.rpartition("/live_")[2]


@breaks("CXL-SAFE-1")
class UrlInTheAnswer(Correct):
    """The creation URL once more."""

    def body(self, session: Session) -> Any:
        return {**super().body(session), "url": session.url}


@breaks("CXL-SAFE-1")
class TokenDeepInTheAnswer(Correct):
    """Only its token, in an attribute of an attribute."""

    def body(self, session: Session) -> Any:
        return {**super().body(session), "debug": {"trace": [session.url.rpartition("/")[2]]}}


@breaks("CXL-SAFE-1")
class TokenInTheRefusal(Correct):
    """In the 400."""

    def refused(self, session: Session, code: str) -> Answer:
        return Answer(400, self.error(f"Session behind {session.url} cannot be cancelled.", code))


@breaks("CXL-SAFE-2")
class TokenInAHeader(Correct):
    """Only in a header."""

    def cancel(self, session: Session) -> Answer:
        answer = super().cancel(session)
        answer.headers.append(("Link", f'<{session.url}>; rel="alternate"'))
        return answer


@breaks("CXL-SAFE-3")
class TokenInTheEvent(Correct):
    """Only in the webhook."""

    def event(self, session: Session) -> Any:
        event = super().event(session)
        event["data"]["url"] = session.url
        return event


class Shows(Correct):
    """A further attribute of the 200 shows something of the token."""

    def shown(self, session: Session) -> str:
        """What it shows."""
        return token_of(session)

    def body(self, session: Session) -> Any:
        return {**super().body(session), "debug": self.shown(session)}


@breaks("CXL-SAFE-1")
class TokenWithoutItsPrefix(Shows):
    """The token alone, without `live_`."""


@breaks("CXL-SAFE-1")
class TokenCutAtTheEnd(Shows):
    """Redacted, but for 28 of 32 characters."""

    def shown(self, session: Session) -> str:
        return token_of(session)[:28] + "****"


@breaks("CXL-SAFE-1")
class TokenCutAtTheStart(Shows):
    """Redacted, but for the last 24 of 32 characters."""

    def shown(self, session: Session) -> str:
        return "********" + token_of(session)[-24:]


@breaks("CXL-SAFE-1")
class UrlInBase64(Shows):
    """The whole URL, encoded."""

    def shown(self, session: Session) -> str:
        return base64.urlsafe_b64encode(session.url.encode()).decode()


@breaks("CXL-SAFE-1")
class TokenInHex(Shows):
    """The token, encoded."""

    def shown(self, session: Session) -> str:
        return token_of(session).encode().hex()


@breaks("CXL-SAFE-1")
class TokenInEntities(Shows):
    """The token as HTML writes what it does not trust."""

    def shown(self, session: Session) -> str:
        return "".join(f"&#{ord(character)};" for character in html.escape(token_of(session)))


@breaks("CXL-SAFE-1")
class TokenInEscapes(Correct):
    """The token in JSON escapes, in the 400."""

    def refused(self, session: Session, code: str) -> Answer:
        escaped = "".join(f"\\u{ord(character):04x}" for character in token_of(session))
        return Answer(400, f'{{"code": "{code}", "message": "{escaped}"}}'.encode())


@breaks("CXL-SAFE-2")
class TokenPercentEncodedInAHeader(Correct):
    """Every character of it."""

    def cancel(self, session: Session) -> Answer:
        answer = super().cancel(session)
        answer.headers.append(("X-Back", "".join(f"%{ord(character):02X}" for character in token_of(session))))
        return answer


@breaks("CXL-SAFE-3")
class TokenCutInTheEvent(Correct):
    """Part of the token, in the webhook."""

    def event(self, session: Session) -> Any:
        return {**super().event(session), "trace": token_of(session)[4:24]}
