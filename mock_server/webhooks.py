"""Events: their body, the same on every attempt, and their signature, made afresh for each.

The page gives `event_type` alone (Responses > 200); the rest has the shape of the vendor's other events. Signed by the
Standard Webhooks scheme, our assumption: the vendor's own is not public.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from mock_server.ids import new_id
from mock_server.sessions import EventType, PaymentSession

# Made once: `json.dumps` with options makes an encoder for each call.
_to_json = json.JSONEncoder(separators=(",", ":")).encode
SECRET_PREFIX = "whsec_"  # noqa: S105 - the public prefix of every secret


def event_of(session: PaymentSession, event_type: EventType, now: float) -> dict[str, Any]:
    """The event that tells of a session's transition, under an id of its own."""
    return {
        "id": new_id("evt"),
        "type": event_type,
        "event_type": event_type,
        "created": int(now),
        "data": session.as_attributes(),
    }


def render_event(event: dict[str, Any]) -> bytes:
    """The body as it is stored and sent."""
    return _to_json(event).encode()


def decode_secret(secret: str) -> bytes:
    """The key in a `whsec_...` secret. Raises `ValueError`, without the secret, when it has not 16 bytes."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:
        key = b""
    if not secret.startswith(SECRET_PREFIX) or len(key) < 16:
        raise ValueError("a webhook secret must be whsec_ and at least 16 bytes in base64")
    return key


def signature_headers(event_id: str, body: bytes, secret: str, timestamp: int) -> dict[str, str]:
    """The headers of one attempt; without a secret, the id and the time alone. `timestamp` is wall time in seconds."""
    headers = {"webhook-id": event_id, "webhook-timestamp": str(timestamp)}
    if secret:
        signed = b"%s.%d.%s" % (event_id.encode(), timestamp, body)
        digest = hmac.new(decode_secret(secret), signed, hashlib.sha256).digest()
        headers["webhook-signature"] = "v1," + base64.b64encode(digest).decode()
    return headers
