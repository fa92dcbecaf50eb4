"""Keys, sessions and a clock: what the cancel, its webhook and the state provider stand on."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

from tests.targets.wire import Answer

KEY, OTHER_KEY = "t9k_test_Target_one", "t9k_test_Target_two"

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


class Sessions:
    """Knows whose a key is, what sessions there are and how they stand, and what is said where one is missing."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.keys = {KEY: "one", OTHER_KEY: "two"}
        self.sessions: dict[str, Session] = {}
        self.endpoints: dict[str, tuple[str, str]] = {}

    def clock(self) -> float:
        """Seconds since the epoch."""
        return time.time()

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

    def error(self, message: str, code: str) -> Any:
        """The envelope."""
        return {"message": message, "error_code": code}

    def forbidden(self) -> Answer:
        """The 403."""
        return Answer(403, self.error("Missing or invalid API key.", "invalid_api_key"))

    def not_found(self, session_id: str) -> Answer:
        """The 404."""
        return Answer(404, self.error("Session not found.", "resource_not_found"))
