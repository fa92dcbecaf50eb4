"""The contract's own paths, as a client meets them."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from tests.mock_server.answering import assert_error
from tests.mock_server.running import SESSIONS, Caller, RunningMock, running_mock

BODIES: list[tuple[dict[str, str], bytes]] = [
    ({}, b""),
    ({"content-type": "application/json"}, b""),
    ({"content-type": "application/json"}, b"null"),
    ({"content-type": "application/json"}, b"{}"),
    ({"content-type": "application/json"}, b"{not json"),
    ({}, b"\x00\xff junk"),
    ({"content-type": "text/plain"}, b"hello"),
    ({"content-type": "application/x-www-form-urlencoded"}, b"a=b"),
    ({"content-type": "multipart/form-data"}, b"no boundary"),
]
WRONG_CREATIONS: list[bytes] = [
    b"",
    b"null",
    b"[]",
    b"{not json",
    b'{"contractor": "cn_1"}',
    b'{"contractor": 5, "return_url": "https://app.example.com/"}',
    b'{"contractor": "", "return_url": "https://app.example.com/"}',
    b'{"contractor": " ", "return_url": "https://app.example.com/"}',
    b'{"contractor": "\\ud800", "return_url": "https://app.example.com/"}',
    b"[" * 300 + b"]" * 300,
    b'{"contractor": "cn_1", "return_url": ' + b"9" * 5000 + b"}",
]


@pytest.fixture(scope="module")
def narrow() -> Iterator[RunningMock]:
    """A mock with room for little."""
    with running_mock("--max-outbox", "1", "--max-sessions", "2") as mock:
        yield mock


def test_a_created_session_is_pending_and_carries_its_url(mock: RunningMock, caller: Caller) -> None:
    before = int(time.time())
    answer = caller.create()
    assert answer.status_code == 201
    session = answer.json()
    assert session["status"] == "pending"
    assert session["url"].startswith(mock.url + "/payment/setup/live_")
    assert before <= session["created"] <= time.time()
    assert session["expires_at"] == session["created"] + 1800
    assert (session["cancelled_at"], session["completed_at"]) == (None, None)


def test_every_session_has_an_id_and_a_url_of_its_own(caller: Caller) -> None:
    sessions = [caller.create().json() for _ in range(5)]
    assert len({session["id"] for session in sessions}) == 5
    assert len({session["url"] for session in sessions}) == 5


def test_a_cancelled_session_is_shown_as_created_but_for_status_time_and_url(caller: Caller) -> None:
    created = caller.create().json()
    answer = caller.cancel(created["id"])
    assert answer.status_code == 200
    cancelled = answer.json()
    assert cancelled["status"] == "cancelled"
    assert created["created"] <= cancelled["cancelled_at"] <= time.time()
    changed = {"status", "cancelled_at", "url"}
    assert {k: v for k, v in cancelled.items() if k not in changed} == {
        k: v for k, v in created.items() if k not in changed
    }
    assert "url" not in cancelled


@pytest.mark.parametrize(("headers", "body"), BODIES)
def test_a_cancel_does_not_care_what_body_comes(caller: Caller, headers: dict[str, str], body: bytes) -> None:
    caller.freeze()
    plain, odd = caller.seed(contractor="cn_" + caller.key), caller.seed(contractor="cn_" + caller.key)
    expected = caller.cancel(plain["id"])
    answer = caller.cancel(odd["id"], headers=headers, content=body)
    assert (answer.status_code, answer.json()) == (200, expected.json() | {"id": odd["id"]})
    assert list(answer.headers) == list(expected.headers)


@pytest.mark.parametrize("state", ["completed", "cancelled", "expired"])
def test_a_session_that_has_ended_cannot_be_cancelled(caller: Caller, state: str) -> None:
    session_id = caller.seeded(state)
    assert_error(caller.cancel(session_id), 400, "session_not_pending")
    assert caller.status_of(session_id) == state


def test_an_overdue_session_cannot_be_cancelled(caller: Caller) -> None:
    session_id = caller.seeded("overdue")
    assert_error(caller.cancel(session_id), 400, "session_expired")
    assert caller.status_of(session_id) == "pending"


@pytest.mark.parametrize(
    "session_id", ["ps_unkn0wn000", "%00", "%ff", "%F0%9F%92%A9", "a" * 2000, "'%20OR%201=1--", "%2e"]
)
def test_an_unknown_session_is_not_found(caller: Caller, session_id: str) -> None:
    assert_error(caller.cancel(session_id), 404, "resource_not_found")


@pytest.mark.parametrize("path", ["/", "/api/v1", f"{SESSIONS}/", f"{SESSIONS}/ps_1", f"{SESSIONS}//cancel", "/_mock"])
def test_an_unknown_path_is_not_found(caller: Caller, path: str) -> None:
    assert_error(caller.api.post(path), 404, "resource_not_found")


def test_a_slash_too_many_is_an_unknown_path_and_cancels_nothing(caller: Caller) -> None:
    session_id = caller.seeded()
    assert_error(caller.api.post(f"{SESSIONS}/{session_id}/cancel/"), 404, "resource_not_found")
    assert caller.status_of(session_id) == "pending"


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", [SESSIONS, f"{SESSIONS}/ps_1/cancel"])
def test_another_method_is_told_which_one_there_is(caller: Caller, method: str, path: str) -> None:
    answer = caller.api.request(method, path)
    assert_error(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("body", WRONG_CREATIONS, ids=range(len(WRONG_CREATIONS)))
def test_a_creation_that_is_not_as_documented_is_refused(caller: Caller, body: bytes) -> None:
    answer = caller.api.post(SESSIONS, content=body, headers={"content-type": "application/json"})
    assert_error(answer, 400, "invalid_request")
    assert caller.read("/sessions")["sessions"] == []


@pytest.mark.parametrize(
    "url", ["http://app.example.com/", "https://u:p@app.example.com/", "https://a.example/#x", "x"]
)
def test_a_return_url_that_cannot_be_used_is_refused(caller: Caller, url: str) -> None:
    assert_error(caller.create(return_url=url), 400, "invalid_return_url")


def test_a_creation_that_is_no_json_is_an_unsupported_media_type(caller: Caller) -> None:
    answer = caller.api.post(SESSIONS, content=b"contractor=cn_1", headers={"content-type": "text/plain"})
    assert_error(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("path", [SESSIONS, f"{SESSIONS}/ps_1/cancel", "/nowhere", "/_mock/v1/sessions"])
def test_a_body_that_is_too_large_is_refused_however_it_comes(caller: Caller, path: str, is_chunked: bool) -> None:
    def chunks() -> Iterator[bytes]:
        yield from [b" " * 8192] * 9

    content = chunks() if is_chunked else b" " * 8192 * 9
    answer = caller.api.post(path, content=content, headers={"content-type": "application/json"})
    assert_error(answer, 413, "payload_too_large")
    assert answer.headers["connection"] == "close"


def test_a_cancel_with_a_body_that_is_too_large_cancels_nothing(caller: Caller) -> None:
    session_id = caller.seeded()
    assert_error(caller.cancel(session_id, content=iter([b"x" * 70_000])), 413, "payload_too_large")
    assert caller.status_of(session_id) == "pending"


def test_a_cancel_whose_body_breaks_off_cancels_nothing(mock: RunningMock, caller: Caller) -> None:
    session_id = caller.seeded()
    head = f"POST {SESSIONS}/{session_id}/cancel HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {caller.key}\r\n"
    with socket.create_connection(("127.0.0.1", mock.port)) as connection:
        connection.sendall(head.encode() + b"Content-Length: 10\r\n\r\nabc")
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(2)
        connection.recv(4096)
    assert caller.status_of(session_id) == "pending"


def test_what_is_no_http_is_refused_in_the_same_envelope(mock: RunningMock) -> None:
    with socket.create_connection(("127.0.0.1", mock.port)) as connection:
        connection.settimeout(2)
        connection.sendall(b"NOT HTTP\r\n\r\n")
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"error_code"' in answer


def test_an_undelivered_event_too_many_refuses_the_cancel_whole(narrow: RunningMock) -> None:
    with narrow.caller() as caller:
        caller.listen("http://127.0.0.1:9/refuses")
        first, second = caller.seeded(), caller.seeded()
        assert caller.cancel(first).status_code == 200
        answer = caller.cancel(second)
        assert_error(answer, 503, "service_unavailable")
        assert answer.headers["retry-after"] == "1"
        assert caller.status_of(second) == "pending"
        assert len(caller.events()) == 1


def test_a_session_too_many_is_refused_in_words(narrow: RunningMock) -> None:
    with narrow.caller() as caller:
        assert [caller.create().status_code for _ in range(3)] == [201, 201, 503]
        assert "--max-sessions" in caller.create().json()["message"]
        assert len(caller.read("/sessions")["sessions"]) == 2
