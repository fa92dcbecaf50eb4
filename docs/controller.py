"""A state provider for the conformance suite: one file, Python 3.9 or later, nothing but the standard library.

    python controller.py [PORT]

Copy it into a test build and replace what stands between the two lines of `YOUR CODE`: it is a sample that keeps its
sessions in memory. The rest speaks the protocol and can stay as it is. It listens on loopback alone; never ship it.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

Session = dict[str, Any]  # the documented attributes by name, `url` among them

# ===== YOUR CODE ======================================================================================================

# What you can do. Leave out what you cannot: what needs it is then reported as not testable, never as a failure.
STATES = ["pending", "completed", "cancelled", "expired", "overdue"]
OPERATIONS = ["read", "complete", "webhook-endpoint", "lifetime"]
# ["overdue"] if a session of yours is flipped to expired the moment it expires; take it out of STATES then.
IMPOSSIBLE: list[str] = []

# The tenants of your test build by their API keys, the same keys that the suite is given.
TENANTS = {
    os.environ.get("CONFORMANCE_API_KEY") or "t9k_test_one": "tenant-1",
    os.environ.get("CONFORMANCE_OTHER_API_KEY") or "t9k_test_two": "tenant-2",
}

sessions: dict[tuple[str, str], Session] = {}
webhook_endpoints: dict[str, tuple[str, str]] = {}
lock = threading.Lock()


def prepare(tenant: str, state: str, lifetime_s: int) -> Session:
    """A new session of this tenant in this state, as it was at its creation: every attribute, `url` included.

    `overdue` is past its `expires_at`, still `pending`, and left so by your expiry job for at least 30 s.
    """
    now = int(time.time())
    created = now - lifetime_s - 5 if state in ("overdue", "expired") else now
    session: Session = {
        "id": f"ps_{secrets.token_hex(8)}",
        "contractor_id": f"cn_{secrets.token_hex(5)}",
        "status": "pending" if state == "overdue" else state,
        "processor": "checkout",
        "return_url": "https://app.example.com/payments/done",
        "url": f"https://my.example.com/payment/setup/live_{secrets.token_urlsafe(24)}",
        "created": created,
        "expires_at": created + lifetime_s,
        "cancelled_at": now if state == "cancelled" else None,
        "completed_at": now if state == "completed" else None,
    }
    sessions[tenant, session["id"]] = session
    return session


def read(tenant: str, session_id: str) -> Session | None:
    """The session as it is now, from where your implementation keeps it; `None` if this tenant has none of that id."""
    return sessions.get((tenant, session_id))


def complete(tenant: str, session_id: str) -> Session | None:
    """The session, completed the way it happens when a contractor saves a card, not by a write into your database.

    `None` if it is no longer pending.
    """
    with lock:
        session = sessions[tenant, session_id]
        if session["status"] != "pending" or time.time() >= session["expires_at"]:
            return None
        session.update(status="completed", completed_at=int(time.time()))
        return session


def put_webhook_endpoint(tenant: str, url: str, secret: str) -> None:
    """Send this tenant's events to `url` from now on, signed with `secret` if you sign them."""
    webhook_endpoints[tenant] = (url, secret)


def delete_webhook_endpoint(tenant: str) -> None:
    """Send this tenant's events nowhere."""
    webhook_endpoints.pop(tenant, None)


# ===== END OF YOUR CODE ===============================================================================================

BASE = "/provider"
DEFAULT_LIFETIME_S = 1800
NOT_FOUND = (404, {"message": "Not found, or not offered."})


def answer(tenant: str, method: str, path: list[str], body: dict[str, Any]) -> tuple[int, Any]:
    """Status and content for one call of the protocol."""
    call = (method, *path)
    if call == ("GET", "capabilities"):
        return 200, {"states": STATES, "operations": OPERATIONS, "impossible": IMPOSSIBLE}
    if call == ("POST", "sessions"):
        return answer_prepare(tenant, body)
    if call == ("PUT", "webhook-endpoint") and "webhook-endpoint" in OPERATIONS:
        put_webhook_endpoint(tenant, body["url"], body.get("secret", ""))
        return 204, None
    if call == ("DELETE", "webhook-endpoint") and "webhook-endpoint" in OPERATIONS:
        delete_webhook_endpoint(tenant)
        return 204, None
    if len(call) > 2 and call[1] == "sessions":
        return answer_session(tenant, call[2], (method, *call[3:]))
    return NOT_FOUND


def answer_prepare(tenant: str, body: dict[str, Any]) -> tuple[int, Any]:
    """A new session, if its state is offered."""
    if body.get("state") not in STATES:
        return 501, {"message": "This state is not offered."}
    return 201, {"session": prepare(tenant, body["state"], body.get("expires_in_s", DEFAULT_LIFETIME_S))}


def answer_session(tenant: str, session_id: str, call: tuple[str, ...]) -> tuple[int, Any]:
    """What can be done with one session."""
    session = read(tenant, session_id)
    if session is None:
        return NOT_FOUND
    if call == ("GET",) and "read" in OPERATIONS:
        return 200, {"session": session}
    if call == ("POST", "complete") and "complete" in OPERATIONS:
        completed = complete(tenant, session_id)
        return (200, {"session": completed}) if completed else (409, {"message": "It is no longer pending."})
    return NOT_FOUND


class Handler(BaseHTTPRequestHandler):
    """HTTP around `answer`."""

    protocol_version = "HTTP/1.1"

    def handle_call(self) -> None:
        """Read one request, answer it."""
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        scheme, _, key = (self.headers.get("Authorization") or "").partition(" ")
        tenant = TENANTS.get(key) if scheme == "Bearer" else None
        if tenant is None:
            self.send(403, {"message": "Unknown API key."})
        elif not self.path.startswith(BASE + "/"):
            self.send(*NOT_FOUND)
        else:
            path = [unquote(part) for part in self.path[len(BASE) + 1 :].split("/")]
            try:
                status, content = answer(tenant, self.command, path, json.loads(text or b"{}"))
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                status, content = 400, {"message": f"{type(error).__name__}: {error}"}
            self.send(status, content)

    do_GET = do_POST = do_PUT = do_DELETE = handle_call  # noqa: N815 - the names that http.server calls

    def send(self, status: int, content: Any) -> None:
        """Answer with JSON, or with nothing."""
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name it has in the standard library
        """Say nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8097), Handler)
    print(f"Listening on http://127.0.0.1:{server.server_address[1]}{BASE}", flush=True)
    with suppress(KeyboardInterrupt):
        server.serve_forever()
