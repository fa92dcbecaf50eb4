"""A provider made of a file: sessions that somebody has prepared, each to be used once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from conformance.outcomes import NotTestable, Reason, SetupError
from conformance.providers import STATES, Capabilities, Session, State
from conformance.providers.answers import wrong_types

# A pending session with less than this left may expire before the suite has come to cancel it.
SPARE_S = 15.0


@dataclass(frozen=True, slots=True)
class Pooled:
    """A session of the pool: the state it is said to be in, its id and what else is known of it, the id included."""

    state: str
    id: str
    attributes: dict[str, Any] = field(repr=False)


class Pool:
    """Hands out each session once, in the order of the file. There is no operation that it could offer."""

    def __init__(self, sessions: Sequence[Pooled], impossible: Iterable[str] = ()) -> None:
        self._left = {state: [each for each in sessions if each.state == state] for state in STATES}
        self._states = frozenset(each.state for each in sessions)
        self._impossible = frozenset(impossible)
        self._needed: Counter[str] = Counter()
        self._expired = 0

    def capabilities(self) -> Capabilities:
        """The states that the file has sessions in."""
        return Capabilities(states=self._states, impossible=self._impossible)

    def prepare(self, state: State, *, expires_in_s: int | None = None, api_key: str | None = None) -> Session:
        """The next session of the state; a pending one whose time is known to be over is passed by.

        Raises `NotTestable` when there are no more, `SetupError` when an overdue one is known to have time left.
        """
        if expires_in_s is not None or api_key is not None:
            raise NotTestable(
                Reason.OPERATION_NOT_OFFERED, "a pool cannot choose how long a session lasts, nor whose it is"
            )
        self._needed[state] += 1
        pooled = self._next(state)
        if state == "overdue" and self._left_s(pooled) > 0:
            raise SetupError(
                Reason.PRECONDITION_WRONG, f"the pool calls {pooled.id} overdue, its expires_at has not passed"
            )
        # Nobody saw our clock when it was created, so the two are not to be compared: by this they are alike.
        created = pooled.attributes.get("created")
        prepared_at = float(created) if isinstance(created, int) else time.time()
        return Session(id=pooled.id, attributes=dict(pooled.attributes), prepared_at=prepared_at)

    def read(self, session_id: str) -> dict[str, Any]:
        """A file does not know how a session is now."""
        raise NotTestable(Reason.OPERATION_NOT_OFFERED, f"a pool cannot read session {session_id}")

    def complete(self, session_id: str) -> bool:
        """A file completes nothing."""
        raise NotTestable(Reason.OPERATION_NOT_OFFERED, f"a pool cannot complete session {session_id}")

    def put_webhook_endpoint(self, url: str, secret: str) -> None:  # noqa: ARG002 - the protocol's signature
        """A file sets nothing."""
        raise NotTestable(Reason.OPERATION_NOT_OFFERED, "a pool cannot set the webhook endpoint")

    def delete_webhook_endpoint(self) -> None:
        """Nothing was set."""

    def close(self) -> None:
        """Nothing is open."""

    def _next(self, state: State) -> Pooled:
        left = self._left[state]
        while left:
            pooled = left.pop(0)
            if state != "pending" or self._left_s(pooled) > SPARE_S:
                return pooled
            self._expired += 1
        expired = f", {self._expired} had no time left" if self._expired and state == "pending" else ""
        raise NotTestable(
            Reason.STATE_NOT_OFFERED,
            f"the pool has no more {state} sessions: {self._needed[state]} were needed{expired}",
        )

    @staticmethod
    def _left_s(pooled: Pooled) -> float:
        """Seconds until it expires; where that is not known, what serves its state."""
        expires_at = pooled.attributes.get("expires_at")
        if isinstance(expires_at, int):
            return expires_at - time.time()
        return float("inf") if pooled.state == "pending" else 0.0


def load_pool(path: Path) -> Pool:
    """The pool of a YAML file, a mapping with `sessions: [{state, id, …what is known…}]` and perhaps
    `impossible: [overdue]`.

    Raises `OSError` when the file cannot be read and `ValueError`, with what is at fault in one line, when it is not
    such a mapping.
    """
    content = _yaml(path)
    if not isinstance(content, dict) or not {"sessions"} <= set(content) <= {"sessions", "impossible"}:
        raise ValueError("not a mapping with `sessions`, and perhaps `impossible`, and nothing else")
    entries, impossible = content["sessions"], content.get("impossible", [])
    if not isinstance(entries, list) or not entries:
        raise ValueError("sessions is not a list with at least one session")
    if impossible not in ([], ["overdue"]):
        raise ValueError("impossible can only be [overdue]")
    sessions = [_pooled(entry, f"session {number}") for number, entry in enumerate(entries, start=1)]
    for session_id, count in Counter(each.id for each in sessions).items():
        if count > 1:
            raise ValueError(f"{session_id!r} stands there {count} times; each session is used once")
    if impossible and any(each.state == "overdue" for each in sessions):
        raise ValueError("overdue is said to be impossible, and there are overdue sessions")
    return Pool(sessions, impossible)


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ValueError(f"not YAML: {line}{error.problem}") from None
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {str(error).splitlines()[0]}") from None


def _pooled(entry: Any, where: str) -> Pooled:
    if not isinstance(entry, dict) or not {"state", "id"} <= entry.keys():
        raise ValueError(f"{where} is not a mapping with at least state and id")
    state, session_id = entry["state"], entry["id"]
    if not isinstance(state, str) or state not in STATES:
        raise ValueError(f"{where}: no state is called {state!r}; there are {', '.join(sorted(STATES))}")
    if not isinstance(session_id, str) or not session_id:
        raise ValueError(f"{where}: id is not text; a number needs quotes")
    attributes = {name: value for name, value in entry.items() if name != "state"}
    if wrong := wrong_types(attributes):
        raise ValueError(f"{where}: {wrong[0]}")
    return Pooled(state, session_id, attributes)
