"""The transition table: every state, every transition, and the moment of expiry."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from mock_server.sessions import (
    PaymentSession,
    SessionExpiredError,
    SessionNotPendingError,
    Status,
    Transition,
    TransitionRefusedError,
    cancel,
    complete,
    expire,
)

CREATED, EXPIRES_AT = 1_767_226_000, 1_767_227_800
BEFORE, AFTER = EXPIRES_AT - 1.0, EXPIRES_AT + 1.0
TRANSITIONS: list[Transition] = [cancel, complete, expire]
TERMINAL: list[Status] = ["completed", "cancelled", "expired"]


def session(status: Status = "pending") -> PaymentSession:
    return PaymentSession("ps_1", "cn_1", status, "https://app.example.com/done", CREATED, EXPIRES_AT)


def refusal(transition: Transition, made: PaymentSession, now: float) -> type[TransitionRefusedError]:
    with pytest.raises(TransitionRefusedError) as caught:
        transition(made, now)
    return caught.type


@pytest.mark.parametrize(
    ("transition", "now", "after", "event_type"),
    [
        (cancel, BEFORE, replace(session("cancelled"), cancelled_at=int(BEFORE)), "payment.session.cancelled"),
        (complete, BEFORE, replace(session("completed"), completed_at=int(BEFORE)), "payment.session.completed"),
        (expire, AFTER, session("expired"), "payment.session.expired"),
    ],
)
def test_a_transition_changes_its_own_attributes_and_tells_of_it(
    transition: Transition, now: float, after: PaymentSession, event_type: str
) -> None:
    change = transition(session(), now)
    assert change.session == after
    assert change.event_type == event_type


@pytest.mark.parametrize("status", TERMINAL)
@pytest.mark.parametrize("transition", TRANSITIONS)
@pytest.mark.parametrize("now", [BEFORE, AFTER])
def test_a_terminal_state_refuses_every_transition(status: Status, transition: Transition, now: float) -> None:
    assert refusal(transition, session(status), now) is SessionNotPendingError


@pytest.mark.parametrize("transition", [cancel, complete])
def test_an_overdue_session_can_be_neither_cancelled_nor_completed(transition: Transition) -> None:
    assert refusal(transition, session(), AFTER) is SessionExpiredError


def test_a_session_that_is_not_overdue_does_not_expire() -> None:
    assert refusal(expire, session(), BEFORE) is SessionNotPendingError


@pytest.mark.parametrize("transition", [cancel, complete])
def test_the_last_moment_to_use_a_session_is_just_before_expires_at(transition: Transition) -> None:
    assert transition(session(), EXPIRES_AT - 0.001).session.status != "pending"
    assert refusal(transition, session(), EXPIRES_AT) is SessionExpiredError


def test_a_session_expires_exactly_at_expires_at() -> None:
    assert refusal(expire, session(), EXPIRES_AT - 0.001) is SessionNotPendingError
    assert expire(session(), EXPIRES_AT).session.status == "expired"


@pytest.mark.parametrize(
    ("now", "overdue"), [(EXPIRES_AT - 0.001, False), (float(EXPIRES_AT), True), (EXPIRES_AT + 0.001, True)]
)
def test_overdue_begins_exactly_at_expires_at(now: float, overdue: bool) -> None:
    assert session().is_overdue(now) is overdue


@pytest.mark.parametrize("status", TERMINAL)
def test_only_a_pending_session_is_overdue(status: Status) -> None:
    assert session(status).is_overdue(AFTER) is False


def test_refusals_carry_the_codes_of_the_contract() -> None:
    assert SessionNotPendingError.code == "session_not_pending"
    assert SessionExpiredError.code == "session_expired"


def test_moments_are_cut_to_whole_seconds() -> None:
    assert cancel(session(), CREATED + 0.999).session.cancelled_at == CREATED
    assert complete(session(), CREATED + 0.999).session.completed_at == CREATED


def test_a_transition_leaves_the_session_it_was_given_as_it_was() -> None:
    given = session()
    cancel(given, BEFORE)
    assert given == session()
    with pytest.raises(FrozenInstanceError):
        given.status = "cancelled"  # type: ignore[misc]  # that it cannot be set is what is tested


def test_the_attributes_are_the_documented_ones_without_url() -> None:
    assert cancel(session(), BEFORE).session.as_attributes() == {
        "id": "ps_1",
        "contractor_id": "cn_1",
        "status": "cancelled",
        "processor": "checkout",
        "return_url": "https://app.example.com/done",
        "created": CREATED,
        "expires_at": EXPIRES_AT,
        "cancelled_at": int(BEFORE),
        "completed_at": None,
    }
