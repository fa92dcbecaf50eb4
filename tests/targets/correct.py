"""A correct implementation of the cancel and of the state-provider protocol, in many small overridable steps."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from tests.targets.provider import StateProvider
from tests.targets.sessions import KEY, OTHER_KEY, Attributes, Session
from tests.targets.webhooks import Webhooks
from tests.targets.wire import Answer, Request

__all__ = ["KEY", "OTHER_KEY", "Attributes", "Correct", "Session"]

CANCEL = re.compile(r"/api/v1/payment/sessions/([^/?#]+)/cancel")


class Correct(StateProvider, Webhooks):
    """Keeps every promise. Others override one step of it."""

    left_out: frozenset[str] = frozenset()
    prefix = ""

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

    def other_method(self, request: Request, session_id: str) -> Answer:
        """Anything but POST."""
        return Answer(405, self.error("Method not allowed.", "method_not_allowed"), headers=[("Allow", "POST")])

    def odd_path(self, request: Request) -> Answer:
        """A path that is none of ours."""
        return self.not_found("")
