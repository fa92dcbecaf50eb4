"""The expiry job: flips overdue sessions to expired, once they have been overdue for the lag.

Until then a session is past its `expires_at` and still pending: the state that the contract's `session_expired` is for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from mock_server.log import Log
from mock_server.sessions import PaymentSession, SessionNotPendingError, expire
from mock_server.store import Store
from mock_server.tenants import Tenant, Tenants

# After so many flips the loop gets its turn.
AT_ONCE = 100


class ExpiryJob:
    """`wake` tells the outbox relay that there may be something to deliver."""

    def __init__(self, store: Store, tenants: Tenants, wake: Callable[[], None], interval_s: float, log: Log) -> None:
        self._store = store
        self._tenants = tenants
        self._wake = wake
        self._interval_s = interval_s
        self._log = log

    async def run(self) -> None:
        """Flip what is to be flipped, every interval, for ever."""
        while True:
            await asyncio.sleep(self._interval_s)
            for tenant in self._tenants.all():
                if not tenant.advancing and tenant.clock.now() >= tenant.next_flip:
                    try:
                        await self.flip(tenant, tenant.clock.now())
                    except Exception as error:  # noqa: BLE001 - one tenant's failure must not stop the others' job
                        self._log.failure("expiry job", error, type(error).__name__)

    async def flip(self, tenant: Tenant, until: float, *, at_once: bool = False) -> list[tuple[float, str]]:
        """Flip what the lag has run out for by `until`, or every overdue session `at_once`.

        Returns when each was to be flipped, and its id, in a stable order."""
        flipped = []
        for number, (moment, session_id) in enumerate(self._store.to_flip(tenant.id, until, lag_over=not at_once)):
            # Somebody may have ended the session while others had their turn.
            with suppress(SessionNotPendingError):
                notify = bool(tenant.endpoint_url)
                self._store.change(tenant.id, session_id, tenant.clock.now(), expire, _no_answer, notify=notify)
                flipped.append((moment, session_id))
            if number % AT_ONCE == AT_ONCE - 1:
                await asyncio.sleep(0)
        tenant.next_flip = self._store.next_flip(tenant.id)
        if flipped:
            self._wake()
        return flipped


def _no_answer(session: PaymentSession) -> None:
    """Nobody asked for this change."""
