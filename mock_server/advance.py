"""Moving a tenant's clock forward: what becomes due on the way happens on the way, in order."""

from __future__ import annotations

from typing import Any

from mock_server.delivery import Relay
from mock_server.expiry import ExpiryJob
from mock_server.store import Store
from mock_server.tenants import Tenant, Tenants


class AlreadyAdvancingError(Exception):
    """The tenant's clock is being moved by somebody else."""


class Advance:
    """Runs the expiry job and the deliveries of one tenant from one due moment to the next."""

    def __init__(self, store: Store, tenants: Tenants, expiry: ExpiryJob, relay: Relay) -> None:
        self._store = store
        self._tenants = tenants
        self._expiry = expiry
        self._relay = relay

    async def advance(self, tenant: Tenant, *, to: float | None = None, by_s: float = 0) -> list[dict[str, Any]]:
        """Move the clock to the tenant's time `to`; return what fired, for the control plane, once all of it has ended.

        Raises `AlreadyAdvancingError`, `ClockMovedBackError`."""
        if tenant.advancing:
            raise AlreadyAdvancingError
        if to is not None:
            tenant.clock.verify_later(to)
        tenant.advancing = True
        was_running = tenant.clock.mode != "frozen"
        try:
            tenant.clock.freeze()
            to = tenant.clock.now() + by_s if to is None else max(to, tenant.clock.now())
            tenant.clock.verify_later(to)
            await self._relay.idle(tenant)
            fired = await self._fire(tenant, to)
            tenant.clock.freeze(to)
        finally:
            if was_running:
                tenant.clock.run()
            tenant.advancing = False
            self._tenants.save(tenant)
            self._relay.wake()
        return fired

    async def _fire(self, tenant: Tenant, to: float) -> list[dict[str, Any]]:
        fired: list[dict[str, Any]] = []
        while True:
            due = self._store.outbox.next_due(tenant.id)
            moment = min(self._store.next_flip(tenant.id), to if due is None else due, to)
            is_last = moment >= to
            tenant.clock.freeze(max(moment, tenant.clock.now()))
            now = tenant.clock.now()
            for _, session_id in await self._expiry.flip(tenant, now):
                fired.append({"at": now, "kind": "session_expired", "session_id": session_id})
            for ended in await self._relay.deliver_due(tenant, now):
                fired.append(
                    {
                        "at": now,
                        "kind": "delivery_attempt",
                        "event_id": ended.delivery.event_id,
                        "delivery_id": ended.delivery.id,
                        "attempt": ended.attempt.number,
                        "status": ended.attempt.status,
                        "state": ended.state,
                    }
                )
            if is_last:
                return fired
