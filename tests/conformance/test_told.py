"""What the rules of judgement tell when they do not hold: the report shows it, and programs read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.exchange import Exchange
from conformance.outcomes import Breach, Inconclusive, NoAnswer, NotTestable, Reason
from conformance.providers import Session
from conformance.secrecy import Traces, verify_absent
from conformance.verify import (
    verify_as_at_creation,
    verify_attribute,
    verify_attribute_types,
    verify_client_error_or_redirect,
    verify_json_media_type,
    verify_kept,
    verify_not_successful,
    verify_object,
    verify_one_code,
    verify_refused,
    verify_return_url,
    verify_status,
    verify_unchanged,
)
from tests.conformance.exchanges import NOW, answer, cancelled_session

PENDING = "session_not_pending"
EXPIRED = "session_expired"
BOTH = answer({"error_code": PENDING, "also": EXPIRED}, 400)
NEITHER = answer({"error_code": "gone"}, 400)
UNTYPED = replace(answer(), headers=())


def without(name: str) -> Exchange:
    """A 200 that lacks the attribute."""
    return answer({key: value for key, value in cancelled_session().items() if key != name})


def kept(**changes: Any) -> Callable[[Exchange], None]:
    """The rule that a session reads as it was told, of a session that now reads like this."""
    return lambda exchange: verify_kept(exchange, {}, cancelled_session(**changes))


@pytest.mark.parametrize(
    ("rule", "exchange", "expected", "actual"),
    [
        (lambda e: verify_status(e, 200, 204), answer(status=409), "status 200 or 204", "status 409"),
        (verify_client_error_or_redirect, answer(status=500), "a status from 300 to 499", "status 500"),
        (verify_not_successful, answer(status=204), "no 2xx", "status 204"),
        (lambda e: verify_refused(e, EXPIRED), answer(PENDING, 400), f"the code {EXPIRED}", PENDING),
        (lambda e: verify_refused(e, "other"), BOTH, "the code other", f"{EXPIRED} and {PENDING}"),
        (lambda e: verify_refused(e, EXPIRED), NEITHER, f"the code {EXPIRED}", "neither documented code"),
        (verify_one_code, BOTH, f"exactly one of {PENDING} and {EXPIRED}", f"{EXPIRED} and {PENDING}"),
        (verify_one_code, NEITHER, f"exactly one of {PENDING} and {EXPIRED}", "neither"),
        (verify_object, answer(b"<html>"), "a body that is JSON", "a body that is not"),
        (verify_object, answer([]), "a JSON object", "a JSON array"),
        (verify_object, answer("x"), "a JSON object", "a JSON string"),
        (verify_object, answer(1), "a JSON object", "a JSON integer"),
        (verify_object, answer(1.5), "a JSON object", "a JSON number"),
        (verify_object, answer(True), "a JSON object", "a JSON boolean"),
        (verify_object, answer(b"null"), "a JSON object", "a JSON null"),
        (
            lambda e: verify_json_media_type(e, exactly=False),
            answer(content_type="Text/Plain; charset=utf-8"),
            "Content-Type: application/json",
            "Content-Type: text/plain",
        ),
        (
            lambda e: verify_json_media_type(e, exactly=False),
            UNTYPED,
            "Content-Type: application/json",
            "Content-Type: (none)",
        ),
        (
            lambda e: verify_absent(Traces({"secret of it": "some"}), [("the header X-Note", "secret of it")], e),
            answer(),
            "no part of the creation URL's secret",
            "some in the header X-Note",
        ),
    ],
)
def test_a_breach_tells_what_was_expected_and_what_came(
    rule: Callable[[Exchange], object], exchange: Exchange, expected: str, actual: str
) -> None:
    with pytest.raises(Breach) as raised:
        rule(exchange)
    breach = raised.value
    assert (breach.expected, breach.actual, breach.pointer) == (expected, actual, "")
    assert breach.exchange is exchange


@pytest.mark.parametrize(
    ("rule", "exchange", "expected", "actual", "name"),
    [
        (verify_attribute_types, without("id"), "the attribute id", "no such attribute", "id"),
        (verify_attribute_types, answer(cancelled_session(id=1)), "id: string", "integer 1", "id"),
        (verify_attribute_types, answer(cancelled_session(created={})), "created: integer", "object {}", "created"),
        (
            verify_attribute_types,
            answer(cancelled_session(completed_at="é")),
            "completed_at: integer or null",
            'string "é"',
            "completed_at",
        ),
        (lambda e: verify_attribute(e, "status", "é"), answer({}), 'status = "é"', "no such attribute", "status"),
        (lambda e: verify_attribute(e, "n", 1), answer({"n": True}), "n = 1", "true", "n"),
        (
            verify_return_url,
            answer({"return_url": "/p"}),
            "an HTTPS URL without credentials or fragment",
            '"/p"',
            "return_url",
        ),
        (kept(status="pending"), answer(cancelled_session()), 'status still "cancelled"', '"pending"', "status"),
        (
            kept(cancelled_at=5),
            answer(cancelled_session(cancelled_at=4)),
            "cancelled_at still 4",
            "5",
            "cancelled_at",
        ),
    ],
)
def test_a_breach_of_an_attribute_tells_where_it_stands(
    rule: Callable[[Exchange], object], exchange: Exchange, expected: str, actual: str, name: str
) -> None:
    with pytest.raises(Breach) as raised:
        rule(exchange)
    breach = raised.value
    assert (breach.expected, breach.actual, breach.pointer) == (expected, actual, f"/{name}")
    assert breach.exchange is exchange


def test_a_session_that_changed_is_told_by_both_its_values() -> None:
    with pytest.raises(Breach) as raised:
        verify_unchanged(cancelled_session(cancelled_at=4), cancelled_session(cancelled_at=5))
    assert raised.value.message == "expected cancelled_at still 4, got 5"


def test_a_status_after_retries_tells_how_many_there_were() -> None:
    with pytest.raises(Inconclusive, match=r"^answered 400, but only after 2 retries$") as raised:
        verify_status(answer(status=400, attempts=3), 200)
    assert raised.value.reason is Reason.THROTTLED


def test_a_status_after_lost_answers_tells_how_many_there_were() -> None:
    told = r"^answered 400, but only after 2 tries that got no answer$"
    with pytest.raises(NoAnswer, match=told):
        verify_status(replace(answer(status=400, attempts=3), unanswered=2), 200)


def test_what_the_provider_did_not_tell_is_named() -> None:
    told = {name: cancelled_session()[name] for name in ("contractor_id", "created")}
    with pytest.raises(NotTestable, match=r"^the provider did not tell return_url, expires_at at creation$") as raised:
        verify_as_at_creation(answer(cancelled_session()), Session("ps_1", told, NOW))
    assert raised.value.reason is Reason.CREATION_UNKNOWN
