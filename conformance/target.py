"""What is judged, and with which keys."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import quote, urlsplit

import httpx2

CANCEL_PATH = "/api/v1/payment/sessions/{session_id}/cancel"
CREATE_PATH = "/api/v1/payment/sessions"


@dataclass(frozen=True, slots=True)
class Target:
    """An implementation under test.

    `base_url` is what the documented paths are appended to; it may have a path of its own. The keys belong to two
    different tenants; without `other_api_key` whatever needs two is not testable. `headers` go with every request;
    `ca_bundle` is a file of certificates to trust instead of the usual ones.
    """

    base_url: str
    api_key: str
    other_api_key: str | None = None
    timeout_s: float = 10.0
    max_clock_skew_s: float = 5.0
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    ca_bundle: str = ""

    def trust(self) -> ssl.SSLContext:
        """What to verify certificates with. Raises `OSError` for a file that holds none."""
        return _trust(self.ca_bundle)

    @property
    def host(self) -> str:
        """The host name or address in `base_url`, without brackets."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def origin(self) -> str:
        """Scheme and authority of `base_url`, without its path."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    def cancel_url(self, session_id: str) -> str:
        """The cancel's URL, the id percent-encoded as one path segment."""
        return self.base_url + CANCEL_PATH.format(session_id=quote(session_id, safe=""))


@cache
def _trust(ca_bundle: str) -> ssl.SSLContext:
    """One for all connections of a run: reading all the certificates of a system takes longer than many requests."""
    return ssl.create_default_context(cafile=ca_bundle) if ca_bundle else httpx2.create_ssl_context(trust_env=False)


def checked_url(text: str) -> str:
    """`text` without a trailing slash, if it is an http or https URL with a host. Raises `ValueError` otherwise."""
    try:
        parts = urlsplit(text)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid or parts.query or parts.fragment or any(c.isspace() for c in text):
        raise ValueError(f"{text!r} is not an http:// or https:// URL without query and fragment")
    return text.rstrip("/")
