"""The mock as a whole, and the tenant's world: health, quirks, reset."""

from __future__ import annotations

import time
from importlib.metadata import version

from mock_server.answers import Answer
from mock_server.clock import Clock
from mock_server.delivery import Relay
from mock_server.errors import ConflictError, InvalidRequestError
from mock_server.layers import Call
from mock_server.quirks import KINDS, rule_of
from mock_server.settings import Settings
from mock_server.store import Store
from mock_server.tenants import Tenants

ALL_PARTS = frozenset({"sessions", "deliveries", "journal", "quirks", "clock", "webhook-endpoint"})


class World:
    """What concerns more than one part."""

    def __init__(self, settings: Settings, store: Store, tenants: Tenants, relay: Relay) -> None:
        self._settings = settings
        self._store = store
        self._tenants = tenants
        self._relay = relay

    async def read_health(self, call: Call) -> Answer:  # noqa: ARG002 - every function takes the call
        """`readHealth`."""
        kind = "file" if self._settings.database else "memory"
        count = len(self._tenants.all())
        release = version("payment-session-conformance")
        return Answer(200, {"status": "ready", "version": release, "tenants": count, "database": kind})

    async def list_quirks(self, call: Call) -> Answer:
        """`listQuirks`."""
        quirks = call.tenant.quirks
        known = [
            {"name": name, "side": kind.side, "description": kind.description, "parameters": kind.parameters}
            for name, kind in KINDS.items()
        ]
        return Answer(
            200, {"quirks": [rule.as_attributes() for rule in quirks.rules], "seed": quirks.seed, "known": known}
        )

    async def set_quirks(self, call: Call) -> Answer:
        """`setQuirks`."""
        try:
            rules = [rule_of(attributes, time.time()) for attributes in call.content["quirks"]]
        except ValueError as error:
            raise InvalidRequestError(f"{error}.") from None
        seed = call.content.get("seed", self._settings.seed)
        self._tenants.set_quirks(call.tenant, rules, seed)
        self._tenants.save(call.tenant)
        return await self.list_quirks(call)

    async def reset(self, call: Call) -> Answer:
        """`reset`: by part, in an order in which no part can see a half-gone one."""
        tenant = call.tenant
        parts = set((call.content or {}).get("parts", ALL_PARTS))
        if "clock" in parts and tenant.advancing:
            raise ConflictError("The clock is being advanced by another request.")
        if parts & {"sessions", "deliveries"}:
            self._relay.cancel(tenant)
            self._store.outbox.cancel_deliveries(tenant.id)
        if "sessions" in parts:
            self._store.forget(tenant.id)
            tenant.sessions_made = 0
            tenant.quirks.replace(tenant.quirks.rules)
        if "journal" in parts:
            tenant.journal.delete()
        if "quirks" in parts:
            self._tenants.reset_quirks(tenant)
        if "clock" in parts:
            tenant.clock = Clock()
        if "webhook-endpoint" in parts:
            tenant.endpoint_url, tenant.endpoint_secret = self._settings.webhook_url, self._settings.webhook_secret
        tenant.next_flip = self._store.next_flip(tenant.id)
        self._tenants.save(tenant)
        return Answer(204)
