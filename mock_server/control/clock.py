"""Time: the tenant's clock and the expiry job."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mock_server.advance import Advance, AlreadyAdvancingError
from mock_server.answers import Answer
from mock_server.clock import ClockMovedBackError
from mock_server.errors import ConflictError, InvalidRequestError
from mock_server.expiry import ExpiryJob
from mock_server.layers import Call
from mock_server.tenants import Tenants


class Time:
    """`wake` tells the outbox relay that a clock has moved."""

    def __init__(self, tenants: Tenants, expiry: ExpiryJob, advance: Advance, wake: Callable[[], None]) -> None:
        self._tenants = tenants
        self._expiry = expiry
        self._advance = advance
        self._wake = wake

    async def read_clock(self, call: Call) -> Answer:
        """`readClock`."""
        return Answer(200, {"mode": call.tenant.clock.mode, "now": call.tenant.clock.now()})

    async def set_clock(self, call: Call) -> Answer:
        """`setClock`."""
        clock, wanted = call.tenant.clock, call.content
        moment = wanted.get("now")
        if "offset_s" in wanted:
            if wanted["mode"] != "offset" or moment is not None:
                raise InvalidRequestError("offset_s goes with mode offset, without now.")
            moment = time.time() + wanted["offset_s"]
        if call.tenant.advancing:
            raise ConflictError("The clock is being advanced by another request.")
        with _refusals_in_words():
            match wanted["mode"]:
                case "frozen":
                    clock.freeze(moment)
                case "offset":
                    clock.run(moment)
                case _:
                    clock.run_real()
        self._tenants.save(call.tenant)
        self._wake()
        return await self.read_clock(call)

    async def advance_clock(self, call: Call) -> Answer:
        """`advanceClock`."""
        if ("seconds" in call.content) == ("to" in call.content):
            raise InvalidRequestError("Give either seconds or to.")
        with _refusals_in_words():
            to, by_s = call.content.get("to"), call.content.get("seconds", 0)
            fired = await self._advance.advance(call.tenant, to=to, by_s=by_s)
        return Answer(200, {"now": call.tenant.clock.now(), "fired": fired})

    async def run_expiry_job(self, call: Call) -> Answer:
        """`runExpiryJob`."""
        flipped = await self._expiry.flip(call.tenant, call.tenant.clock.now(), at_once=True)
        return Answer(200, {"expired": [session_id for _, session_id in flipped]})


@contextmanager
def _refusals_in_words() -> Iterator[None]:
    try:
        yield
    except ClockMovedBackError as error:
        raise InvalidRequestError(f"{error}.".capitalize()) from None
    except AlreadyAdvancingError:
        raise ConflictError("The clock is being advanced by another request.") from None
