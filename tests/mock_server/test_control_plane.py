"""Who may use the control plane, and what it makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.mock_server.answering import assert_error
from tests.mock_server.receiving import Receiver
from tests.mock_server.running import RETURN_URL, Caller, RunningMock, ask, running_mock

FORWARDING = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")
TOKEN_LINE = "Control plane, header Mock-Control-Token: "


def token_of(mock: RunningMock) -> str:
    """The token that the mock printed."""
    (line,) = (line for line in mock.stdout().splitlines() if line.startswith(TOKEN_LINE))
    return line.removeprefix(TOKEN_LINE)


@pytest.fixture(scope="module")
def public() -> Iterator[RunningMock]:
    """A mock that more than this machine can reach."""
    with running_mock("--host", "0.0.0.0", "--webhook-allow", "localhost") as mock:
        yield mock


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1", "127.8.8.8:1234", "[::1]", "[::1]:8099"])
def test_a_loopback_host_is_let_in(caller: Caller, host: str) -> None:
    assert caller.control.get("/health", headers={"Host": host}).status_code == 200
    assert caller.control.get("/clock", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "192.168.0.1", "0.0.0.0"),
        *("[::]", "[fe80::1]:80", "localhost@evil.example", "x:y:127.0.0.1", "2130706433"),
    ],
)
def test_a_host_that_is_not_loopback_is_not_let_in(caller: Caller, host: str) -> None:
    for method, path in (("GET", "/health"), ("POST", "/reset"), ("GET", "/sessions")):
        answer = caller.control.request(method, path, headers={"Host": host})
        assert_error(answer, 403, "control_plane_closed")


@pytest.mark.parametrize("name", FORWARDING)
def test_what_was_forwarded_is_not_let_in(caller: Caller, name: str) -> None:
    answer = caller.control.get("/clock", headers={name: "127.0.0.1"})
    assert_error(answer, 403, "control_plane_closed")


def test_who_is_not_let_in_changes_nothing(caller: Caller) -> None:
    session_id = caller.seeded()
    refused = {"Host": "evil.example"}
    assert caller.control.post("/reset", headers=refused).status_code == 403
    assert caller.control.post(f"/sessions/{session_id}/complete", headers=refused).status_code == 403
    assert caller.control.put("/clock", json={"mode": "frozen"}, headers=refused).status_code == 403
    assert caller.status_of(session_id) == "pending"
    assert caller.read("/clock")["mode"] == "real"


def test_the_contracts_own_paths_are_open_to_any_host_and_through_proxies(caller: Caller) -> None:
    session_id = caller.seeded()
    answer = caller.cancel(session_id, headers={"Host": "api.1099policy.com", "X-Forwarded-For": "203.0.113.7"})
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/capabilities", "/sessions", "/clock", "/journal", "/quirks", "/events"])
def test_the_control_plane_asks_for_a_key(mock: RunningMock, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer t9k_live_1"}):
        answer = ask("GET", mock.control_url + path, headers=headers)
        assert_error(answer, 403, "invalid_api_key")


def test_health_asks_for_no_key(mock: RunningMock) -> None:
    health = ask("GET", f"{mock.control_url}/health").json()
    assert (health["status"], health["database"]) == ("ready", "memory")
    assert health["version"]


def test_a_chosen_token_is_asked_for_on_loopback_too() -> None:
    with running_mock("--control-token", "sesame") as mock, mock.caller() as caller:
        for headers in ({}, {"Mock-Control-Token": ""}, {"Mock-Control-Token": "wrong"}):
            assert_error(caller.control.get("/clock", headers=headers), 403, "control_plane_closed")
        assert caller.control.get("/clock", headers={"Mock-Control-Token": "sesame"}).status_code == 200
        assert caller.create().status_code == 201
        assert "sesame" not in mock.stdout() + mock.stderr()


def test_beyond_loopback_a_token_is_made_up_and_asked_for(public: RunningMock) -> None:
    token = token_of(public)
    assert len(token) >= 24
    with public.caller() as caller, public.caller(**{"Mock-Control-Token": token}) as trusted:
        assert_error(caller.control.get("/clock"), 403, "control_plane_closed")
        assert_error(caller.control.get("/health"), 403, "control_plane_closed")
        assert caller.create().status_code == 201
        assert trusted.read("/clock")["mode"] == "real"
        behind_a_proxy = {"Host": "mock.example", "X-Forwarded-For": "203.0.113.7"}
        assert trusted.control.get("/clock", headers=behind_a_proxy).status_code == 200
    assert public.stdout().count(token) == 1
    assert token not in public.stderr()


def test_beyond_loopback_webhooks_go_to_allowed_and_public_hosts_alone(public: RunningMock, receiver: Receiver) -> None:
    with public.caller(**{"Mock-Control-Token": token_of(public)}) as trusted:
        for url in (
            receiver.url,
            "http://10.0.0.1/",
            "http://[::1]/",
            "http://169.254.169.254/latest",
            "http://0.0.0.0/",
        ):
            assert_error(trusted.control.put("/webhook-endpoint", json={"url": url}), 400, "invalid_request")
        trusted.listen(receiver.url.replace("127.0.0.1", "localhost"))
        session_id = trusted.seeded()
        trusted.cancel(session_id)
        receiver.wait_for(1)
    assert receiver.sessions() == [session_id]


@pytest.mark.parametrize(
    ("state", "status"),
    [
        *(("pending", "pending"), ("completed", "completed"), ("cancelled", "cancelled")),
        *(("expired", "expired"), ("overdue", "pending")),
    ],
)
def test_a_session_is_seeded_in_any_state(caller: Caller, state: str, status: str) -> None:
    now = caller.freeze()
    session = caller.seed(state, contractor="cn_" + caller.key, return_url=RETURN_URL, expires_in_s=5)
    assert session["status"] == status
    assert session["contractor_id"] == "cn_" + caller.key
    assert session["expires_at"] - session["created"] == 5
    assert (session["expires_at"] > now) == (state not in {"expired", "overdue"})
    assert (session["completed_at"] is not None) == (state == "completed")
    assert (session["cancelled_at"] is not None) == (state == "cancelled")
    assert caller.read(f"/sessions/{session['id']}")["session"] == {k: v for k, v in session.items() if k != "url"}
    assert caller.events() == []


def test_many_sessions_are_seeded_at_once_and_listed_in_order(caller: Caller) -> None:
    made = [session["id"] for session in caller.made("POST", "/sessions", state="pending", count=5000)["sessions"]]
    assert len(set(made)) == 5000
    first = caller.read("/sessions", limit=3000)
    second = caller.read("/sessions", limit=3000, after=first["next"])
    assert [session["id"] for page in (first, second) for session in page["sessions"]] == made


def test_a_seeded_session_is_a_wellformed_one(caller: Caller) -> None:
    wrong: list[dict[str, Any]] = [
        *({}, {"state": "nonsense"}, {"state": "pending", "expires_in_s": 0}, {"state": "pending", "count": 0}),
        *({"state": "pending", "contractor": " "}, {"state": "pending", "more": 1}),
    ]
    for body in wrong:
        assert_error(caller.control.post("/sessions", json=body), 400, "invalid_request")
    plain = {"state": "pending", "return_url": "http://app.example.com/"}
    assert_error(caller.control.post("/sessions", json=plain), 400, "invalid_return_url")
    assert caller.read("/sessions")["sessions"] == []


def test_completing_goes_by_the_same_rules_as_the_hosted_page(caller: Caller) -> None:
    session_id = caller.seeded()
    completed = caller.made("POST", f"/sessions/{session_id}/complete")["session"]
    assert (completed["status"], completed["id"]) == ("completed", session_id)
    for state in ("completed", "cancelled", "expired", "overdue"):
        assert caller.control.post(f"/sessions/{caller.seeded(state)}/complete").status_code == 409
    assert [event["event_type"] for event in caller.events()] == ["payment.session.completed"]


def test_what_is_offered_is_said(caller: Caller) -> None:
    offered = caller.read("/capabilities")
    assert set(offered["states"]) == {"pending", "completed", "cancelled", "expired", "overdue"}
    assert set(offered["operations"]) == {"read", "complete", "webhook-endpoint", "lifetime"}


def test_errors_of_the_control_plane_have_the_same_envelope(caller: Caller) -> None:
    assert_error(caller.control.get("/nowhere"), 404, "resource_not_found")
    wrong_method = caller.control.put("/sessions")
    assert_error(wrong_method, 405, "method_not_allowed")
    assert {"GET", "POST"} <= set(wrong_method.headers["allow"].split(", "))
    assert_error(
        caller.control.post("/sessions", content=b"x", headers={"content-type": "text/x"}),
        415,
        "unsupported_media_type",
    )
    assert_error(caller.control.post("/sessions"), 400, "invalid_request")
    assert_error(caller.control.post("/reset", json={"parts": ["nonsense"]}), 400, "invalid_request")
