"""A tenant: the world behind one API key. Its sessions, clock, endpoint, journal and quirks meet no other tenant's."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import cast

from mock_server.clock import Clock, Mode
from mock_server.journal import Journal
from mock_server.outbox import StoreFullError
from mock_server.quirks import Quirks, Rule, load_rules, parse_rule
from mock_server.settings import BadSettingError, Settings
from mock_server.store import Store, TenantRecord


def tenant_id_of(key: str) -> str:
    """The tenant's id: the full SHA-256 of its API key, in hex. The key itself is kept nowhere."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(slots=True)
class Tenant:
    """`sessions_made` numbers the sessions, for quirks that must strike the same way again.

    `next_flip` is no later than the time (the tenant's) at which the expiry job has work. While `advancing`, clock and
    deliveries belong to `advance`.
    """

    id: str
    clock: Clock
    journal: Journal
    quirks: Quirks
    endpoint_url: str = ""
    endpoint_secret: str = field(default="", repr=False)
    sessions_made: int = 0
    next_flip: float = 0.0
    advancing: bool = False
    last_seen: float = 0.0

    @property
    def fingerprint(self) -> str:
        """What logs show of it: 8 hex digits."""
        return self.id[:8]


class Tenants:
    """All tenants by id. In memory mode the idlest one makes room for a new one, unless it has events to deliver."""

    def __init__(self, settings: Settings, store: Store) -> None:
        """Load those of an earlier run. Raises `ValueError` for a quirk that does not exist."""
        self._settings = settings
        self._store = store
        self._rules = tuple(settings.quirk)
        self._tenants: dict[str, Tenant] = {}
        for text in self._rules:
            try:
                parse_rule(text)
            except ValueError as error:
                raise BadSettingError("quirk", f"{text}: {error}") from None
        for tenant_id in store.tenant_ids():
            self._tenants[tenant_id] = self._load(tenant_id)

    def all(self) -> list[Tenant]:
        """Those in memory now; others may come while the list is walked."""
        return list(self._tenants.values())

    def get(self, tenant_id: str) -> Tenant:
        """The tenant, a new world when it is met for the first time. Raises `StoreFullError`."""
        tenant = self._tenants.get(tenant_id)
        if tenant is None:
            if len(self._tenants) >= self._settings.max_tenants:
                self._make_room()
            tenant = self._tenants[tenant_id] = self._load(tenant_id)
        tenant.last_seen = time.monotonic()
        return tenant

    def save(self, tenant: Tenant) -> None:
        """Write what of the tenant outlives the process."""
        self._store.save_tenant(
            TenantRecord(
                tenant.id,
                tenant.clock.mode,
                tenant.clock.value,
                tenant.endpoint_url,
                tenant.endpoint_secret,
                tenant.sessions_made,
                tenant.quirks.as_text(),
                tenant.quirks.seed,
            )
        )

    def set_quirks(self, tenant: Tenant, rules: Iterable[Rule], seed: int) -> None:
        """Have these quirks on and no others; their draws and counts begin anew."""
        tenant.quirks = Quirks(seed, tenant.id, rules)
        tenant.quirks.on_count = partial(self.save, tenant)

    def reset_quirks(self, tenant: Tenant) -> None:
        """Back to those of the command line."""
        self.set_quirks(tenant, [parse_rule(text) for text in self._rules], self._settings.seed)

    def _load(self, tenant_id: str) -> Tenant:
        record = self._store.load_tenant(tenant_id)
        journal = Journal(self._settings.max_journal)
        if record is None:
            tenant = Tenant(tenant_id, Clock(), journal, Quirks(0, tenant_id))
            self.reset_quirks(tenant)
            tenant.endpoint_url = self._settings.webhook_url
            tenant.endpoint_secret = self._settings.webhook_secret
            self.save(tenant)
            return tenant
        clock = Clock(cast(Mode, record.clock_mode), record.clock_value)
        tenant = Tenant(tenant_id, clock, journal, Quirks(0, tenant_id))
        self.set_quirks(tenant, load_rules(record.quirks), record.seed)
        tenant.endpoint_url, tenant.endpoint_secret = record.endpoint_url, record.endpoint_secret
        tenant.sessions_made = record.sessions_made
        return tenant

    def _make_room(self) -> None:
        idle = [tenant for tenant in self._tenants.values() if not self._store.outbox.has_open_deliveries(tenant.id)]
        if self._settings.database or not idle:
            raise StoreFullError(f"the mock holds {self._settings.max_tenants} tenants; see --max-tenants")
        # A tenth at once, so that the search is rare.
        for tenant in sorted(idle, key=lambda each: each.last_seen)[: max(1, len(idle) // 10)]:
            self._store.drop_tenant(tenant.id)
            del self._tenants[tenant.id]
