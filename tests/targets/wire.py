"""HTTP for the implementations: requests in, answers out, nothing decided."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class HangUp(Exception):  # noqa: N818 - it is no error but an order
    """Close the connection without an answer."""


@dataclass(frozen=True, slots=True)
class Request:
    """`path` as it stood on the wire, still percent-encoded."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON, or an empty object."""
        return json.loads(self.body) if self.body else {}


@dataclass(slots=True)
class Answer:
    """`content` is JSON data, or bytes as they are. `is_chunked`, `is_last` and `given_up_after_s` are about the
    wire alone: a connection given up is closed so soon after the answer, and nobody is told."""

    status: int
    content: Any = None
    media_type: str = "application/json"
    headers: list[tuple[str, str]] = field(default_factory=list)
    is_chunked: bool = False
    is_last: bool = False
    given_up_after_s: float | None = None

    def body(self) -> bytes:
        """The bytes to send."""
        if self.content is None:
            return b""
        return self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()


Respond = Callable[[Request], Answer]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: Server

    def handle_any(self) -> None:
        """Answer one request of any method."""
        length = self.headers.get("Content-Length", "0")
        body = self.rfile.read(int(length)) if length.isdecimal() else b""
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            answer = self.server.respond(Request(self.command, self.path, headers, body))
        except HangUp:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._send(answer)
        if answer.given_up_after_s is not None:
            self.wfile.flush()
            time.sleep(answer.given_up_after_s)
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_any

    def _send(self, answer: Answer) -> None:
        body = answer.body()
        self.send_response(answer.status)
        if body:
            self.send_header("Content-Type", answer.media_type)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.is_last:
            self.send_header("Connection", "close")
        if answer.is_chunked:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for start in range(0, len(body), 7):
                chunk = body[start : start + 7]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            self.wfile.write(b"0\r\n\r\n")
        else:
            if answer.status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else body)

    def send_header(self, keyword: str, value: str) -> None:
        """As in the standard library, with what the implementation wants to do to it."""
        if keyword not in self.server.left_out:
            super().send_header(keyword, value)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """`Date`, by the implementation's clock."""
        return super().date_time_string(self.server.clock() if timestamp is None else timestamp)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's signature
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """`respond` answers; `clock` is what `Date` says; headers named in `left_out` are not sent."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, respond: Respond, clock: Callable[[], float], left_out: frozenset[str], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.respond = respond
        self.clock = clock
        self.left_out = left_out

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is its own affair; a mistake of ours would show as a missing answer."""


@contextmanager
def serving(respond: Respond, clock: Callable[[], float], left_out: frozenset[str] = frozenset()) -> Iterator[str]:
    """Serve on a free loopback port; yields the base URL."""
    server = Server(respond, clock, left_out)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
