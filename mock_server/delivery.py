"""The outbox relay: claims what is due, posts it, records the attempt, and tries again until it is delivered or dead.

At least once: a delivery that was being made when the process was killed is made again, under the same id and with the
same bytes. Each attempt has a fresh timestamp and signature. Only 2xx is success.
"""

from __future__ import annotations

import asyncio
import base64
import random
import time
from collections import Counter
from dataclasses import dataclass, replace

from mock_server.log import Log
from mock_server.outbox import Attempt, Delivery
from mock_server.posting import Poster, Sent
from mock_server.quirks import Strike
from mock_server.settings import Settings
from mock_server.store import Store
from mock_server.targets import Targets
from mock_server.tenants import Tenant, Tenants
from mock_server.webhooks import signature_headers

# Seconds from the end of one attempt to the next; after the last, the delivery is dead.
SCHEDULES = {
    "standard": (5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0),
    "fast": (0.05, 0.1, 0.2, 0.4, 0.8, 1.6),
}
JITTER = 0.1


@dataclass(frozen=True, slots=True)
class Ended:
    """An ended attempt, and the state of the delivery after it."""

    delivery: Delivery
    attempt: Attempt
    state: str


class Relay:
    """Delivers for all tenants, a bounded number at once, and no tenant can take every place."""

    def __init__(self, settings: Settings, store: Store, tenants: Tenants, targets: Targets, log: Log) -> None:
        self._schedule = SCHEDULES[settings.webhook_schedule]
        self._most = settings.webhook_concurrency
        self._most_of_one = max(1, settings.webhook_concurrency // 4)
        self._seed = settings.seed
        self._outbox = store.outbox
        self._tenants = tenants
        self._poster = Poster(targets, settings.webhook_timeout_s)
        self._log = log
        # From shutdown on, so that nobody waits for what will not happen any more.
        self.is_closing = False
        self._woken = asyncio.Event()
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[Ended | None]] = set()
        self._busy: Counter[str] = Counter()
        self._strikes: dict[int, list[Strike]] = {}
        self._held: dict[str, set[int]] = {}

    def wake(self) -> None:
        """There may be something to deliver, or a clock has moved."""
        self._woken.set()

    async def run(self) -> None:
        """Deliver for ever."""
        while True:
            self._woken.clear()
            try:
                soonest = self._start_what_is_due()
            except Exception as error:  # noqa: BLE001 - one bad row must not stop every tenant's deliveries
                self._log.failure("outbox relay", error, type(error).__name__)
                soonest = 1.0
            try:
                async with asyncio.timeout(soonest):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def drain(self, longest_s: float) -> None:
        """Let the attempts that are under way end; the others stay in the outbox."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=longest_s)

    async def settled(self, timeout_s: float) -> None:
        """Return at the next change of any delivery, or when the time is over."""
        changed = self._changed
        try:
            async with asyncio.timeout(timeout_s):
                await changed.wait()
        except TimeoutError:
            return

    async def idle(self, tenant: Tenant) -> None:
        """Return when no attempt of the tenant is under way."""
        while self._busy[tenant.id]:
            await self.settled(1.0)

    async def deliver_due(self, tenant: Tenant, until: float) -> list[Ended]:
        """Make every attempt due up to `until` now, at most as many at once as is set; in the order they were due."""
        ended: list[Ended] = []
        while claimed := self._outbox.claim(tenant.id, until, self._most):
            attempts = await asyncio.gather(*(self._start(tenant, delivery) for delivery in claimed))
            ended += [each for each in attempts if each is not None]
        return ended

    def cancel(self, tenant: Tenant) -> None:
        """Break off the tenant's attempts that are under way."""
        for task in self._tasks:
            if task.get_name() == tenant.id:
                task.cancel()

    def _start_what_is_due(self) -> float | None:
        soonest: float | None = None
        for tenant_id in self._outbox.tenants_with_open_deliveries():
            tenant = self._tenants.get(tenant_id)
            free = min(self._most - len(self._tasks), self._most_of_one - self._busy[tenant_id])
            if tenant.advancing or free <= 0:
                continue  # who frees the place wakes us
            for delivery in self._outbox.claim(tenant_id, tenant.clock.now(), free):
                self._start(tenant, delivery)
            due = self._outbox.next_due(tenant_id)
            left_s = None if due is None else tenant.clock.seconds_until(due)
            if left_s is not None and self._busy[tenant_id] < self._most_of_one:
                soonest = left_s if soonest is None else min(soonest, left_s)
        return soonest

    def _start(self, tenant: Tenant, delivery: Delivery) -> asyncio.Task[Ended | None]:
        task = asyncio.create_task(self._deliver(tenant, delivery), name=tenant.id)
        # From the claim on, not from when the task first runs: `idle` must not look in between.
        self._busy[tenant.id] += 1
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Ended | None]) -> None:
        self._tasks.discard(task)
        self._busy[task.get_name()] -= 1
        # A new event for each change: nobody's waiting takes it away from another.
        self._changed.set()
        self._changed = asyncio.Event()
        self.wake()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._log.failure("outbox relay", error, type(error).__name__)

    async def _deliver(self, tenant: Tenant, delivery: Delivery) -> Ended | None:
        """One attempt, recorded; `None` when a quirk has put it off."""
        strike = self._strike_on(tenant, delivery)
        if strike and strike.name in {"webhook-delayed", "webhook-reordered"}:
            self._outbox.postpone(delivery.id, tenant.clock.now() + strike.parameters["s"])
            return None
        ended = await self._attempt(tenant, delivery, strike)
        self._outbox.record_attempt(tenant.id, delivery.id, ended.attempt, ended.state)
        self._follow_up(tenant, ended)
        return ended

    async def _attempt(self, tenant: Tenant, delivery: Delivery, strike: Strike | None) -> Ended:
        started, sent_at = time.perf_counter(), time.time()
        if strike and strike.name == "webhook-dropped":
            sent = Sent(None, "dropped by a quirk")
        else:
            sent = await self._post(tenant, delivery, strike)
        duration_ms = (time.perf_counter() - started) * 1000
        wait_s = None if sent.is_success else self._wait_s(delivery, sent)
        next_due = None if wait_s is None else tenant.clock.now() + wait_s
        attempt = Attempt(delivery.attempts + 1, delivery.due, sent_at, sent.status, duration_ms, sent.error, next_due)
        return Ended(delivery, attempt, "delivered" if sent.is_success else "dead" if wait_s is None else "pending")

    async def _post(self, tenant: Tenant, delivery: Delivery, strike: Strike | None) -> Sent:
        body = self._outbox.event_body(delivery.event_id)
        spoilt = strike.name if strike else ""
        age_s = strike.parameters["s"] if strike and spoilt == "webhook-stale" else 0
        signature = signature_headers(delivery.event_id, body, tenant.endpoint_secret, int(time.time() - age_s))
        if spoilt == "webhook-bad-signature":
            signature["webhook-signature"] = "v1," + base64.b64encode(bytes(32)).decode()
        sent = await self._poster.post(tenant.endpoint_url, signature, body)
        # Whatever the receiver said of a spoilt attempt, a good one follows.
        return replace(sent, error=f"{spoilt} by a quirk") if spoilt else sent

    def _wait_s(self, delivery: Delivery, sent: Sent) -> float | None:
        """Until the next attempt, by schedule and `Retry-After`; `None` when there is none any more."""
        if delivery.attempts >= len(self._schedule):
            return None
        drawn = random.Random(f"{self._seed}|{delivery.id}|{delivery.attempts}").random()  # noqa: S311 - jitter
        wait_s = self._schedule[delivery.attempts] * (1 + JITTER * drawn)
        return max(wait_s, sent.retry_after_s)

    def _strike_on(self, tenant: Tenant, delivery: Delivery) -> Strike | None:
        """Drawn once for a delivery, before its first attempt; each strike is for one attempt."""
        if delivery.attempts == 0 and tenant.quirks.rules and delivery.id not in self._strikes:
            event_type, ordinal = self._outbox.event_origin(delivery.event_id)
            self._strikes[delivery.id] = tenant.quirks.draw("webhook", event_type, ordinal)
        strikes = self._strikes.get(delivery.id, [])
        struck = next((strike for strike in strikes if strike.name != "webhook-duplicated"), None)
        if struck is not None:
            strikes.remove(struck)
            if struck.name == "webhook-reordered":
                self._held.setdefault(tenant.id, set()).add(delivery.id)
        return struck

    def _follow_up(self, tenant: Tenant, ended: Ended) -> None:
        """Let a delivered event release those that waited for it, and repeat it when a quirk says so."""
        delivery = ended.delivery
        if ended.state == "pending":
            return
        strikes = self._strikes.pop(delivery.id, [])
        held = self._held.get(tenant.id, set())
        held.discard(delivery.id)
        for earlier in [number for number in held if number < delivery.id]:
            self._outbox.hasten(earlier, tenant.clock.now())
            held.discard(earlier)
        if ended.state == "delivered" and strikes:
            again = self._outbox.resend(tenant.id, delivery.event_id, tenant.clock.now())
            self._strikes[again] = []
