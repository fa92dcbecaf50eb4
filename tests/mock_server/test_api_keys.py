"""Which key means which tenant, and that another tenant's things look like nothing at all."""

from __future__ import annotations

import base64

import pytest

from tests.mock_server.answering import assert_error, seen
from tests.mock_server.running import RETURN_URL, SESSIONS, Caller, RunningMock, ask, fresh_key, running_mock


def forms_of(key: str) -> list[str]:
    """The three ways in which a key may travel."""
    return [f"Bearer {key}", f"Basic {key}", "Basic " + base64.b64encode(f"{key}:".encode()).decode()]


def test_three_forms_of_a_key_mean_the_same_tenant(mock: RunningMock, caller: Caller) -> None:
    for authorization in forms_of(caller.key):
        session_id = caller.seeded()
        answer = ask(
            "POST",
            f"{mock.url}{SESSIONS}/{session_id}/cancel",
            headers={"authorization": authorization},
        )
        assert answer.status_code == 200, authorization


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer nonsense", "Token t9k_test_1", *forms_of("t9k_live_1")]
)
def test_a_key_that_is_none_is_refused_and_cancels_nothing(
    mock: RunningMock, caller: Caller, authorization: str | None
) -> None:
    session_id = caller.seeded()
    headers = {} if authorization is None else {"authorization": authorization}
    answer = ask("POST", f"{mock.url}{SESSIONS}/{session_id}/cancel", headers=headers)
    assert_error(answer, 403, "invalid_api_key")
    assert caller.status_of(session_id) == "pending"


def test_with_a_list_of_keys_every_other_one_is_refused() -> None:
    with running_mock("--api-key", "t9k_live_mine", "--api-key", "t9k_test_ours") as mock:
        for key, status in (("t9k_live_mine", 201), ("t9k_test_ours", 201), (fresh_key(), 403)):
            with mock.caller(key) as caller:
                assert caller.create().status_code == status


@pytest.mark.parametrize("state", ["pending", "completed", "cancelled", "expired", "overdue"])
def test_a_session_of_another_tenant_cannot_be_told_from_an_unknown_one(
    caller: Caller, other: Caller, state: str
) -> None:
    theirs = other.seeded(state)
    assert seen(caller.cancel(theirs)) == seen(caller.cancel("ps_" + "0" * len(theirs[3:])))
    for method, path in (("GET", "/sessions/{}"), ("POST", "/sessions/{}/complete")):
        known, unknown = (caller.control.request(method, path.format(each)) for each in (theirs, "ps_unkn0wn000"))
        assert seen(known) == seen(unknown)
        assert known.status_code == 404
    assert len(other.read("/sessions")["sessions"]) == 1


def test_a_contractor_of_another_tenant_is_not_found(caller: Caller, other: Caller) -> None:
    theirs = "cn_of_" + other.key
    other.seed(contractor=theirs)
    answer = caller.api.post(SESSIONS, json={"contractor": theirs, "return_url": RETURN_URL})
    assert_error(answer, 404, "resource_not_found")
    assert theirs not in answer.text
    assert caller.read("/sessions")["sessions"] == []


def test_a_contractor_of_another_tenant_is_not_found_by_the_control_plane_either(caller: Caller, other: Caller) -> None:
    theirs = "cn_of_" + other.key
    other.seed(contractor=theirs)
    seeded = caller.control.post("/sessions", json={"state": "pending", "contractor": theirs})
    created = caller.api.post(SESSIONS, json={"contractor": theirs, "return_url": RETURN_URL})
    assert seen(seeded) == seen(created)
