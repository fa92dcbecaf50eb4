"""The vendor's own Python client, unchanged, against the mock over a real socket: create, cancel, every error."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ten99policy import error
from ten99policy.api_requestor import APIRequestor

from tests.mock_server.running import RETURN_URL, SESSIONS, Caller, RunningMock, running_mock

Request = Callable[..., Any]


@pytest.fixture(scope="module")
def mock() -> Iterator[RunningMock]:
    with running_mock("--redirect-host", "app.example.com") as mock:
        yield mock


@pytest.fixture
def request_(mock: RunningMock, caller: Caller) -> Request:
    return requesting(mock, caller.key)


def requesting(mock: RunningMock, key: str) -> Request:
    """The client's POST with a key; returns the answer's data."""
    requestor = APIRequestor(key=key, api_base=mock.url)

    def request(path: str, params: Any = None) -> Any:
        answer, _ = requestor.request("post", path, params)
        return answer.data

    return request


def creating(**more: str) -> dict[str, str]:
    """What the creation takes."""
    return {"contractor": f"cn_{secrets.token_hex(4)}", "return_url": RETURN_URL} | more


def test_it_creates_and_cancels_a_session(request_: Request) -> None:
    created = request_(SESSIONS, creating())
    assert created["status"] == "pending"
    cancelled = request_(f"{SESSIONS}/{created['id']}/cancel")
    assert cancelled["status"] == "cancelled"
    assert isinstance(cancelled["cancelled_at"], int)


def test_an_empty_object_as_parameters_makes_no_difference(request_: Request) -> None:
    created = request_(SESSIONS, creating())
    assert request_(f"{SESSIONS}/{created['id']}/cancel", {})["status"] == "cancelled"


@pytest.mark.parametrize("state", ["completed", "cancelled", "expired"])
def test_a_session_in_a_terminal_status_is_not_pending(request_: Request, caller: Caller, state: str) -> None:
    with pytest.raises(error.Ten99PolicyError) as raised:
        request_(f"{SESSIONS}/{caller.seeded(state)}/cancel")
    assert raised.value.http_status == 400
    assert raised.value.json_body["error_code"] == "session_not_pending"


def test_an_overdue_session_raises_its_own_error(request_: Request, caller: Caller) -> None:
    with pytest.raises(error.SessionExpiredError) as raised:
        request_(f"{SESSIONS}/{caller.seeded('overdue')}/cancel")
    assert raised.value.http_status == 400
    assert raised.value.json_body["error_code"] == "session_expired"


def test_a_live_key_is_an_invalid_one(mock: RunningMock, caller: Caller) -> None:
    with pytest.raises(error.InvalidApiKeyError) as raised:
        requesting(mock, "t9k_live_1")(f"{SESSIONS}/{caller.seeded()}/cancel")
    assert raised.value.http_status == 403


def test_an_unknown_session_is_not_found(request_: Request) -> None:
    with pytest.raises(error.ResourceNotFoundError) as raised:
        request_(f"{SESSIONS}/ps_unknown/cancel")
    assert raised.value.http_status == 404


def test_another_tenants_contractor_is_not_found(mock: RunningMock, request_: Request) -> None:
    contractor = creating()
    with mock.caller() as other:
        requesting(mock, other.key)(SESSIONS, contractor)
    with pytest.raises(error.ResourceNotFoundError):
        request_(SESSIONS, contractor)


@pytest.mark.parametrize(
    "return_url",
    ["http://app.example.com/", "https://elsewhere.example.com/", "https://a:b@app.example.com/", RETURN_URL + "#x"],
)
def test_a_return_url_that_cannot_be_used_is_invalid(request_: Request, return_url: str) -> None:
    with pytest.raises(error.Ten99PolicyError) as raised:
        request_(SESSIONS, creating(return_url=return_url))
    assert raised.value.http_status == 400
    assert raised.value.json_body["error_code"] == "invalid_return_url"


def test_a_creation_without_a_contractor_is_invalid(request_: Request) -> None:
    with pytest.raises(error.InvalidRequestError):
        request_(SESSIONS, {"return_url": RETURN_URL})
