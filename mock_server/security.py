"""From API key to tenant (Responses > 403), and who may use the control plane."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import re
from collections.abc import Mapping

from mock_server.errors import ControlClosedError, InvalidApiKeyError
from mock_server.tenants import tenant_id_of

TEST_KEY = re.compile(r"t9s?k_test_[A-Za-z0-9_-]{1,200}")
HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9.-]{1,253}))(?::[0-9]{0,5})?")
FORWARDING = (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip", b"via")

Headers = Mapping[bytes, bytes]


class Keys:
    """The keys that are valid: a closed list, or any test key when the list is empty."""

    def __init__(self, accepted: tuple[str, ...]) -> None:
        self._accepted = [tenant_id_of(key) for key in accepted]

    def tenant_id(self, authorization: bytes) -> str:
        """The tenant meant by an `Authorization` header. Raises `InvalidApiKeyError`."""
        for key in _keys_in(authorization):
            tenant_id = tenant_id_of(key)
            if key and self._is_valid(key, tenant_id):
                return tenant_id
        raise InvalidApiKeyError

    def _is_valid(self, key: str, tenant_id: str) -> bool:
        if not self._accepted:
            return TEST_KEY.fullmatch(key) is not None
        # Every one is compared, in constant time: how long it takes says nothing about which was close.
        matches = [hmac.compare_digest(tenant_id, accepted) for accepted in self._accepted]
        return any(matches)


def _keys_in(authorization: bytes) -> list[str]:
    """The keys a header may mean: bearer token, raw after `Basic`, or user name of HTTP Basic."""
    scheme, _, value = authorization.partition(b" ")
    credentials = value.strip(b" ").decode("latin-1")
    if scheme.lower() == b"bearer":
        return [credentials]
    if scheme.lower() != b"basic":
        return []
    try:
        user = base64.b64decode(credentials, validate=True).decode("latin-1").partition(":")[0]
    except (binascii.Error, ValueError):
        return [credentials]
    return [credentials, user]


class ControlGate:
    """Lets a caller into the control plane: with the token, or without one when it can only be a local program."""

    def __init__(self, host: str, token: str, *, token_was_chosen: bool) -> None:
        self._token = token.encode()
        self._local_without_token = is_loopback(host) and not token_was_chosen

    def admit(self, headers: Headers) -> None:
        """Raises `ControlClosedError`."""
        if hmac.compare_digest(headers.get(b"mock-control-token", b""), self._token):
            return
        # A loopback Host defeats DNS rebinding; no forwarding header means that no proxy stands in between.
        is_local = is_loopback(host_name(headers.get(b"host", b"")))
        if not (self._local_without_token and is_local and not any(name in headers for name in FORWARDING)):
            raise ControlClosedError


def is_loopback(host: str) -> bool:
    """Whether the name or literal address can only mean this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_name(host: bytes) -> str:
    """The name or address in a `Host` header, without port and brackets; empty when it is not well-formed."""
    found = HOST.fullmatch(host.decode("latin-1"))
    return (found[1] or found[2]) if found else ""
