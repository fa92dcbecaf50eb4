"""The webhook of a correct implementation: the event, its signature, its attempts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
import urllib.error
import urllib.request
from typing import Any

from tests.targets.sessions import Session, Sessions


class Webhooks(Sessions):
    """Tells the tenant's endpoint of a cancellation, signed, again until it is taken."""

    retries_s: tuple[float, ...] = (0.05, 0.1, 0.2, 0.4)

    def notify(self, session: Session) -> None:
        """Send the event, on its own."""
        self.send(session.tenant, self.event(session))

    def event(self, session: Session) -> Any:
        """What the webhook says."""
        return {
            "id": f"evt_{secrets.token_hex(8)}",
            "type": "payment.session.cancelled",
            "event_type": "payment.session.cancelled",
            "created": int(self.clock()),
            "data": dict(session.attributes),
        }

    def send(self, tenant: str, event: Any) -> None:
        """In a thread, since the answer does not wait for the receiver."""
        threading.Thread(target=self.deliver, args=(tenant, event), daemon=True).start()

    def deliver(self, tenant: str, event: Any) -> None:
        """Post the event until it is taken or the schedule ends."""
        if tenant not in self.endpoints:
            return
        url, secret = self.endpoints[tenant]
        body = self.event_body(event)
        for wait_s in (*self.retries_s, None):
            if self.post(url, body, self.event_headers(event, body, secret)) or wait_s is None:
                return
            time.sleep(wait_s)

    def event_body(self, event: Any) -> bytes:
        """The bytes of every attempt."""
        return json.dumps(event).encode()

    def event_headers(self, event: Any, body: bytes, secret: str) -> dict[str, str]:
        """Signed by the Standard Webhooks scheme."""
        event_id, timestamp = str(event["id"]), str(int(time.time()))
        signed = f"{event_id}.{timestamp}.".encode() + body
        digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
        return {
            "Content-Type": "application/json",
            "webhook-id": event_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": "v1," + base64.b64encode(digest).decode(),
        }

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> bool:
        """One attempt; only 2xx counts."""
        request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310 - the suite's URL
        try:
            with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - the suite's own receiver
                return bool(200 <= response.status < 300)
        except (urllib.error.URLError, OSError):
            return False
