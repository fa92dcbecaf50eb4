"""Names that resolve to what a test says, connections to nothing, and whether a target is permitted."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore2
import pytest

from mock_server.targets import TargetRefusedError, Targets

LOCAL, PUBLIC, NAME = "127.0.0.1", "0.0.0.0", "receiver.example"
OWN_PORT, OTHER_PORT = 8099, 9000

Answer = Sequence[tuple[Any, ...]]


class Resolver:
    """Answers for one name, differently each time when it is told so; literal addresses stand for themselves."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def getaddrinfo(self, host: str, port: int, **_: Any) -> Answer:
        if host != NAME:
            return [_entry(host, port)]
        self.asked += 1
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [_entry(address, port) for address in addresses]


def _entry(address: str, port: int) -> tuple[Any, ...]:
    if ipaddress.ip_address(address).version == 4:
        return socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)
    return socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0)


class Connections(httpcore2.AsyncNetworkBackend):
    """Connects to nothing and remembers where to; some addresses refuse."""

    def __init__(self, refusing: Sequence[str] = ()) -> None:
        self.made: list[tuple[str, int]] = []
        self._refusing = refusing

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109, ARG002 - httpcore2's signature
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore2.AsyncNetworkStream:
        self.made.append((host, port))
        if host in self._refusing:
            raise httpcore2.ConnectError(host)
        return httpcore2.AsyncNetworkStream()


Resolving = Callable[..., Resolver]


def answering_names(monkeypatch: pytest.MonkeyPatch) -> Resolving:
    """What lets the running loop's name resolution give the answers it is called with."""

    def answer(*answers: Sequence[str]) -> Resolver:
        resolver = Resolver(*answers)

        def getaddrinfo(_: asyncio.BaseEventLoop, host: str, port: int, **options: Any) -> Any:
            return resolver.getaddrinfo(host, port, **options)

        monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
        return resolver

    return answer


def targets(bind: str, *allowed: str) -> Targets:
    made = Targets(bind, allowed)
    made.own_port = OWN_PORT
    return made


def permits(made: Targets, host: str, port: int = OTHER_PORT) -> bool:
    try:
        return bool(asyncio.run(made.addresses(host, port)))
    except TargetRefusedError:
        return False


def connect(made: Targets, to: Connections, host: str = NAME) -> list[tuple[str, int]]:
    made._connect = to  # type: ignore[assignment]  # in place of the real one
    asyncio.run(made.connect_tcp(host, OTHER_PORT))
    return to.made
