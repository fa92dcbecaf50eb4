"""Where webhooks may go: on a loopback bind to loopback alone, on any other bind to public addresses alone.

The address that was checked is the address that is connected to, at each attempt: a name that changes its mind between
the two (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

import httpcore2

from mock_server.security import is_loopback

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Public by Python's book, and yet not: multicast, protocol assignments, site-local, a cloud's metadata, and the IPv6
# forms that carry an IPv4 address inside, which a gateway may unpack.
NOT_PUBLIC = [
    *map(ipaddress.ip_network, ("224.0.0.0/4", "ff00::/8", "192.0.0.0/24", "fec0::/10", "168.63.129.16/32")),
    *map(ipaddress.ip_network, ("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")),
]


class TargetRefusedError(Exception):
    """A webhook may not go there; the message says why and what to do."""


class Targets(httpcore2.AsyncNetworkBackend):
    """Resolves, checks and connects; the network backend of the relay's HTTP client."""

    def __init__(self, bind_host: str, allowed_hosts: Iterable[str]) -> None:
        self._is_local = is_loopback(bind_host)
        self._allowed = frozenset(host.lower() for host in allowed_hosts)
        self._connect = httpcore2.AnyIOBackend()
        # Known once the socket is bound.
        self.own_port = 0

    async def verify_url(self, url: str) -> None:
        """Raises `TargetRefusedError` unless events could be sent to the URL now. An unknown name may come to be."""
        parts = split_url(url)
        try:
            await self.addresses(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        except OSError:
            return

    async def addresses(self, host: str, port: int) -> list[str]:
        """The permitted addresses of a host, never empty. Raises `TargetRefusedError`, `OSError` for unknown names."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError:
            raise TargetRefusedError("a webhook URL must have a host that can be a name") from None
        resolved = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        permitted = [address for address in resolved if self._permits(host, _address(address), port)]
        if not permitted:
            where = "loopback" if self._is_local else "public"
            raise TargetRefusedError(
                f"webhooks go to {where} addresses only, and never to the mock itself; --webhook-allow HOST adds a host"
            )
        return permitted

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        failure: Exception | None = None
        for address in await self.addresses(host, port):
            try:
                return await self._connect.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore2.ConnectError as error:
                failure = error
        assert failure is not None  # noqa: S101 - addresses() is never empty
        raise failure

    def _permits(self, host: str, address: Address, port: int) -> bool:
        if port == self.own_port and (address.is_loopback or address.is_unspecified or self._is_ours(address)):
            return False
        if host.lower() in self._allowed:
            return True
        if self._is_local:
            return address.is_loopback
        return address.is_global and not any(address in network for network in NOT_PUBLIC)

    def _is_ours(self, address: Address) -> bool:
        """Whether the address is one of this machine's: then a socket can be bound to it."""
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((str(address), 0))
            except OSError:
                return False
        return True


def split_url(url: str) -> SplitResult:
    """The parts of a webhook URL. Raises `TargetRefusedError` when it can be none."""
    try:
        parts = urlsplit(url)
        is_fit = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        is_fit = False
    if not (is_fit and url.isascii() and url.isprintable() and " " not in url):
        raise TargetRefusedError("a webhook URL must be http or https, with a host and without credentials")
    return parts


def _address(text: str) -> Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
