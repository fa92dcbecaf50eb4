"""A tenant's clock and the expiry job, over the control plane."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.mock_server.answering import assert_error
from tests.mock_server.receiving import Receiver
from tests.mock_server.running import Caller, RunningMock, eventually, running_mock

DAY_S = 86400
# Seconds from the end of one attempt to the next, each with up to a tenth of jitter.
STANDARD = [5, 300, 1800, 7200, 18000, 36000]


def kinds(fired: list[dict[str, Any]]) -> list[str]:
    return [each["kind"] for each in fired]


@pytest.fixture(scope="module")
def impatient() -> Iterator[RunningMock]:
    """A mock whose expiry job has no lag and hardly an interval."""
    with running_mock("--expiry-lag", "0", "--expiry-interval", "0.02") as mock:
        yield mock


def test_a_new_clock_is_real(caller: Caller) -> None:
    clock = caller.read("/clock")
    assert clock["mode"] == "real"
    assert abs(clock["now"] - time.time()) < 1


def test_a_frozen_clock_stands_still(caller: Caller) -> None:
    now = caller.freeze()
    time.sleep(0.02)
    assert caller.read("/clock") == {"mode": "frozen", "now": now}
    assert caller.create().json()["created"] == int(now)


def test_a_clock_can_be_frozen_at_a_later_time(caller: Caller) -> None:
    later = int(time.time()) + DAY_S
    assert caller.made("PUT", "/clock", mode="frozen", now=later) == {"mode": "frozen", "now": later}
    assert caller.cancel(caller.seeded()).json()["cancelled_at"] == later


def test_an_offset_clock_runs_ahead_of_real_time(caller: Caller) -> None:
    caller.made("PUT", "/clock", mode="offset", offset_s=DAY_S)
    assert abs(caller.create().json()["created"] - time.time() - DAY_S) < 2
    first = caller.read("/clock")["now"]
    time.sleep(0.02)
    assert caller.read("/clock")["now"] > first


def test_a_clock_that_was_let_run_goes_on_from_where_it_stood(caller: Caller) -> None:
    caller.freeze()
    caller.advance(DAY_S)
    clock = caller.made("PUT", "/clock", mode="offset")
    assert clock["mode"] == "offset"
    assert abs(clock["now"] - time.time() - DAY_S) < 2


def test_an_offset_of_nothing_is_real_time(caller: Caller) -> None:
    assert caller.made("PUT", "/clock", mode="offset", offset_s=0)["mode"] == "real"


@pytest.mark.parametrize(
    "wanted", [{"mode": "frozen", "now": 1}, {"mode": "offset", "now": 1}, {"mode": "offset", "offset_s": 1}]
)
def test_a_clock_never_goes_back(caller: Caller, wanted: dict[str, Any]) -> None:
    caller.made("PUT", "/clock", mode="frozen", now=time.time() + 3600)
    before = caller.read("/clock")
    assert_error(caller.control.put("/clock", json=wanted), 400, "invalid_request")
    assert_error(caller.control.post("/clock/advance", json={"to": before["now"] - 1}), 400, "invalid_request")
    assert caller.read("/clock") == before


def test_a_clock_ahead_of_real_time_cannot_become_real(caller: Caller) -> None:
    caller.made("PUT", "/clock", mode="offset", offset_s=3600)
    assert_error(caller.control.put("/clock", json={"mode": "real"}), 400, "invalid_request")


@pytest.mark.parametrize(
    "body", [b'{"seconds": -1}', b'{"seconds": NaN}', b'{"seconds": 1e999}', b"{}", b'{"seconds": 1, "to": 2}', b"5"]
)
def test_an_advance_that_is_none_is_refused(caller: Caller, body: bytes) -> None:
    answer = caller.control.post("/clock/advance", content=body, headers={"content-type": "application/json"})
    assert_error(answer, 400, "invalid_request")


def test_an_advance_goes_by_seconds_or_to_a_time(caller: Caller) -> None:
    now = caller.freeze()
    assert caller.made("POST", "/clock/advance", seconds=10)["now"] == pytest.approx(now + 10)
    assert caller.made("POST", "/clock/advance", to=now + 60)["now"] == pytest.approx(now + 60)


def test_an_advance_by_nothing_runs_what_is_due(caller: Caller) -> None:
    assert caller.made("POST", "/clock/advance", seconds=0)["fired"] == []


def test_a_running_clock_runs_on_after_an_advance(caller: Caller) -> None:
    caller.advance(DAY_S)
    clock = caller.read("/clock")
    assert clock["mode"] == "offset"
    assert abs(clock["now"] - time.time() - DAY_S) < 2


def test_advancing_past_the_lifetime_leaves_a_session_overdue_until_the_lag_is_over(caller: Caller) -> None:
    caller.freeze()
    session = caller.create().json()
    assert caller.advance(1799) == []
    assert caller.status_of(session["id"]) == "pending"
    assert caller.advance(2) == []
    assert_error(caller.cancel(session["id"]), 400, "session_expired")
    (fired,) = caller.advance(60)
    assert fired["at"] == session["expires_at"] + 60
    assert (fired["kind"], fired["session_id"]) == ("session_expired", session["id"])
    assert_error(caller.cancel(session["id"]), 400, "session_not_pending")


def test_the_moment_of_expires_at_is_past_it(caller: Caller) -> None:
    caller.freeze()
    first, second = caller.create().json(), caller.create().json()
    caller.made("POST", "/clock/advance", to=first["expires_at"] - 0.5)
    assert caller.cancel(first["id"]).status_code == 200
    caller.made("POST", "/clock/advance", to=second["expires_at"])
    assert_error(caller.cancel(second["id"]), 400, "session_expired")


def test_sessions_expire_in_the_order_in_which_they_are_due(caller: Caller) -> None:
    caller.freeze()
    late, early, middle = (caller.seeded(expires_in_s=seconds) for seconds in (300, 100, 200))
    fired = caller.advance(DAY_S)
    assert [each["session_id"] for each in fired] == [early, middle, late]
    assert [each["at"] for each in fired] == sorted(each["at"] for each in fired)


def test_what_is_due_at_one_moment_fires_in_the_order_in_which_it_was_made(caller: Caller, receiver: Receiver) -> None:
    caller.listen(receiver.url)
    caller.freeze()
    made = [caller.seeded(expires_in_s=10) for _ in range(5)]
    fired = caller.advance(DAY_S)
    assert [each.get("session_id") for each in fired[:5]] == made
    deliveries = [each["delivery_id"] for each in fired[5:]]
    assert deliveries == sorted(deliveries)
    assert len(set(deliveries)) == 5


def test_a_day_fires_expiry_and_deliveries_in_order_and_signatures_still_verify(
    caller: Caller, receiver: Receiver
) -> None:
    secret = caller.listen(receiver.url)
    caller.freeze()
    sessions = [caller.seed(expires_in_s=seconds) for seconds in (50, 40, 30)]
    started = time.monotonic()
    fired = caller.advance(DAY_S)
    assert time.monotonic() - started < 1
    assert kinds(fired) == ["session_expired", "delivery_attempt"] * 3
    assert receiver.sessions() == [session["id"] for session in sessions[::-1]]
    for arrival, session in zip(receiver.arrived, sessions[::-1], strict=True):
        arrival.verify(secret)
        assert arrival.event["event_type"] == "payment.session.expired"
        assert arrival.event["created"] == session["expires_at"] + 60


def test_a_day_makes_every_retry_of_the_standard_schedule(receiver: Receiver) -> None:
    receiver.status = 500
    with running_mock() as mock, mock.caller() as caller:
        secret = caller.listen(receiver.url)
        caller.freeze()
        caller.cancel(caller.seeded())
        receiver.wait_for(1)
        caller.advance(0)
        fired = caller.advance(DAY_S)
        assert [each["attempt"] for each in fired] == [2, 3, 4, 5, 6, 7]
        assert [each["state"] for each in fired] == ["pending"] * 5 + ["dead"]
        (delivery,) = caller.deliveries()
    waits = [(each["next_due"] or 0) - each["due"] for each in delivery["attempts"][:-1]]
    for waited, planned in zip(waits, STANDARD, strict=True):
        assert planned <= waited <= planned * 1.1 + 0.01
    for arrival in receiver.arrived:
        arrival.verify(secret)


def test_a_retry_waits_for_the_clock(caller: Caller, receiver: Receiver) -> None:
    receiver.answers = [(500, {})]
    caller.listen(receiver.url)
    caller.freeze()
    caller.cancel(caller.seeded())
    receiver.wait_for(1)
    time.sleep(0.2)
    assert len(receiver.arrived) == 1
    (fired,) = caller.advance(1)
    assert (fired["attempt"], fired["status"], fired["state"]) == (2, 204, "delivered")
    assert len(receiver.arrived) == 2


def test_clocks_of_two_tenants_do_not_meet(caller: Caller, other: Caller) -> None:
    caller.freeze()
    caller.advance(DAY_S)
    assert other.read("/clock")["mode"] == "real"
    session_id = other.seeded()
    assert other.status_of(session_id) == "pending"


def test_the_expiry_job_by_hand_does_not_wait_for_the_lag(caller: Caller, receiver: Receiver) -> None:
    caller.listen(receiver.url)
    overdue, pending = caller.seeded("overdue"), caller.seeded()
    assert caller.made("POST", "/expiry-job/run") == {"expired": [overdue]}
    assert caller.made("POST", "/expiry-job/run") == {"expired": []}
    assert (caller.status_of(overdue), caller.status_of(pending)) == ("expired", "pending")
    (arrival,) = receiver.wait_for(1)
    assert (arrival.event["event_type"], arrival.event["data"]["id"]) == ("payment.session.expired", overdue)


def test_the_expiry_job_runs_by_itself(impatient: RunningMock) -> None:
    with impatient.caller() as caller:
        session_id = caller.seeded(expires_in_s=1)
        assert eventually(lambda: caller.status_of(session_id) == "expired", 3)
        assert [event["event_type"] for event in caller.events()] == ["payment.session.expired"]


def test_an_overdue_session_is_left_so_even_without_a_lag(impatient: RunningMock) -> None:
    with impatient.caller() as caller:
        session_id = caller.seeded("overdue")
        time.sleep(0.1)
        assert caller.status_of(session_id) == "pending"
        caller.advance(31)
        assert caller.status_of(session_id) == "expired"
