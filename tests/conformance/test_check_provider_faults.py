"""A provider that breaks the protocol is told of the call that is wrong, and of none that is not."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.conformance.unsound import (
    COMPLETE,
    READ,
    AnyKey,
    CannotRemove,
    Complains,
    CompletesAnything,
    CompletesSilently,
    FlipsOverdue,
    IgnoresLifetime,
    Introduces,
    Leaves,
    OnlySaysCompleted,
    ReadsAnother,
    ReadsOtherTimes,
    ReadsUnknown,
    Shows,
    check,
    prepare,
    wrong_in,
)
from tests.targets import faults
from tests.targets.correct import Correct

ALL = Correct().capabilities()


@pytest.mark.parametrize(
    ("content", "status", "came"),
    [
        (ALL, 404, "404"),
        (ALL, 403, "403"),
        (ALL, 500, "500"),
        (b"<h1>Hello</h1>", 200, "200 without a JSON object"),
        ([], 200, "200 without a JSON object"),
        ({}, 200, "200, but names no states"),
        ({"states": "pending"}, 200, "200, but states is not a list of strings"),
        ({"states": [1]}, 200, "200, but states is not a list of strings"),
        ({"states": [], "operations": {}}, 200, "200, but operations is not a list of strings"),
    ],
)
def test_without_capabilities_nothing_else_is_asked(content: Any, status: int, came: str) -> None:
    checks = check(Introduces(content, status))
    assert [(each.asked, each.came) for each in checks] == [("GET /capabilities", came)]
    assert not checks[0].is_right


@pytest.mark.parametrize(
    ("changes", "came"),
    [
        ({"states": [*ALL["states"], "canceled"]}, "200, but states has 'canceled', and there are only cancelled, "),
        ({"operations": [*ALL["operations"], "webhooks"]}, "200, but operations has 'webhooks', and there are only "),
        ({"impossible": ["expired"]}, "200, but impossible has 'expired', and there are only overdue"),
        ({"impossible": ["overdue"]}, "200, but overdue is both offered and impossible"),
    ],
)
def test_capabilities_that_contradict_the_protocol_are_wrong(changes: dict[str, Any], came: str) -> None:
    wrong = wrong_in(check(Introduces({**ALL, **changes})))
    assert set(wrong) == {"GET /capabilities"}
    assert wrong["GET /capabilities"].startswith(came)


def test_operations_are_named_even_where_there_are_none() -> None:
    wrong = wrong_in(check(Introduces({"states": ALL["states"]})))
    assert wrong["GET /capabilities"] == "200, but names no operations"


def test_what_is_not_offered_must_not_work() -> None:
    wrong = wrong_in(check(Introduces({"states": ["pending"], "operations": []})))
    suffix = " though it is not offered"
    assert wrong == {
        prepare("completed") + suffix: "201",
        prepare("cancelled") + suffix: "201",
        prepare("expired") + suffix: "201",
        prepare("overdue") + suffix: "201",
        READ + suffix: "200",
        COMPLETE + suffix: "200",
        "PUT /webhook-endpoint" + suffix: "204",
    }


@pytest.mark.parametrize(
    "name", ["contractor_id", "status", "processor", "return_url", "url", "created", "expires_at", "cancelled_at"]
)
def test_every_attribute_is_shown_at_creation(name: str) -> None:
    wrong = wrong_in(check(Leaves(name)))
    assert wrong[prepare("pending")] == f"201, but there is no {name}"


@pytest.mark.parametrize(
    ("changes", "came"),
    [
        ({"id": ""}, "201 without a session that has an id"),
        ({"id": 17}, "201 without a session that has an id"),
        ({"id": "ps_same"}, "201, but the id was given before"),
        ({"created": "2026-01-01T00:00:00Z"}, "201, but created is string, not integer"),
        ({"created": 1767225600.5}, "201, but created is number, not integer"),
        ({"created": 1767225600000}, "201, but created is in milliseconds, not seconds"),
        ({"completed_at": False}, "201, but completed_at is boolean, not integer or null"),
        ({"url": None}, "201, but url is null, not string"),
        ({"url": ""}, "201, but url is empty"),
        ({"contractor_id": ["cn_1"]}, "201, but contractor_id is array, not string"),
        ({"expires_at": 1}, "201, but expires_at is not after created"),
    ],
)
def test_a_new_session_has_what_the_contract_gives_it(changes: dict[str, Any], came: str) -> None:
    wrong = wrong_in(check(Shows(**changes)))
    assert wrong[prepare("pending") + ("" if changes != {"id": "ps_same"} else " once more")] == came


FAULTS: list[tuple[type[Correct], dict[str, str]]] = [
    (IgnoresLifetime, {'POST /sessions {"state": "pending", "expires_in_s": 60}': "201, but expires_at is 120 s"}),
    (ReadsUnknown, {f"{READ} of an unknown id": "200", f"{COMPLETE} of an unknown id": "200"}),
    (CannotRemove, {"DELETE /webhook-endpoint": "500"}),
    (
        CompletesAnything,
        {f"{COMPLETE} when {state}": "200" for state in ("completed", "cancelled", "expired", "completed just now")},
    ),
    (CompletesSilently, {f"{COMPLETE} when pending": "204"}),
    (
        Complains,
        {f"{COMPLETE} when {state}": "400" for state in ("completed", "cancelled", "expired", "completed just now")},
    ),
    (
        OnlySaysCompleted,
        {
            f"{READ} after its completion": "200, but status is 'pending'",
            **{f"{COMPLETE} when {state}": "200" for state in ("completed", "cancelled", "expired")},
            f"{COMPLETE} when completed just now": "200",
        },
    ),
    (AnyKey, {"GET /capabilities with a wrong key": "200", f"{prepare('cancelled')} with a wrong key": "201"}),
    (
        faults.LiesAboutExpired,
        {f"{READ} of one prepared as expired": "200, but status is 'pending'", f"{COMPLETE} when expired": "200"},
    ),
    (faults.FailsAtCompleted, {prepare("completed"): "500", f"{prepare('completed')} once more": "500"}),
    (faults.GivesTheSameTwice, {f"{prepare('completed')} once more": "201, but the id was given before"}),
    (faults.WebhookEndpointFails, {"PUT /webhook-endpoint": "500", "DELETE /webhook-endpoint": "500"}),
]


@pytest.mark.parametrize(("target", "expected"), FAULTS, ids=lambda each: getattr(each, "__name__", ""))
def test_a_fault_is_told_where_it_is_and_nowhere_else(target: type[Correct], expected: dict[str, str]) -> None:
    wrong = wrong_in(check(target()))
    assert set(wrong) == set(expected)
    for asked, came in wrong.items():
        assert came.startswith(expected[asked])


@pytest.mark.parametrize(
    ("target", "asked", "came"),
    [
        (faults.LiesAboutOverdue, prepare("overdue"), "201, but expires_at has not passed"),
        (faults.GivesNoId, prepare("pending"), "201 without a session that has an id"),
        (faults.GivesNoJson, prepare("pending"), "201 without a session that has an id"),
        (faults.FailsAtEverything, prepare("overdue"), "500"),
        (ReadsAnother, f"{READ} of one prepared as completed", "200, but it is another session"),
        (ReadsOtherTimes, f"{READ} of one prepared as pending", "200, but expires_at is not what it was at creation"),
    ],
)
def test_a_fault_that_shows_in_many_places_is_told_in_this_one(target: type[Correct], asked: str, came: str) -> None:
    assert wrong_in(check(target()))[asked] == came


def test_an_overdue_session_is_watched_to_the_end() -> None:
    wrong = wrong_in(check(FlipsOverdue(), hold_s=0.1))
    assert wrong == {
        f"{READ} 0.1 s after it was prepared as overdue, as it must stay for 30 s": "200, but status is 'expired'"
    }


def test_the_watch_lasts_as_long_as_it_says() -> None:
    started = time.monotonic()
    check(Correct(), hold_s=1.0)
    assert time.monotonic() - started >= 1.0
