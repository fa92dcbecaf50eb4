"""Sessions, in any state: the state-provider protocol, and lists."""

from __future__ import annotations

from collections.abc import Callable

from mock_server.answers import Answer
from mock_server.creation import DEFAULT_RETURN_URL, Creation, Made, Wanted, made_up_contractor
from mock_server.errors import RefusedError
from mock_server.handlers import origin_of
from mock_server.layers import Call
from mock_server.sessions import PaymentSession, TransitionRefusedError, complete
from mock_server.settings import Settings
from mock_server.store import Store

STATES = ["pending", "completed", "cancelled", "expired", "overdue"]
OPERATIONS = ["read", "complete", "webhook-endpoint", "lifetime"]


class Sessions:
    """`wake` tells the outbox relay that there may be something to deliver."""

    def __init__(self, settings: Settings, store: Store, creation: Creation, wake: Callable[[], None]) -> None:
        self._settings = settings
        self._store = store
        self._creation = creation
        self._wake = wake

    async def read_capabilities(self, call: Call) -> Answer:  # noqa: ARG002 - every function takes the call
        """`readCapabilities`."""
        return Answer(200, {"states": STATES, "operations": OPERATIONS})

    async def prepare_session(self, call: Call) -> Answer:
        """`prepareSession`: one or many, in any state."""
        wanted = Wanted(
            contractor_id=call.content.get("contractor") or made_up_contractor(),
            return_url=call.content.get("return_url", DEFAULT_RETURN_URL),
            state=call.content["state"],
            lifetime_s=call.content.get("expires_in_s", self._settings.lifetime_s),
            count=call.content.get("count", 1),
        )
        made = self._creation.make(call.tenant, wanted, origin_of(call), _unchecked)
        shown = [each.as_attributes() for each in made]
        return Answer(201, {"sessions": shown} if "count" in call.content else {"session": shown[0]})

    async def list_sessions(self, call: Call) -> Answer:
        """`listSessions`."""
        rows = self._store.sessions(call.tenant.id, after=call.query["after"], limit=call.query["limit"])
        sessions = [session.as_attributes() for _, session in rows]
        return Answer(200, {"sessions": sessions, "next": rows[-1][0] if rows else call.query["after"]})

    async def read_session(self, call: Call) -> Answer:
        """`readSession`."""
        session = self._store.session(call.tenant.id, call.params["session_id"])
        return Answer(200, {"session": session.as_attributes()})

    async def complete_session(self, call: Call) -> Answer:
        """`completeSession`: the same transition as the hosted page's *Save card*."""
        try:
            tenant, notify = call.tenant, bool(call.tenant.endpoint_url)
            session, _ = self._store.change(
                tenant.id, call.params["session_id"], tenant.clock.now(), complete, _itself, notify=notify
            )
        except TransitionRefusedError as refusal:
            raise RefusedError(refusal, 409) from None
        self._wake()
        return Answer(200, {"session": session.as_attributes()})


def _unchecked(made: Made) -> None:
    """The control plane's own document is what its answers are checked against."""


def _itself(session: PaymentSession) -> PaymentSession:
    return session
