"""Webhooks: the endpoint, the events, and how their deliveries went."""

from __future__ import annotations

import json
import time
from typing import Any

from mock_server.answers import Answer
from mock_server.delivery import Relay
from mock_server.errors import ConflictError, InvalidRequestError
from mock_server.layers import Call
from mock_server.outbox import Delivery
from mock_server.store import Store
from mock_server.targets import TargetRefusedError, Targets
from mock_server.tenants import Tenants
from mock_server.webhooks import decode_secret


class Webhooks:
    """One endpoint and one secret for each tenant."""

    def __init__(self, store: Store, tenants: Tenants, targets: Targets, relay: Relay) -> None:
        self._store = store
        self._tenants = tenants
        self._targets = targets
        self._relay = relay

    async def put_webhook_endpoint(self, call: Call) -> Answer:
        """`putWebhookEndpoint`."""
        url, secret = call.content["url"], call.content.get("secret", "")
        try:
            await self._targets.verify_url(url)
            if secret:
                decode_secret(secret)
        except (TargetRefusedError, ValueError) as error:
            raise InvalidRequestError(f"The endpoint cannot be used: {error}.") from None
        # What is under way still goes to the old endpoint; what comes later goes to this one.
        call.tenant.endpoint_url, call.tenant.endpoint_secret = url, secret
        self._tenants.save(call.tenant)
        return Answer(204)

    async def delete_webhook_endpoint(self, call: Call) -> Answer:
        """`deleteWebhookEndpoint`."""
        call.tenant.endpoint_url = call.tenant.endpoint_secret = ""
        self._tenants.save(call.tenant)
        return Answer(204)

    async def list_events(self, call: Call) -> Answer:
        """`listEvents`."""
        rows = self._store.outbox.events(call.tenant.id, after=call.query["after"], limit=call.query["limit"])
        return Answer(
            200,
            {"events": [json.loads(event) for _, event in rows], "next": rows[-1][0] if rows else call.query["after"]},
        )

    async def list_deliveries(self, call: Call) -> Answer:
        """`listDeliveries`."""
        query = call.query
        if query["event_id"] is not None:
            found = self._store.outbox.deliveries_of(call.tenant.id, query["event_id"])
        else:
            found = self._store.outbox.deliveries(call.tenant.id, after=query["after"], limit=query["limit"])
        return Answer(
            200,
            {
                "deliveries": [shown(self._store, delivery) for delivery in found],
                "next": found[-1].id if found else query["after"],
                "settled": not any(delivery.state in {"pending", "sending"} for delivery in found),
            },
        )

    async def wait_for_deliveries(self, call: Call) -> Answer:
        """`waitForDeliveries`."""
        deadline = time.monotonic() + call.query["timeout_s"]
        while True:
            answer = await self.list_deliveries(call)
            left_s = deadline - time.monotonic()
            # An event that is asked for by id may not have been delivered even once yet.
            if (answer.content["settled"] and answer.content["deliveries"]) or left_s <= 0 or self._relay.is_closing:
                return answer
            await self._relay.settled(min(left_s, 1.0))

    async def resend_event(self, call: Call) -> Answer:
        """`resendEvent`."""
        if not call.tenant.endpoint_url:
            raise ConflictError("No webhook endpoint is set.")
        number = self._store.outbox.resend(call.tenant.id, call.content["event_id"], call.tenant.clock.now())
        self._relay.wake()
        found = self._store.outbox.deliveries_of(call.tenant.id, call.content["event_id"])
        return Answer(201, {"delivery": next(shown(self._store, each) for each in found if each.id == number)})


def shown(store: Store, delivery: Delivery) -> dict[str, Any]:
    """A delivery with its attempts, as the control plane shows it."""
    return {
        "id": delivery.id,
        "event_id": delivery.event_id,
        "state": delivery.state,
        "due": delivery.due,
        "attempts": [
            {
                "number": attempt.number,
                "due": attempt.due,
                "sent_at": attempt.sent_at,
                "status": attempt.status,
                "duration_ms": round(attempt.duration_ms, 3),
                "error": attempt.error or None,
                "next_due": attempt.next_due,
            }
            for attempt in store.outbox.attempts(delivery.id)
        ],
    }
