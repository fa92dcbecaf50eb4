"""Sessions in a wanted state, each precondition read back where the provider can read."""

from __future__ import annotations

import string
import time
from random import Random
from typing import Any

from conformance.client import UNKNOWN_ID, Client
from conformance.masking import Masker
from conformance.near_misses import beyond_counting
from conformance.outcomes import Breach, NotTestable, Reason, SetupError
from conformance.providers import Capabilities, Provider, Session, State
from conformance.secrecy import Traces, traces_of_run
from conformance.verify import CODES, codes_in

ALPHANUMERIC = frozenset(string.ascii_letters + string.digits)
STATUS_OF: dict[str, str] = {"overdue": "pending"}


class Stage:
    """Prepares sessions through the provider and remembers them all, with what must be known of them later."""

    def __init__(self, provider: Provider, capabilities: Capabilities, client: Client, masker: Masker) -> None:
        self._provider = provider
        self._capabilities = capabilities
        self._client = client
        self._masker = masker
        self.sessions: list[Session] = []
        self._traces, self._traced = Traces(), 0
        self._read: set[str] = set()

    def offers(self, state_or_operation: str) -> bool:
        """Whether the provider offers the state or operation of that name."""
        return state_or_operation in self._capabilities.states | self._capabilities.operations

    def prepare(self, state: State, *, expires_in_s: int | None = None) -> Session:
        """A new session in `state`. Raises `SetupError` when it is not new, or reads back as something else."""
        session = self._provider.prepare(state, expires_in_s=expires_in_s)
        ledger = self._client.ledger
        if session.id in ledger.known:
            raise SetupError(
                Reason.PRECONDITION_WRONG, f"asked for a new {state} session, got one that was given before"
            )
        self.sessions.append(session)
        ledger.known.add(session.id)
        if state == "cancelled":
            ledger.prepared_cancelled.add(session.id)
        self._masker.add_creation(session.attributes)
        if self.offers("read"):
            self._check(state, session)
        return session

    def prepare_for(self, api_key: str) -> Session | None:
        """A pending session of another tenant; `None` where the provider makes none. It is no session of this run: its
        event does not come to us."""
        try:
            session = self._provider.prepare("pending", api_key=api_key)
        except (NotTestable, SetupError):
            return None
        self._masker.add_creation(session.attributes)
        return session

    def read(self, session: Session) -> dict[str, Any]:
        """The session's documented attributes as they are now, `url` left out. Raises `Breach` when one that was read
        before is not there any more."""
        try:
            attributes = self._provider.read(session.id)
        except NotTestable:
            if session.id in self._read:
                raise Breach("a session that is still there", "none, says the provider") from None
            raise
        self._read.add(session.id)
        return {name: value for name, value in attributes.items() if name != "url"}

    def read_ended(self, session: Session) -> dict[str, Any]:
        """The same of a session that the target has ended. Raises `SetupError` when it reads as pending although the
        target itself refuses to cancel it as no longer pending: then the reading is wrong, not the target."""
        attributes = self.read(session)
        if attributes.get("status") == "pending" and codes_in(self._client.cancel(session.id)) == {CODES[0]}:
            raise SetupError(
                Reason.PRECONDITION_WRONG, "a session reads as pending that the target calls no longer pending"
            )
        return attributes

    def completed(self, *, expires_in_s: int | None = None) -> Session:
        """A session completed just now, by the implementation's own way. Raises `SetupError` when it is not."""
        session = self.prepare("pending", expires_in_s=expires_in_s)
        if not self.complete(session):
            raise SetupError(
                Reason.PRECONDITION_WRONG,
                "asked to complete a new pending session, the provider says it is not pending",
            )
        return session

    def complete(self, session: Session) -> bool:
        """Have the implementation complete the session; False when it was no longer pending.

        Raises `SetupError` when the session reads otherwise than that. While others change it too, use `try_complete`.
        """
        completed = self.try_complete(session)
        status = self.read(session).get("status") if self.offers("read") else None
        if status is not None and (status != "completed" if completed else status == "pending"):
            said = "was completed" if completed else "was no longer pending"
            raise SetupError(
                Reason.PRECONDITION_WRONG, f"the provider says that a session {said}, it reads with status {status!r}"
            )
        return completed

    def try_complete(self, session: Session) -> bool:
        """The same, on the provider's word alone."""
        return self._provider.complete(session.id)

    def traces(self) -> Traces:
        """What gives away the secret of any creation URL of the run."""
        # Several judgements ask at the end of a run, when there are no more new sessions.
        if len(self.sessions) != self._traced:
            self._traces = traces_of_run([session.attributes for session in self.sessions])
            self._traced = len(self.sessions)
        return self._traces

    def refusing_states(self) -> tuple[State, ...]:
        """The states that a cancel is refused in and that the provider can prepare."""
        states: tuple[State, ...] = ("completed", "expired", "overdue")
        return tuple(state for state in states if self.offers(state))

    def unknown_id(self) -> str:
        """An id that no session has, of the same shape as the ids seen here."""
        if not self.sessions and self.offers("pending"):
            self.prepare("pending")
        shape = self.sessions[-1].id if self.sessions else UNKNOWN_ID
        while (made := _unlike(shape, self._client.random)) in self._client.ledger.known:
            shape += "0"  # A longer one: sooner or later it is longer than all that are known.
        return made

    def _check(self, state: State, session: Session) -> None:
        attributes = self.read(session)
        wanted = STATUS_OF.get(state, state)
        if attributes.get("status") != wanted:
            raise SetupError(
                Reason.PRECONDITION_WRONG,
                f"asked for a {state} session, it reads back with status {attributes.get('status')!r}",
            )
        if state == "overdue" and not self._is_overdue(attributes):
            raise SetupError(
                Reason.PRECONDITION_WRONG,
                f"asked for an overdue session, its expires_at {attributes.get('expires_at')!r} has not passed",
            )

    def _is_overdue(self, attributes: dict[str, Any]) -> bool:
        """Whether `expires_at` has passed by our clock or by the target's, as its `Date` shows it."""
        expires_at = attributes.get("expires_at")
        if not isinstance(expires_at, int | float):
            return False
        return expires_at <= time.time() + 1.0 or expires_at <= (self._client.probe().date() or 0.0) + 1.0


def _unlike(shape: str, random: Random) -> str:
    """Another id of that shape, far away from the ids next to it."""
    if beyond := beyond_counting(shape, random):
        return beyond
    prefix, separator, rest = shape.rpartition("_")
    if sum(character in ALPHANUMERIC for character in rest) < 8:
        # Too little to change: there may be no other id that differs in this part alone.
        prefix, separator, rest = "", "", shape + "00000000"
    return prefix + separator + "".join(_alike(character, random) for character in rest)


def _alike(character: str, random: Random) -> str:
    for alphabet in ("0123456789", "abcdef", "ABCDEF", string.ascii_lowercase, string.ascii_uppercase):
        if character in alphabet:
            return random.choice(alphabet)
    return character
