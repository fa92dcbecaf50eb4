"""Making sessions: what a `return_url` must be, ids, and the token in `url` that is shown once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mock_server.errors import InvalidRequestError, InvalidReturnUrlError, NotFoundError
from mock_server.ids import new_id
from mock_server.security import is_loopback
from mock_server.sessions import PaymentSession
from mock_server.settings import Settings
from mock_server.store import NewSession, Store
from mock_server.tenants import Tenant

SETUP_PATH = "/payment/setup/"
DEFAULT_RETURN_URL = "https://app.example.com/payments/done"
# A seeded overdue session is left so for at least this long (state-provider protocol).
LEFT_OVERDUE_S = 30.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a new session is to be. `state` is a status or `overdue`."""

    contractor_id: str
    return_url: str
    state: str = "pending"
    lifetime_s: int = 1800
    count: int = 1


@dataclass(frozen=True, slots=True)
class Made:
    """A new session and the only copy of its `url`."""

    session: PaymentSession
    url: str

    def as_attributes(self) -> dict[str, Any]:
        """The session as it is shown at its creation, in the contract's order."""
        attributes = self.session.as_attributes()
        times = {name: attributes.pop(name) for name in ("created", "expires_at", "cancelled_at", "completed_at")}
        return {**attributes, "url": self.url, **times}


class Creation:
    """Makes sessions, through the contract and the control plane alike."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._redirect_hosts = frozenset(host.lower() for host in settings.redirect_host)

    def make(self, tenant: Tenant, wanted: Wanted, origin: str, check: Callable[[Made], None]) -> list[Made]:
        """Write `wanted.count` sessions in one transaction, once `check` has passed for each.

        `origin` is where the mock is reached. Raises `InvalidRequestError`, `InvalidReturnUrlError`, `NotFoundError`
        for another tenant's contractor, `StoreFullError`, and what `check` raises.
        """
        if not wanted.contractor_id.strip():
            raise InvalidRequestError("The contractor must be an ID.")
        self._verify_return_url(wanted.return_url)
        if self._store.contractor_tenant(wanted.contractor_id) not in (None, tenant.id):
            raise NotFoundError("Contractor not found.")
        now = tenant.clock.now()
        made, new = [], []
        for ordinal in range(tenant.sessions_made + 1, tenant.sessions_made + 1 + wanted.count):
            token = "live_" + secrets.token_urlsafe(24)
            session = _session(wanted, int(now))
            check(each := Made(session, origin + SETUP_PATH + token))
            made.append(each)
            flips_at = session.expires_at + self._settings.expiry_lag_s
            if wanted.state == "overdue":
                flips_at = max(flips_at, now + LEFT_OVERDUE_S)
            new.append(NewSession(session, ordinal, token_digest_of(token), flips_at))
        self._store.create(tenant.id, new)
        tenant.sessions_made += wanted.count
        tenant.next_flip = min([tenant.next_flip, *(each.flips_at for each in new)])
        return made

    def _verify_return_url(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
            parts.port  # noqa: B018 - reading it is what checks it
        except ValueError:
            raise InvalidReturnUrlError from None
        is_plain = url.isascii() and url.isprintable() and not any(char in url for char in ' \\"<>^`{|}')
        scheme_is_fit = parts.scheme == "https" or (
            parts.scheme == "http" and self._settings.allow_http_return_url and is_loopback(host)
        )
        if not (is_plain and scheme_is_fit and host):
            raise InvalidReturnUrlError
        if "@" in parts.netloc or "#" in url:
            raise InvalidReturnUrlError("The return_url must have no credentials and no fragment.")
        if self._redirect_hosts and host not in self._redirect_hosts:
            raise InvalidReturnUrlError("The host of the return_url is not on the list of allowed redirect hosts.")


def token_digest_of(token: str) -> str:
    """What is kept of a creation token: its full SHA-256."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def made_up_contractor() -> str:
    """A contractor nobody has used."""
    return f"cn_{secrets.token_hex(6)}"


def _session(wanted: Wanted, now: int) -> PaymentSession:
    created, status = now, wanted.state
    if wanted.state in {"overdue", "expired"}:
        created, status = now - wanted.lifetime_s - 1, "pending" if wanted.state == "overdue" else "expired"
    return PaymentSession(
        id=new_id("ps"),
        contractor_id=wanted.contractor_id,
        status=status,  # type: ignore[arg-type]  # the control plane's schema lists the states
        return_url=wanted.return_url,
        created=created,
        expires_at=created + wanted.lifetime_s,
        cancelled_at=now if status == "cancelled" else None,
        completed_at=now if status == "completed" else None,
    )
