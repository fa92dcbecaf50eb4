"""What is wrong with one answer of a state provider, in a few words that hold no secret; `''` when nothing is."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from typing import Any

from conformance.outcomes import SetupError, Signal
from conformance.providers import OPERATIONS, STATES
from conformance.providers.answers import Answer, capabilities_of, documented_types, session_of, wrong_types

Judge = Callable[[Answer], str]

NAMES = {"states": STATES, "operations": OPERATIONS, "impossible": frozenset({"overdue"})}
AS_AT_CREATION = ("contractor_id", "return_url", "created", "expires_at")


def status_problem(*wanted: int) -> Judge:
    """A judge to whom the status alone matters."""
    return lambda answer: "" if answer.status in wanted else str(answer.status)


def success_problem(answer: Answer) -> str:
    """Any 2xx will do."""
    return "" if answer.is_success else str(answer.status)


def capabilities_problem(answer: Answer) -> str:
    """A 200 with lists of names that the protocol knows."""
    if answer.status != 200 or not isinstance(answer.content, dict):
        return _without(answer, 200, "a JSON object")
    try:
        capabilities_of(answer)
    except SetupError as error:
        return "200" + error.message.removeprefix(answer.said)
    for name, known in NAMES.items():
        if name == "operations" and name not in answer.content:
            return "200, but names no operations"
        if unknown := sorted(set(answer.content.get(name, [])) - known):
            return f"200, but {name} has {unknown[0]!r}, and there are only {', '.join(sorted(known))}"
    if "overdue" in answer.content["states"] and answer.content.get("impossible"):
        return "200, but overdue is both offered and impossible"
    return ""


def new_session_problem(state: str, used_ids: Collection[str], expires_in_s: int | None, answer: Answer) -> str:
    """A 201 with a session of a new id, with every documented attribute, whose times suit the state."""
    session = session_in(answer, 201)
    if session is None:
        return _without(answer, 201, "a session that has an id")
    if session["id"] in used_ids:
        return "201, but the id was given before"
    problem = next(_attribute_problems(session), "") or next(_time_problems(state, expires_in_s, session, answer), "")
    return problem and f"201, but {problem}"


def read_problem(state: str, created: dict[str, Any], answer: Answer) -> str:
    """A 200 with the session of `created`, which is now in `state`, and is otherwise as it was."""
    session = session_in(answer, 200)
    if session is None:
        return _without(answer, 200, "a session that has an id")
    problem = next(_reading_problems(state, created, session, answer), "")
    return problem and f"200, but {problem}"


def completed_problem(session_id: str, answer: Answer) -> str:
    """A 200 with that session, now completed."""
    session = session_in(answer, 200)
    if session is None:
        return _without(answer, 200, "a session that has an id")
    if session["id"] != session_id:
        return "200, but it is another session"
    return "" if session.get("status") == "completed" else f"200, but status is {_shown(session.get('status'))}"


def session_in(answer: Answer, status: int) -> dict[str, Any] | None:
    """The session that an answer of this status carries, if it does."""
    try:
        return session_of(answer, status)
    except Signal:
        return None


def _attribute_problems(session: dict[str, Any]) -> Iterator[str]:
    names = documented_types()
    yield from (f"there is no {name}" for name in names if name not in session)
    yield from wrong_types(session)
    yield from (f"{name} is empty" for name in names if session[name] == "")


def _time_problems(state: str, expires_in_s: int | None, session: dict[str, Any], answer: Answer) -> Iterator[str]:
    lasts_s = session["expires_at"] - session["created"]
    if lasts_s <= 0:
        yield "expires_at is not after created"
    if expires_in_s is not None and abs(lasts_s - expires_in_s) > 1:
        yield f"expires_at is {lasts_s} s after created"
    if state == "overdue" and not _has_passed(session["expires_at"], answer):
        yield "expires_at has not passed"


def _reading_problems(state: str, created: dict[str, Any], session: dict[str, Any], answer: Answer) -> Iterator[str]:
    if session["id"] != created["id"]:
        yield "it is another session"
    if session.get("status") != ("pending" if state == "overdue" else state):
        yield f"status is {_shown(session.get('status'))}"
    yield from wrong_types(session)
    unlike = (name for name in AS_AT_CREATION if name in created and session.get(name) != created[name])
    yield from (f"{name} is not what it was at creation" for name in unlike)
    if state == "overdue" and not _has_passed(session.get("expires_at"), answer):
        yield "expires_at has not passed"


def _shown(status: Any) -> str:
    """A status that there is; any other text may be a secret that stands in the wrong place."""
    return repr(status) if status in (None, *STATES) else "none that there is"


def _without(answer: Answer, status: int, what: str) -> str:
    return f"{status} without {what}" if answer.status == status else str(answer.status)


def _has_passed(moment: Any, answer: Answer) -> bool:
    """By our clock, or by the provider's where it names a `Date`."""
    return isinstance(moment, int) and moment <= max(answer.date or 0.0, time.time()) + 1.0
