"""Walk through the state-provider protocol and say what a controller or a program does otherwise than it wants."""

from __future__ import annotations

import secrets
import time
from contextlib import closing
from functools import partial
from typing import get_args
from urllib.parse import urlsplit

from conformance.check_provider.asking import PATIENCE, Asker, Check, SilentError
from conformance.check_provider.judging import capabilities_problem, completed_problem, status_problem, success_problem
from conformance.client import Client
from conformance.masking import Masker
from conformance.outcomes import SetupError
from conformance.providers import Capabilities, State
from conformance.providers.answers import NOT_OFFERED, ProtocolProvider, capabilities_of
from conformance.receiver import Receiver

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
TERMINAL = ("completed", "cancelled", "expired")
LIFETIME_S = 60
SECRET = "whsec_c2VjcmV0LXVzZWQtaW4tdGVzdHM="  # noqa: S105 - nothing worth keeping is signed with it


def check_provider(
    provider: ProtocolProvider,
    client: Client | None = None,
    receiver: Receiver | None = None,
    *,
    overdue_hold_s: float = 2.0,
    webhook_timeout_s: float = 10.0,
) -> list[Check]:
    """Ask for everything, and for what must be refused; a check for each call, in their order. Raises no error.

    With a `client` of the implementation itself, also whether it knows the sessions that the provider prepares, and
    sends its events where the provider was told: to `receiver`, else to one on loopback; it is closed at the end.
    `overdue_hold_s` is how long an overdue session is watched.
    """
    asker = Asker(provider)
    with closing(receiver or Receiver()) as listening:
        try:
            _walk(asker, client, listening, overdue_hold_s, webhook_timeout_s)
        except SilentError:
            asker.note("the rest", f"not asked, since {PATIENCE} calls got no answer", "an answer to every call")
    return asker.checks


def render_checks(checks: list[Check], masker: Masker) -> str:
    """A line for each check, `ok` or `WRONG`, and one that counts them; what the masker knows is masked."""
    lines = [
        f"ok     {check.asked}: {check.came}"
        if check.is_right
        else f"WRONG  {check.asked}: {check.came}; the protocol wants {check.wanted}"
        for check in checks
    ]
    wrong = sum(not check.is_right for check in checks)
    lines.append(f"{len(checks)} check{'' if len(checks) == 1 else 's'}, {f'{wrong} WRONG' if wrong else 'all ok'}")
    return masker.mask("\n".join(lines))


def _walk(asker: Asker, client: Client | None, receiver: Receiver, overdue_hold_s: float, timeout_s: float) -> None:
    capabilities = _capabilities(asker)
    if capabilities is None:
        return
    _check_states(asker, capabilities)
    overdue_since = time.monotonic()
    _check_reading(asker, capabilities)
    _check_completing(asker, capabilities, client)
    _check_webhooks(asker, capabilities, client, receiver, timeout_s)
    _check_wrong_key(asker, capabilities)
    _check_overdue(asker, capabilities, overdue_since, overdue_hold_s)


def _capabilities(asker: Asker) -> Capabilities | None:
    """They are well-formed and name nothing unknown. `None` when nothing can be made of them."""
    wanted = "200 with lists of states and operations, by the names it has for them"
    answer = asker.ask("capabilities", capabilities_problem, wanted)
    try:
        return capabilities_of(answer) if answer else None
    except SetupError:
        return None


def _check_states(asker: Asker, capabilities: Capabilities) -> None:
    """Every state that is offered can be prepared time and again; any other says that it is not offered."""
    for state in get_args(State):
        if state in capabilities.states:
            asker.prepare(state)
            asker.prepare(state, "once more")
        elif state not in capabilities.impossible:
            asker.not_offered("prepare", state=state)
    if "lifetime" in capabilities.operations and "pending" in capabilities.states:
        asker.prepare("pending", expires_in_s=LIFETIME_S)


def _check_reading(asker: Asker, capabilities: Capabilities) -> None:
    """Each session reads as what was asked for, and otherwise as it was created."""
    if "read" not in capabilities.operations:
        for session in list(asker.prepared.values())[:1]:
            asker.not_offered("read", session_id=session["id"])
        return
    for state, session in asker.prepared.items():
        asker.read(session, state, f"of one prepared as {state}")
    asker.ask("read", status_problem(*NOT_OFFERED), "404", "of an unknown id", session_id=_unknown_id())


def _check_completing(asker: Asker, capabilities: Capabilities, client: Client | None) -> None:
    """It works once, really completes, and is refused for what is no longer pending."""
    session = asker.prepared.get("pending")
    if "complete" not in capabilities.operations:
        if session:
            asker.not_offered("complete", session_id=session["id"])
        return
    ended = {state: asker.prepared[state] for state in TERMINAL if state in asker.prepared}
    if session:
        judge = partial(completed_problem, session["id"])
        asker.ask("complete", judge, "200 with that session, completed", "when pending", session_id=session["id"])
        if "read" in capabilities.operations:
            asker.read(session, "completed", "after its completion")
        elif client:
            asker.cancel(client, session, 400, "that was completed")
        ended["completed just now"] = session
    for state, each in ended.items():
        asker.ask("complete", status_problem(409), "409", f"when {state}", session_id=each["id"])
    asker.ask("complete", status_problem(*NOT_OFFERED), "404", "of an unknown id", session_id=_unknown_id())


def _check_webhooks(
    asker: Asker, capabilities: Capabilities, client: Client | None, receiver: Receiver, timeout_s: float
) -> None:
    """Events can be sent somewhere and nowhere; where they were to be sent, that of a cancel arrives."""
    if "webhook-endpoint" not in capabilities.operations:
        asker.not_offered("put-webhook-endpoint", url=receiver.url, secret=SECRET)
        _check_cancelling(asker, capabilities, client)
        return
    asker.ask("put-webhook-endpoint", success_problem, "204", url=receiver.url, secret=SECRET)
    is_set = asker.checks[-1].is_right
    is_cancelled = _check_cancelling(asker, capabilities, client)
    if is_set and is_cancelled and client and _can_reach(client.target.host, receiver):
        asked = "the event of that cancel, sent to the webhook endpoint that was set"
        if receiver.wait_for_change(0, timeout_s):
            asker.note(asked, "it arrived")
        else:
            asker.note(asked, f"nothing within {timeout_s:g} s", "that events go there from then on")
    judge = status_problem(200, 202, 204, *NOT_OFFERED)
    asker.ask("delete-webhook-endpoint", judge, "204, or 404, 405 or 501 if it is not offered")


def _check_cancelling(asker: Asker, capabilities: Capabilities, client: Client | None) -> bool:
    """The implementation knows what the provider prepares, and the provider sees what the implementation does."""
    if client is None or "pending" not in capabilities.states:
        return False
    session = asker.prepare("pending", "to be cancelled")
    if session is None or not asker.cancel(client, session, 200, "prepared as pending"):
        return False
    if "read" in capabilities.operations:
        asker.read(session, "cancelled", "after that cancel")
    return True


def _check_wrong_key(asker: Asker, capabilities: Capabilities) -> None:
    """Nobody has this key, so nothing is told or prepared for it."""
    key, refused = f"unknown_{secrets.token_hex(16)}", status_problem(403, 401)
    asker.ask("capabilities", refused, "403", "with a wrong key", api_key=key)
    for state in sorted(capabilities.states)[:1]:
        asker.ask("prepare", refused, "403", "with a wrong key", api_key=key, state=state)


def _check_overdue(asker: Asker, capabilities: Capabilities, since: float, hold_s: float) -> None:
    """It is left as it is for a while."""
    session = asker.prepared.get("overdue")
    if session and "read" in capabilities.operations:
        time.sleep(max(0.0, since + hold_s - time.monotonic()))
        asker.read(session, "overdue", f"{hold_s:g} s after it was prepared as overdue, as it must stay for 30 s")


def _can_reach(host: str, receiver: Receiver) -> bool:
    """Whether the target may be expected to: what listens on our loopback is for targets on this machine alone."""
    return host in LOOPBACK or urlsplit(receiver.url).hostname not in LOOPBACK


def _unknown_id() -> str:
    """An id that no session has."""
    return f"ps_{secrets.token_hex(12)}"
