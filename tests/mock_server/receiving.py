"""A webhook receiver on loopback: keeps what arrives, answers what it is told to."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

from tests.mock_server.running import LONGEST_S, eventually


@dataclass(frozen=True)
class Arrival:
    """One webhook as it came; header names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def event(self) -> dict[str, Any]:
        """The body's content."""
        event: dict[str, Any] = json.loads(self.body)
        return event

    def verify(self, secret: str) -> None:
        """Raises `WebhookVerificationError` unless `standardwebhooks` takes signature and timestamp."""
        Webhook(secret).verify(self.body, self.headers)


@dataclass
class Receiver:
    """Takes webhooks on loopback. `answers` are used up first, each a status and headers; then it is `status`.

    While `gate` is not set, it takes what comes and does not answer.
    """

    status: int = 204
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    arrived: list[Arrival] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def wait_for(self, count: int, timeout_s: float = 5.0) -> list[Arrival]:
        """What has arrived, once it is as many, or when the time is over."""
        eventually(lambda: len(self.arrived) >= count, timeout_s)
        return list(self.arrived)

    def sessions(self) -> list[str]:
        """The sessions that the events tell of, in the order of arrival."""
        return [arrival.event["data"]["id"] for arrival in self.arrived]

    def close(self) -> None:
        """Stop listening."""
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()


def _handler_of(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.arrived.append(Arrival(self.path, headers, body, time.time()))
            status, more = receiver.answers.pop(0) if receiver.answers else (receiver.status, {})
            receiver.gate.wait(LONGEST_S)
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815 - a redirect that is followed arrives as one

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
            """Say nothing."""

    return Handler
