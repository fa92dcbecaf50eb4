"""One function for each operationId of the contract."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from mock_server.answers import Answer
from mock_server.creation import Creation, Made, Wanted
from mock_server.errors import ConnectionDroppedError, UnavailableError
from mock_server.layers import Call
from mock_server.quirks import Side, Strike
from mock_server.security import host_name
from mock_server.sessions import PaymentSession, TransitionRefusedError, cancel
from mock_server.settings import Settings
from mock_server.store import Store

REDACTED_URL = "https://my.1099policy.com/payment/setup/redacted"


class Handlers:
    """`wake` tells the outbox relay that there may be something to deliver."""

    def __init__(self, settings: Settings, store: Store, creation: Creation, wake: Callable[[], None]) -> None:
        self._settings = settings
        self._store = store
        self._creation = creation
        self._wake = wake

    async def create_payment_session(self, call: Call) -> Answer:
        """`createPaymentSession`: a pending session, its `url` for the only time."""
        call.entry.idempotency_key = call.headers.get(b"idempotency-key", b"").decode("latin-1")
        operation, ordinal = "createPaymentSession", call.tenant.sessions_made + 1
        await self._meet(call, operation, ordinal)
        answer = Answer(201)
        strikes: list[Strike] = []

        def check(made: Made) -> None:
            strikes.extend(_drawn(call, "answer", operation, ordinal))
            answer.content = with_strikes(made.as_attributes(), strikes)
            call.verified(answer)

        wanted = Wanted(call.content["contractor"], call.content["return_url"], lifetime_s=self._settings.lifetime_s)
        (made,) = self._creation.make(call.tenant, wanted, origin_of(call), check)
        call.entry.session_id, call.entry.after = made.session.id, made.session.status
        return _struck(call, answer)

    async def cancel_payment_session(self, call: Call) -> Answer:
        """`cancelPaymentSession`: transition, event, delivery and the check of the answer in one transaction."""
        tenant, entry = call.tenant, call.entry
        session_id = call.params["session_id"]
        entry.idempotency_key = call.headers.get(b"idempotency-key", b"").decode("latin-1")
        operation, ordinal = "cancelPaymentSession", 0
        if tenant.quirks.rules:
            ordinal = self._store.ordinal(tenant.id, session_id)
            entry.session_id = session_id if ordinal else ""
            await self._meet(call, operation, ordinal)
        strikes: list[Strike] = []

        def answer_with(session: PaymentSession) -> Answer:
            strikes.extend(_drawn(call, "answer", operation, ordinal))
            return call.verified(Answer(200, with_strikes(session.as_attributes(), strikes, was_cancelled=True)))

        notify = bool(tenant.endpoint_url)
        try:
            answer, entry.event_id = self._store.change(
                tenant.id, session_id, tenant.clock.now(), cancel, answer_with, notify=notify
            )
        except TransitionRefusedError:
            entry.session_id = session_id
            entry.before = entry.after = self._store.session(tenant.id, session_id).status
            raise
        entry.session_id, entry.before, entry.after = session_id, "pending", "cancelled"
        if notify:
            self._wake()
        return _struck(call, answer)

    async def _meet(self, call: Call, operation: str, ordinal: int) -> None:
        """What a quirk does before anything is changed. Raises `UnavailableError`, `ConnectionDroppedError`."""
        for strike in _drawn(call, "request", operation, ordinal):
            match strike.name:
                case "latency":
                    await asyncio.sleep(strike.parameters["s"])
                case "unavailable":
                    raise UnavailableError(headers=(("retry-after", f"{strike.parameters['retry_after_s']:.0f}"),))
                case "drop-before-commit":
                    raise ConnectionDroppedError


def _drawn(call: Call, side: Side, operation: str, ordinal: int) -> list[Strike]:
    """What strikes on this side, told in journal and answer."""
    strikes = call.tenant.quirks.draw(side, operation, ordinal)
    if strikes:
        call.entry.quirks += tuple(strike.name for strike in strikes)
    return strikes


def with_strikes(attributes: dict[str, Any], strikes: list[Strike], *, was_cancelled: bool = False) -> dict[str, Any]:
    """The attributes as the quirks would have them, within what the contract allows."""
    for strike in strikes:
        match strike.name:
            case "extra-attributes":
                attributes |= {"object": "payment_session", "metadata": {"added_by": "a later version"}}
            case "url-empty" if was_cancelled:
                attributes["url"] = ""
            case "url-redacted" if was_cancelled:
                attributes["url"] = REDACTED_URL
    return attributes


def _struck(call: Call, answer: Answer) -> Answer:
    """The answer with the names of the quirks that struck. Raises `ConnectionDroppedError`."""
    if call.entry.quirks:
        if "drop-after-commit" in call.entry.quirks:
            raise ConnectionDroppedError
        answer.headers += tuple(("Mock-Quirk", name) for name in call.entry.quirks)
    return answer


def origin_of(call: Call) -> str:
    """Where the client reached the mock: its `Host`, when that looks like one."""
    host = call.headers.get(b"host", b"")
    return f"http://{host.decode()}" if host_name(host) else "http://127.0.0.1"
