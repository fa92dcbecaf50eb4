"""A webhook endpoint on loopback that keeps the raw bytes of every delivery, and can hold or refuse them."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BODY_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Delivery:
    """One arrival. Times are monotonic seconds; `ended` is when we answered, `status` what we answered."""

    headers: tuple[tuple[str, str], ...]
    body: bytes
    arrived: float
    status: int
    ended: float

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case, or `None`."""
        return next((value for key, value in self.headers if key.lower() == name), None)


class Receiver:
    """Listens under an unguessable path, on a free loopback port unless told otherwise.

    `public_url` is where a tunnel or a container's host makes it reachable; the path is added to it. Raises `OSError`
    for an address that cannot be listened on.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, public_url: str = "") -> None:
        self._path = f"/{secrets.token_urlsafe(24)}"
        self._arrival = threading.Condition()
        self._deliveries: list[Delivery] = []
        self._released = threading.Event()
        self._hold_s = 0.0
        self._refused: Callable[[Delivery], bool] | None = None
        self._server = _Server((host, port), _Handler)
        self._server.receiver = self
        reach = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}.get(host, host)
        self._own_address = (reach, int(self._server.server_address[1]))
        self.url = (public_url.rstrip("/") or f"http://{reach}:{self._own_address[1]}") + self._path
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def deliveries(self) -> tuple[Delivery, ...]:
        """Everything that has arrived, in the order of arrival."""
        with self._arrival:
            return tuple(self._deliveries)

    def wait_for_change(self, seen: int, timeout_s: float) -> bool:
        """Wait until more than `seen` deliveries have arrived; False when none came in time."""
        with self._arrival:
            return self._arrival.wait_for(lambda: len(self._deliveries) > seen, timeout_s)

    @contextmanager
    def holding(self, hold_s: float) -> Iterator[None]:
        """Let deliveries wait for their answer until the block ends, each for `hold_s` at most."""
        self._released.clear()
        self._hold_s = hold_s
        try:
            yield
        finally:
            self._hold_s = 0.0
            self._released.set()

    @contextmanager
    def refusing(self, which: Callable[[Delivery], bool]) -> Iterator[None]:
        """Answer 503 to these deliveries until the block ends."""
        self._refused = which
        try:
            yield
        finally:
            self._refused = None

    def is_reachable(self) -> bool:
        """Whether we can be reached at all; without that the absence of deliveries would mean nothing."""
        connection = HTTPConnection(*self._own_address, timeout=5.0)
        try:
            connection.request("GET", self._path)
            return connection.getresponse().status == 405
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def close(self) -> None:
        """Stop listening."""
        self._released.set()
        self._server.shutdown()
        self._server.server_close()

    def take(self, path: str, headers: tuple[tuple[str, str], ...], body: bytes) -> int:
        """Keep a delivery and return the status to answer, after the hold if there is one."""
        # A sender may append a query, or name the whole URL as a client of a proxy does.
        if re.sub("^https?://[^/]*", "", path, flags=re.IGNORECASE).partition("?")[0] != self._path:
            return 404
        delivery = Delivery(headers, body, time.monotonic(), 204, time.monotonic())
        if self._refused and self._refused(delivery):
            delivery = replace(delivery, status=503)
        with self._arrival:
            index = len(self._deliveries)
            self._deliveries.append(delivery)
            self._arrival.notify_all()
        if self._hold_s:
            self._released.wait(self._hold_s)
        with self._arrival:
            self._deliveries[index] = replace(delivery, ended=time.monotonic())
        return delivery.status


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    receiver: Receiver

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that hangs up is its own affair; printing it would only disturb the report."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 30

    def do_POST(self) -> None:
        """Take a delivery."""
        body = self._body()
        status = self.server.receiver.take(self.path, tuple(self.headers.items()), body)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        """Answer our own check that the receiver can be reached."""
        self.send_response(405)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunks()
        length = self.headers.get("Content-Length", "0")
        return self.rfile.read(min(int(length), BODY_LIMIT)) if length.isdecimal() else b""

    def _chunks(self) -> bytes:
        body = bytearray()
        while (size := int(self.rfile.readline(64).split(b";")[0].strip() or b"0", 16)) and len(body) < BODY_LIMIT:
            body += self.rfile.read(size)
            self.rfile.readline(8)
        while self.rfile.readline(8192).strip():
            pass
        return bytes(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's signature
        """Say nothing: the path is a secret."""
