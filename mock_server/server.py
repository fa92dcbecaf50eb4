"""Runs the mock under uvicorn: the socket, the first lines, the draining."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import ipaddress
import logging
import signal
import socket
import sys
from typing import Any

import uvicorn
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mock_server.answers import JSON
from mock_server.app import CONTROL_PATH, Mock
from mock_server.errors import InvalidRequestError
from mock_server.log import LibraryHandler
from mock_server.security import is_loopback
from mock_server.settings import Settings

BACKLOG = 2048
# Longer than clients' and proxies' own, so that it is never the mock that closes a connection as a request arrives.
KEEP_ALIVE_S = 75
SAMPLE_KEY = "t9k_test_local"

_open: dict[tuple[str, int], asyncio.Transport] = {}


class Protocol(HttpToolsProtocol):
    """uvicorn's own protocol, which also lets a quirk drop the connection that a request came by."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn says the same
        """As in asyncio."""
        self._peer = tuple((transport.get_extra_info("peername") or ("", 0))[:2])
        _open[self._peer] = transport
        super().connection_made(transport)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are not ours
        """What is no HTTP is refused in the one envelope."""
        body = InvalidRequestError("This is no HTTP request.").answer().render()
        head = f"HTTP/1.1 400 Bad Request\r\nContent-Type: {JSON}\r\nContent-Length: {len(body)}\r\n"
        self.transport.write(head.encode() + b"Connection: close\r\n\r\n" + body)
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """As in asyncio."""
        _open.pop(self._peer, None)
        super().connection_lost(exc)


def drop(scope: Scope) -> None:
    """Close the connection of a request, without an answer."""
    transport = _open.get(tuple(scope["client"] or ("", 0)))
    if transport is not None:
        transport.abort()


class Server(uvicorn.Server):
    """uvicorn's server, which says where it listens once it can answer, and wakes those who wait before it stops."""

    def __init__(self, config: uvicorn.Config, mock: Mock, greeting: str) -> None:
        super().__init__(config)
        self._mock = mock
        self._greeting = greeting

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As in uvicorn."""
        await super().startup(sockets)
        if self.started:
            # What is loaded by now stays; looking through it again and again took a quarter of the time of a cancel.
            gc.collect()
            gc.freeze()
            gc.set_threshold(50_000, 20, 50)
            print(self._greeting, flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As in uvicorn."""
        self._mock.relay.is_closing = True
        await super().shutdown(sockets)


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT. Raises `ValueError` in words, `DatabaseUnusableError`."""
    mock = Mock(settings, drop)
    listener = _listener(settings)
    port = int(listener.getsockname()[1])
    mock.targets.own_port = port
    logging.basicConfig(handlers=[LibraryHandler()], level=logging.WARNING, force=True)
    options: dict[str, Any] = {
        "http": Protocol,
        "ws": "none",
        "lifespan": "on",
        "log_config": None,
        "access_log": False,
        "proxy_headers": False,
        "server_header": False,
        "backlog": BACKLOG,
        "timeout_keep_alive": KEEP_ALIVE_S,
        # uvicorn counts whole seconds.
        "timeout_graceful_shutdown": max(1, round(settings.drain_s)),
    }
    config = uvicorn.Config(mock.app, **options)
    server = Server(config, mock, _greeting(settings, port, mock.control_token))
    # uvicorn drains, and then raises the signal once more for whoever handled it before.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt):
        server.run([listener])
    return 0 if server.started else 2


def _listener(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        reason = {98: "another program uses it", 48: "another program uses it"}.get(error.errno or 0, error.strerror)
        raise ValueError(
            f"cannot listen on {settings.host} port {settings.port}: {reason}; --port 0 picks a free one"
        ) from None


def _greeting(settings: Settings, port: int, control_token: str) -> str:
    """The first lines on standard output; programs read the first one."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{host}:{port}"
    reach = f"http://{'127.0.0.1' if _is_any(settings.host) else host}:{port}"
    key = "one of --api-key" if settings.api_key else SAMPLE_KEY
    shell_key = "$MOCK_KEY" if settings.api_key else SAMPLE_KEY
    lines = [f"Listening on {address}", f"API key: {key}"]
    if not is_loopback(settings.host) and not settings.control_token:
        lines.append(f"Control plane, header Mock-Control-Token: {control_token}")
    lines += [
        "Try:",
        f"  curl -s {reach}/api/v1/payment/sessions -H 'Authorization: Bearer {shell_key}' \\",
        '    -H \'Content-Type: application/json\' -d \'{"contractor": "cn_1", "return_url": "https://app.example.com/done"}\'',
        f"Control plane: {reach}{CONTROL_PATH}",
    ]
    return "\n".join(lines)


def _is_any(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False
