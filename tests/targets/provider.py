"""The state provider of a correct implementation: makes sessions, shows and completes them, sets the endpoint."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import unquote

from tests.targets.sessions import Session, Sessions
from tests.targets.wire import Answer, Request

STATES = ["pending", "completed", "cancelled", "expired", "overdue"]
OPERATIONS = ["read", "complete", "webhook-endpoint", "lifetime"]


class StateProvider(Sessions):
    """Arranges what a test needs; a subclass that cannot do all of it says so in `impossible` and `operations`."""

    impossible: tuple[str, ...] = ()
    operations: tuple[str, ...] = tuple(OPERATIONS)

    def provider(self, request: Request, path: str) -> Answer:
        """`openapi/provider.yaml`."""
        tenant = self.keys.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        return self.forbidden() if tenant is None else self.provided(tenant, request, path)

    def provided(self, tenant: str, request: Request, path: str) -> Answer:  # noqa: PLR0911 - a line for each operation
        """The answer to one of the tenant's operations."""
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
