"""Lawful ways of HTTP: connections, encodings, headers."""

from __future__ import annotations

import gzip
import secrets
import uuid

from tests.targets.correct import Correct
from tests.targets.wire import Answer, HangUp, Request


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


class GivesUpConnections(Correct):
    """Closes a connection a moment after the answer, without saying so."""

    def respond(self, request: Request) -> Answer:
        answer = super().respond(request)
        answer.given_up_after_s = 0.005
        return answer


class NoDate(Correct):
    """No `Date`, no `Server`."""

    left_out = frozenset({"Date", "Server"})


class Cookies(Correct):
    """Sets cookies and a request id on everything."""

    def respond(self, request: Request) -> Answer:
        answer = super().respond(request)
        answer.headers += [
            ("Set-Cookie", f"trace={secrets.token_hex(16)}; Path=/"),
            ("X-Request-Id", str(uuid.uuid4())),
        ]
        return answer


class LosesA404NowAndThen(Correct):
    """Every seventh of them gets lost with its connection."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = 0

    def not_found(self, session_id: str) -> Answer:
        self.sent += 1
        if self.sent % 7 == 0:
            raise HangUp
        return super().not_found(session_id)
