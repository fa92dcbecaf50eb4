"""The endpoint that events are sent to: of a tenant, of the command line, or none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mock_server.answering import assert_error
from tests.mock_server.receiving import Receiver
from tests.mock_server.running import Caller, RunningMock, eventually, fresh_secret, running_mock
from tests.mock_server.test_deliveries import cancelled

SECRET = fresh_secret()
PROXIES = dict.fromkeys(["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"], "http://127.0.0.1:9")


@pytest.fixture(scope="module")
def everyones() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def configured(everyones: Receiver) -> Iterator[RunningMock]:
    """A mock with an endpoint for everybody, short of patience, in an environment with proxies."""
    flags = ("--webhook-url", everyones.url, "--webhook-secret", SECRET, "--webhook-timeout", "0.3")
    with running_mock(*flags, **PROXIES) as mock:
        yield mock


def test_an_endpoint_without_a_secret_gets_events_without_a_signature(caller: Caller, receiver: Receiver) -> None:
    caller.made("PUT", "/webhook-endpoint", url=receiver.url)
    cancelled(caller)
    (arrival,) = receiver.wait_for(1)
    assert "webhook-id" in arrival.headers
    assert "webhook-signature" not in arrival.headers


def test_without_an_endpoint_an_event_is_kept_and_nothing_is_sent(caller: Caller, receiver: Receiver) -> None:
    session_id = cancelled(caller)
    caller.listen(receiver.url)
    assert [event["data"]["id"] for event in caller.events()] == [session_id]
    assert caller.read("/deliveries")["deliveries"] == []
    later = cancelled(caller)
    caller.deliveries()
    assert receiver.sessions() == [later]


def test_a_removed_endpoint_gets_no_later_event(caller: Caller, receiver: Receiver) -> None:
    caller.listen(receiver.url)
    first = cancelled(caller)
    caller.deliveries()
    caller.made("DELETE", "/webhook-endpoint")
    cancelled(caller)
    assert len(caller.events()) == 2
    assert receiver.sessions() == [first]


def test_a_receiver_that_does_not_answer_in_time_is_a_failed_attempt(
    configured: RunningMock, receiver: Receiver
) -> None:
    receiver.gate.clear()
    with configured.caller() as caller:
        caller.freeze()
        caller.listen(receiver.url)
        cancelled(caller)
        (attempt,) = eventually(lambda: caller.read("/deliveries")["deliveries"][0]["attempts"])
    assert (attempt["status"], attempt["error"]) == (None, "no answer within 0.3 s")


def test_proxies_of_the_environment_are_not_used(configured: RunningMock, receiver: Receiver) -> None:
    with configured.caller() as caller:
        caller.listen(receiver.url)
        session_id = cancelled(caller)
        receiver.wait_for(1)
    assert receiver.sessions() == [session_id]


def test_the_endpoint_of_the_command_line_is_every_tenants(configured: RunningMock, everyones: Receiver) -> None:
    sessions = set()
    for _ in range(2):
        with configured.caller() as caller:
            sessions.add(cancelled(caller))
    arrivals = everyones.wait_for(2)
    assert {arrival.event["data"]["id"] for arrival in arrivals} == sessions
    for arrival in arrivals:
        arrival.verify(SECRET)


@pytest.mark.parametrize(
    "url",
    ["ftp://127.0.0.1/", "http://u:p@127.0.0.1/", "http:///x", "http://203.0.113.7/", "http://169.254.169.254/", "x"],
)
def test_an_endpoint_that_may_not_be_is_refused(caller: Caller, url: str) -> None:
    assert_error(caller.control.put("/webhook-endpoint", json={"url": url}), 400, "invalid_request")


def test_the_mock_does_not_send_to_itself(mock: RunningMock, caller: Caller) -> None:
    for host in ("127.0.0.1", "localhost", "0.0.0.0", "[::1]"):
        answer = caller.control.put("/webhook-endpoint", json={"url": f"http://{host}:{mock.port}/"})
        assert_error(answer, 400, "invalid_request")
