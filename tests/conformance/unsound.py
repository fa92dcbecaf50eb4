"""Implementations whose provider breaks the protocol, each in one place, and what `check_provider` says of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from conformance.check_provider.asking import Check
from conformance.check_provider.checking import check_provider
from conformance.client import Client
from conformance.masking import Masker
from conformance.providers.controller import Controller
from conformance.target import Target
from tests.targets.correct import KEY, Correct, Session
from tests.targets.wire import Answer, Request, serving

COMPLETE = "POST /sessions/{session_id}/complete"
READ = "GET /sessions/{session_id}"


def prepare(state: str) -> str:
    """How the call is told."""
    return f'POST /sessions {{"state": "{state}"}}'


@contextmanager
def client_of(base_url: str, key: str = KEY) -> Iterator[Client]:
    """A client of the implementation itself."""
    client = Client(Target(base_url, key, timeout_s=5), Masker())
    try:
        yield client
    finally:
        client.close()


def check(target: Correct, *, itself: bool = False, hold_s: float = 0.0, timeout_s: float = 5.0) -> list[Check]:
    """Serve and check; with `itself`, against the implementation too."""
    with serving(target.respond, target.clock, target.left_out) as url, client_of(url + target.prefix) as client:
        provider = Controller(f"{url}{target.prefix}/provider", KEY, timeout_s=timeout_s)
        checks = check_provider(
            provider, client if itself else None, overdue_hold_s=hold_s, webhook_timeout_s=timeout_s
        )
        provider.close()
    return checks


def wrong_in(checks: list[Check]) -> dict[str, str]:
    """What came, by what was asked, of all that is wrong."""
    return {check.asked: check.came for check in checks if not check.is_right}


class Introduces(Correct):
    """Says this of itself."""

    def __init__(self, content: Any, status: int = 200) -> None:
        super().__init__()
        self.answer = Answer(status, content)

    def provider(self, request: Request, path: str) -> Answer:
        introduced = path == "/capabilities" and KEY in request.headers.get("authorization", "")
        return self.answer if introduced else super().provider(request, path)


class Shows(Correct):
    """Shows a session with this at its creation."""

    def __init__(self, **changes: Any) -> None:
        super().__init__()
        self.changes = changes

    def prepare(self, tenant: str, wanted: Any) -> Answer:
        answer = super().prepare(tenant, wanted)
        answer.content["session"] |= self.changes
        return answer


class Leaves(Correct):
    """Leaves this out."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def prepare(self, tenant: str, wanted: Any) -> Answer:
        answer = super().prepare(tenant, wanted)
        del answer.content["session"][self.name]
        return answer


class IgnoresLifetime(Correct):
    """Twice the time that is asked for."""

    def make(self, tenant: str, state: str, lifetime_s: int) -> Session:
        return super().make(tenant, state, 2 * lifetime_s)


class ReadsAnother(Correct):
    """Reads the session made first, if it is not the one asked for."""

    def read(self, session: Session) -> Any:
        others = [each for each in self.sessions.values() if each is not session]
        return super().read(others[0])


class ReadsOtherTimes(Correct):
    """Counts the lifetime from when it is read."""

    def read(self, session: Session) -> Any:
        return {**super().read(session), "expires_at": session.attributes["expires_at"] + 1}


class ReadsUnknown(Correct):
    """Makes up what it does not have."""

    def find(self, tenant: str, session_id: str) -> Session | None:
        return super().find(tenant, session_id) or self.make(tenant, "pending", 1800)


class FlipsOverdue(Correct):
    """Overdue sessions are flipped after they were read once."""

    def read(self, session: Session) -> Any:
        attributes = super().read(session)
        if attributes["status"] == "pending" and self.clock() >= attributes["expires_at"]:
            session.attributes["status"] = "expired"
        return attributes


class CompletesAnything(Correct):
    """Never says 409."""

    def complete(self, session: Session) -> Answer:
        session.attributes |= {"status": "completed", "completed_at": int(self.clock()), "cancelled_at": None}
        return Answer(200, {"session": dict(session.attributes)})


class OnlySaysCompleted(Correct):
    """Tells of a completion that did not happen."""

    def complete(self, session: Session) -> Answer:
        return Answer(200, {"session": {**session.attributes, "status": "completed"}})


class CompletesSilently(Correct):
    """204 for a completion."""

    def complete(self, session: Session) -> Answer:
        answer = super().complete(session)
        return Answer(204) if answer.status == 200 else answer


class Complains(Correct):
    """400 for what is no longer pending."""

    def complete(self, session: Session) -> Answer:
        answer = super().complete(session)
        return Answer(400) if answer.status == 409 else answer


class CannotRemove(Correct):
    """500 for the removal of a webhook endpoint."""

    def provider(self, request: Request, path: str) -> Answer:
        return Answer(500) if request.method == "DELETE" else super().provider(request, path)


class AnyKey(Correct):
    """Takes every key for the first tenant's."""

    def provider(self, request: Request, path: str) -> Answer:
        request.headers["authorization"] = f"Bearer {KEY}"
        return super().provider(request, path)
