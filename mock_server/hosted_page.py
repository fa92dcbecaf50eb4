"""The page behind `url`: the contractor saves a card or cancels, and is sent to `return_url`.

Stands in for the vendor's hosted page; nothing about it is in the contract. The token in the path is a secret: it is
compared as a digest and shown nowhere.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.answers import Answer
from mock_server.creation import SETUP_PATH, token_digest_of
from mock_server.errors import MethodNotAllowedError, NotFoundError
from mock_server.inputs import IgnoredBody, read_bytes
from mock_server.layers import CALL, Call
from mock_server.sessions import PaymentSession, TransitionRefusedError, cancel, complete
from mock_server.store import Store, UnknownSessionError
from mock_server.tenants import Tenants

HTML = "text/html; charset=utf-8"
HEADERS = (
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    (
        "content-security-policy",
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    ),
)
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>
:root {{ color-scheme: light dark; font: 1.05rem/1.5 system-ui, sans-serif }}
body {{ max-width: 32rem; margin: 12vh auto; padding: 0 1.25rem }}
form {{ display: flex; gap: .75rem; flex-wrap: wrap }}
button {{ font: inherit; padding: .6rem 1.4rem; border-radius: .5rem; border: 1px solid currentColor; cursor: pointer }}
button[value=save] {{ background: #1a5fb4; border-color: #1a5fb4; color: #fff }}
small {{ opacity: .8 }}
</style></head><body><main><h1>{title}</h1>{body}</main></body></html>
"""
FORM = """<p>Contractor <strong>{contractor}</strong> is asked to save a card.</p>
<form method="post"><button name="action" value="save">Save card</button>
<button name="action" value="cancel">Cancel</button></form>
<p><small>A mock of the hosted page: no card data is asked for or kept.</small></p>"""
ACTIONS = {"save": complete, "cancel": cancel}


class HostedPage:
    """What is served at no documented path: the page behind `url`, and a plain 404 for all else."""

    def __init__(self, app: ASGIApp, *, store: Store, tenants: Tenants, wake: Callable[[], None], limit: int) -> None:
        del app  # the end of the line
        self._store = store
        self._tenants = tenants
        self._wake = wake
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the ASGI signature
        """Leave the answer in the call; `Front` sends it."""
        call: Call = scope[CALL]
        if not scope["path"].startswith(SETUP_PATH):
            await IgnoredBody(self._limit).read(call.headers, receive)
            raise NotFoundError
        call.entry.route = SETUP_PATH + "{token}"
        digest = token_digest_of(scope["path"].removeprefix(SETUP_PATH))
        match scope["method"]:
            case "GET" | "HEAD":
                call.answer = self._show(call, digest)
            case "POST":
                body = await read_bytes(receive, self._limit)
                call.answer = self._act(call, digest, parse_qs(body.decode("latin-1")).get("action", [""])[0])
            case _:
                raise MethodNotAllowedError(headers=(("allow", "GET, HEAD, POST"),))

    def _show(self, call: Call, digest: str) -> Answer:
        try:
            session = self._session(call, digest)
        except UnknownSessionError:
            return _plain(404, "This link is not known", "It may be mistyped. Ask for a new one.")
        if session.status == "expired" or session.is_overdue(call.tenant.clock.now()):
            return _plain(410, "This link has expired", "Ask for a new one.")
        if session.status != "pending":
            return _plain(410, "This link was used", f"The session is {session.status}. You can close this page.")
        return _page(200, "Save a card", FORM.format(contractor=html.escape(session.contractor_id)))

    def _act(self, call: Call, digest: str, action: str) -> Answer:
        try:
            session = self._session(call, digest)
        except UnknownSessionError:
            return _plain(404, "This link is not known", "It may be mistyped. Ask for a new one.")
        if action not in ACTIONS:
            return _plain(400, "Nothing was done", "Go back and choose Save card or Cancel.")
        tenant, notify = call.tenant, bool(call.tenant.endpoint_url)
        try:
            session, call.entry.event_id = self._store.change(
                tenant.id, session.id, tenant.clock.now(), ACTIONS[action], lambda changed: changed, notify=notify
            )
        except TransitionRefusedError:
            return self._show(call, digest)
        call.entry.before, call.entry.after = "pending", session.status
        self._wake()
        return Answer(303, "", (("location", _return_url(session)), *HEADERS), HTML)

    def _session(self, call: Call, digest: str) -> PaymentSession:
        tenant_id, session = self._store.by_token(digest)
        call.tenant = self._tenants.get(tenant_id)
        call.entry.session_id, call.entry.before = session.id, session.status
        return session


def _return_url(session: PaymentSession) -> str:
    """The `return_url` with `hps_id` and `status` added to its query."""
    parts = urlsplit(session.return_url)
    added = urlencode({"hps_id": session.id, "status": session.status})
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


def _plain(status: int, title: str, text: str) -> Answer:
    return _page(status, title, f"<p>{html.escape(text)}</p>")


def _page(status: int, title: str, body: str) -> Answer:
    return Answer(status, PAGE.format(title=title, body=body), HEADERS, HTML)
