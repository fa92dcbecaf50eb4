"""Harness faults: what fails is not the implementation under test, so the run must neither pass nor fail it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any, TypeVar

from tests.targets.correct import Correct, Session
from tests.targets.wire import Answer, HangUp, Request

Implementation = TypeVar("Implementation", bound=type[Correct])

# Every fault by name: the implementation, the exit code it must end with, further flags.
FAULTS: dict[str, tuple[type[Correct], int, tuple[str, ...]]] = {}


def ends_with(exit_code: int, *flags: str) -> Callable[[Implementation], Implementation]:
    """Register a fault under its class name."""

    def register(implementation: Implementation) -> Implementation:
        FAULTS[implementation.__name__] = (implementation, exit_code, flags)
        return implementation

    return register


# --- the provider -----------------------------------------------------------------------------------------------------


@ends_with(3)
class LiesAboutExpired(Correct):
    """Asked for an expired session, it makes a pending one."""

    def make(self, tenant: str, state: str, lifetime_s: int) -> Session:
        return super().make(tenant, "pending" if state == "expired" else state, lifetime_s)


@ends_with(3)
class LiesAboutOverdue(Correct):
    """Asked for an overdue session, it makes one that has time left."""

    def make(self, tenant: str, state: str, lifetime_s: int) -> Session:
        return super().make(tenant, "pending" if state == "overdue" else state, lifetime_s)


@ends_with(3)
class GivesTheSameTwice(Correct):
    """Asked for a new completed session, it gives the one it gave before."""

    kept: Session | None = None

    def make(self, tenant: str, state: str, lifetime_s: int) -> Session:
        if state != "completed":
            return super().make(tenant, state, lifetime_s)
        self.kept = self.kept or super().make(tenant, state, lifetime_s)
        return self.kept


@ends_with(3)
class FailsAtCompleted(Correct):
    """500 where a completed session is asked for."""

    def prepare(self, tenant: str, wanted: Any) -> Answer:
        return Answer(500, b"oops") if wanted["state"] == "completed" else super().prepare(tenant, wanted)


@ends_with(3)
class FailsAtEverything(Correct):
    """500 for every session."""

    def prepare(self, tenant: str, wanted: Any) -> Answer:
        return Answer(500, b"oops")


@ends_with(3)
class GivesNoId(Correct):
    """201 without a session."""

    def prepare(self, tenant: str, wanted: Any) -> Answer:
        return Answer(201, {"ok": True})


@ends_with(3)
class GivesNoJson(Correct):
    """201 with a page."""

    def prepare(self, tenant: str, wanted: Any) -> Answer:
        return Answer(201, b"<h1>Created</h1>", "text/html")


@ends_with(3, "--timeout", "0.5", "--only", "STATE")
class HangsAtCompleted(Correct):
    """No answer where a completed session is asked for."""

    def prepare(self, tenant: str, wanted: Any) -> Answer:
        if wanted["state"] == "completed":
            time.sleep(1.5)
        return super().prepare(tenant, wanted)


@ends_with(3)
class CompletesInNameOnly(Correct):
    """Says of every session that it was completed, and leaves it as it was."""

    def complete(self, session: Session) -> Answer:
        return Answer(200, {"session": {**session.attributes, "status": "completed"}})


@ends_with(3)
class NeverCompletes(Correct):
    """Says of every session that it is no longer pending."""

    def complete(self, session: Session) -> Answer:
        return Answer(409, self.error("The session is no longer pending.", "conflict"))


@ends_with(3)
class ReadsAreStale(Correct):
    """Shows every session as it was when it was made."""

    def __init__(self) -> None:
        super().__init__()
        self.made: dict[str, Any] = {}

    def make(self, tenant: str, state: str, lifetime_s: int) -> Session:
        session = super().make(tenant, state, lifetime_s)
        self.made[session.id] = dict(session.attributes)
        return session

    def read(self, session: Session) -> Any:
        return self.made[session.id]


class OtherProvider(Correct):
    """Differs in what the provider says of itself."""

    def provider(self, request: Request, path: str) -> Answer:
        return self.introduced() if path == "/capabilities" else super().provider(request, path)

    def introduced(self) -> Answer:
        """The answer about capabilities."""
        raise HangUp


@ends_with(4)
class ProviderHangsUp(OtherProvider):
    """No answer about capabilities."""


@ends_with(4)
class NoCapabilities(OtherProvider):
    """404 for them."""

    def introduced(self) -> Answer:
        return Answer(404)


@ends_with(4)
class CapabilitiesAreAPage(OtherProvider):
    """A page."""

    def introduced(self) -> Answer:
        return Answer(200, b"<h1>Welcome</h1>", "text/html")


@ends_with(4)
class CapabilitiesMalformed(OtherProvider):
    """States as one string."""

    def introduced(self) -> Answer:
        return Answer(200, {"states": "pending", "operations": []})


@ends_with(3)
class WebhookEndpointFails(Correct):
    """The endpoint cannot be set, though it is offered."""

    def provider(self, request: Request, path: str) -> Answer:
        return Answer(500) if path == "/webhook-endpoint" else super().provider(request, path)


# --- the target -------------------------------------------------------------------------------------------------------


@ends_with(4)
class DiesMidway(Correct):
    """After forty cancels nothing is answered any more."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = itertools.count(1)

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        if next(self.numbers) > 40:
            raise HangUp
        return super().cancel_request(request, session_id)


@ends_with(4)
class NeverAnswers(Correct):
    """Hangs up on every cancel."""

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        raise HangUp


@ends_with(4)
class RefusesTheKey(Correct):
    """403 for the key that the suite was given."""

    def tenant_of_key(self, key: str) -> str | None:
        return None


@ends_with(3)
class AlwaysBusy(Correct):
    """503 for every cancel with a valid key."""

    def cancel(self, session: Session) -> Answer:
        return Answer(503, {"message": "Busy."}, headers=[("Retry-After", "1")])


@ends_with(3)
class ClockTwoHoursOff(Correct):
    """Its clock, `Date` included, is two hours ahead."""

    def clock(self) -> float:
        return time.time() + 7200


@ends_with(3)
class ClockTwoHoursBehind(Correct):
    """Its clock is two hours behind, and it sends no `Date`."""

    left_out = frozenset({"Date"})

    def clock(self) -> float:
        return time.time() - 7200
