"""Calls to a state provider, each of which leaves a check: what was asked, what came, and what the protocol wants."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from conformance.check_provider.judging import Judge, new_session_problem, read_problem, session_in, status_problem
from conformance.client import Client
from conformance.outcomes import SetupError, Signal
from conformance.providers.answers import NOT_OFFERED, Answer, Operation, ProtocolProvider

# After so many calls without an answer no more are made.
PATIENCE = 3

Attributes = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was asked, and what came. `wanted` is empty when that is what the protocol wants."""

    asked: str
    came: str
    wanted: str = ""

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong."""
        return not self.wanted


class SilentError(Exception):
    """Too many calls got no answer."""


class Asker:
    """Asks and notes. `prepared` are the sessions that later calls go on with, one for each state."""

    def __init__(self, provider: ProtocolProvider) -> None:
        self.checks: list[Check] = []
        self.prepared: dict[str, Attributes] = {}
        self._provider = provider
        self._used_ids: set[str] = set()
        self._silences = 0

    def note(self, asked: str, came: str, wanted: str = "") -> bool:
        """Keep a check; whether it is right."""
        self.checks.append(Check(asked, came, wanted))
        return not wanted

    def ask(
        self,
        operation: Operation,
        judge: Judge,
        wanted: str,
        about: str = "",
        *,
        api_key: str | None = None,
        **fields: Any,
    ) -> Answer | None:
        """The answer, right or not, or `None` when none came. Raises `SilentError` when none came too often."""
        spelled = self._provider.spelled(operation, **fields)
        asked = f"{spelled} {about}".rstrip()
        try:
            answer = self._provider.ask(operation, api_key=api_key, **fields)
        except SetupError as error:
            self.note(asked, error.message.removeprefix(f"provider: {spelled}").lstrip(": "), wanted)
            self._silences += 1
            if self._silences == PATIENCE:
                raise SilentError from None
            return None
        problem = judge(answer)
        self.note(asked, problem or str(answer.status), wanted if problem else "")
        return answer

    def prepare(self, state: str, about: str = "", **lifetime: Any) -> Attributes | None:
        """A new session, if there is one in the answer, be it right or not."""
        judge = partial(new_session_problem, state, frozenset(self._used_ids), lifetime.get("expires_in_s"))
        wanted = "201 with a new session, its every attribute as at creation"
        answer = self.ask("prepare", judge, wanted, about, state=state, **lifetime)
        session = session_in(answer, 201) if answer else None
        if session:
            self._used_ids.add(session["id"])
            self.prepared.setdefault(state, session)
        return session

    def read(self, session: Attributes, state: str, about: str) -> None:
        """Whether the session now reads as being in that state, and otherwise as it was created."""
        wanted = f"200 with that session, {'pending and past its expires_at' if state == 'overdue' else state}"
        self.ask("read", partial(read_problem, state, session), wanted, about, session_id=session["id"])

    def not_offered(self, operation: Operation, **fields: Any) -> None:
        """Whether what is not offered says so."""
        wanted = "404, 405 or 501, or that it be offered"
        self.ask(operation, status_problem(*NOT_OFFERED), wanted, "though it is not offered", **fields)

    def cancel(self, client: Client, session: Attributes, status: int, about: str) -> bool:
        """Whether the implementation itself answers a cancel of the session with this status."""
        asked = f"the implementation's cancel of a session {about}"
        wanted = f"{status}: the provider is to prepare sessions of the implementation under test, for the same key"
        try:
            came = client.cancel(session["id"]).status
        except Signal as signal:
            return self.note(asked, signal.message, wanted)
        return self.note(asked, str(came), "" if came == status else wanted)
