"""A correct implementation of the cancel and of the state-provider protocol, in many small overridable steps."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tests.targets.wire import Answer, Request

KEY, OTHER_KEY = "t9k_test_Target_one", "t9k_test_Target_two"
CANCEL = re.compile(r"/api/v1/payment/sessions/([^/?#]+)/cancel")
TERMINAL = frozenset({"completed", "cancelled", "expired"})
STATES = ["pending", "completed", "cancelled", "expired", "overdue"]
OPERATIONS = ["read", "complete", "webhook-endpoint", "lifetime"]

Attributes = dict[str, Any]


@dataclass(slots=True)
class Session:
    """`attributes` are the documented ones without `url`."""

    tenant: str
    attributes: Attributes
    url: str

    @property
    def id(self) -> str:
        """The public ID."""
        return str(self.attributes["id"])


class Correct:
    """Keeps every promise. Others override one step of it."""

    impossible: tuple[str, ...] = ()
    operations: tuple[str, ...] = tuple(OPERATIONS)
    left_out: frozenset[str] = frozenset()
    prefix = ""
    retries_s: tuple[float, ...] = (0.05, 0.1, 0.2, 0.4)

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.keys = {KEY: "one", OTHER_KEY: "two"}
        self.sessions: dict[str, Session] = {}
        self.endpoints: dict[str, tuple[str, str]] = {}

    def clock(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    # --- requests ---------------------------------------------------------------------------------------------------

    def respond(self, request: Request) -> Answer:
        """Route a request."""
        path = request.path.removeprefix(self.prefix)
        if path.startswith("/provider/"):
            return self.provider(request, path.removeprefix("/provider"))
        found = CANCEL.fullmatch(path)
        if not found:
            return self.odd_path(request)
        session_id = unquote(found[1])
        if request.method != "POST":
            return self.other_method(request, session_id)
        return self.cancel_request(request, session_id)

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        """Key, then session, then the cancel."""
        tenant = self.tenant_of(request.headers.get("authorization"))
        if tenant is None:
            return self.forbidden()
        session = self.find(tenant, session_id)
        if session is None:
            return self.not_found(session_id)
        return self.cancel(session)

    def cancel(self, session: Session) -> Answer:
        """Check and set under one lock."""
        with self.lock:
            code = self.refusal(session)
            if code:
                return self.refused(session, code)
            self.set_cancelled(session)
            self.notify(session)
            return Answer(200, self.body(session))

    # --- steps ------------------------------------------------------------------------------------------------------

    def tenant_of(self, authorization: str | None) -> str | None:
        """The tenant of a bearer token."""
        scheme, _, key = (authorization or "").partition(" ")
        return self.tenant_of_key(key) if scheme == "Bearer" else None

    def tenant_of_key(self, key: str) -> str | None:
        """The tenant of a key."""
        return self.keys.get(key)

    def find(self, tenant: str, session_id: str) -> Session | None:
        """The tenant's session."""
        session = self.sessions.get(session_id)
        return session if session is not None and session.tenant == tenant else None

    def refusal(self, session: Session) -> str:
        """The code that the session's state demands, or nothing."""
        if session.attributes["status"] != "pending":
            return "session_not_pending"
        return "session_expired" if self.clock() >= session.attributes["expires_at"] else ""

    def set_cancelled(self, session: Session) -> None:
        """The transition."""
        session.attributes |= {"status": "cancelled", "cancelled_at": self.cancelled_at(session)}

    def cancelled_at(self, session: Session) -> Any:
        """Whole seconds."""
        return int(self.clock())

    def body(self, session: Session) -> Any:
        """What the 200 says."""
        return dict(session.attributes)

    def refused(self, session: Session, code: str) -> Answer:
        """The 400."""
        return Answer(400, self.error("The session cannot be cancelled.", code))

    def error(self, message: str, code: str) -> Any:
        """The envelope."""
        return {"message": message, "error_code": code}

    def forbidden(self) -> Answer:
        """The 403."""
        return Answer(403, self.error("Missing or invalid API key.", "invalid_api_key"))

    def not_found(self, session_id: str) -> Answer:
        """The 404."""
        return Answer(404, self.error("Session not found.", "resource_not_found"))

    def other_method(self, request: Request, session_id: str) -> Answer:
        """Anything but POST."""
        return Answer(405, self.error("Method not allowed.", "method_not_allowed"), headers=[("Allow", "POST")])

    def odd_path(self, request: Request) -> Answer:
        """A path that is none of ours."""
        return self.not_found("")

    # --- webhooks ---------------------------------------------------------------------------------------------------

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

    # --- the state provider -----------------------------------------------------------------------------------------

    def provider(self, request: Request, path: str) -> Answer:  # noqa: PLR0911 - a line for each operation
        """`openapi/provider.yaml`."""
        tenant = self.keys.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if tenant is None:
            return self.forbidden()
        parts = [unquote(part) for part in path.strip("/").split("/")]
        match request.method, parts:
            case "GET", ["capabilities"]:
                return Answer(200, self.capabilities())
            case "POST", ["sessions"]:
                return self.prepare(tenant, request.json())
            case "GET", ["sessions", session_id] if "read" in self.operations:
                found = self.find(tenant, session_id)
                return Answer(200, {"session": self.read(found)}) if found else self.not_found(session_id)
            case "POST", ["sessions", session_id, "complete"] if "complete" in self.operations:
                found = self.find(tenant, session_id)
                return self.complete(found) if found else self.not_found(session_id)
            case "PUT", ["webhook-endpoint"] if "webhook-endpoint" in self.operations:
                wanted = request.json()
                self.endpoints[tenant] = (wanted["url"], wanted["secret"])
                return Answer(204)
            case "DELETE", ["webhook-endpoint"]:
                self.endpoints.pop(tenant, None)
                return Answer(204)
        return self.not_found("")

    def capabilities(self) -> Any:
        """What is offered."""
        states = [state for state in STATES if state not in self.impossible]
        return {"states": states, "operations": list(self.operations), "impossible": list(self.impossible)}

    def read(self, session: Session) -> Any:
        """The session as it is now."""
        with self.lock:
            return dict(session.attributes)

    def prepare(self, tenant: str, wanted: Any) -> Answer:
        """A new session in the wanted state."""
        session = self.make(tenant, wanted["state"], wanted.get("expires_in_s", 1800))
        self.sessions[session.id] = session
        return Answer(201, {"session": {**session.attributes, "url": session.url}})

    def make(self, tenant: str, state: str, lifetime_s: int) -> Session:
        """The session, not kept yet."""
        now = int(self.clock())
        created = now - lifetime_s - 5 if state in {"overdue", "expired"} else now
        attributes = {
            "id": self.new_id(),
            "contractor_id": f"cn_{secrets.token_hex(5)}",
            "status": "pending" if state == "overdue" else state,
            "processor": "checkout",
            "return_url": self.return_url(),
            "created": created,
            "expires_at": created + lifetime_s,
            "cancelled_at": now if state == "cancelled" else None,
            "completed_at": now if state == "completed" else None,
        }
        return Session(tenant, attributes, f"https://pay.example.test/setup/live_{secrets.token_urlsafe(24)}")

    def new_id(self) -> str:
        """The public ID of a new session."""
        return f"ps_{secrets.token_hex(8)}"

    def return_url(self) -> str:
        """Where the contractor returns to."""
        return "https://shop.example.test/done?order=17"

    def complete(self, session: Session) -> Answer:
        """The contractor saves a card."""
        with self.lock:
            if self.refusal(session):
                return Answer(409, self.error("The session is no longer pending.", "conflict"))
            session.attributes |= {"status": "completed", "completed_at": int(self.clock())}
            return Answer(200, {"session": dict(session.attributes)})
