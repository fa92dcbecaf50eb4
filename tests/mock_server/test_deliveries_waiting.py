"""Lists of events and deliveries, waiting for them, and what a reset does to them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from tests.mock_server.receiving import Receiver
from tests.mock_server.running import Caller
from tests.mock_server.test_deliveries import cancelled


def test_waiting_ends_when_the_delivery_has(caller: Caller, receiver: Receiver) -> None:
    caller.listen(receiver.url)
    receiver.gate.clear()
    cancelled(caller)
    receiver.wait_for(1)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(caller.read, "/deliveries/wait", timeout_s=5)
        time.sleep(0.05)
        assert not waiting.done()
        receiver.gate.set()
        page = waiting.result(2)
    assert page["settled"]
    assert [delivery["state"] for delivery in page["deliveries"]] == ["delivered"]


def test_waiting_ends_when_its_time_is_over_and_says_so(caller: Caller, receiver: Receiver) -> None:
    caller.listen(receiver.url)
    receiver.gate.clear()
    cancelled(caller)
    started = time.monotonic()
    page = caller.read("/deliveries/wait", timeout_s=0.1)
    assert 0.05 < time.monotonic() - started < 1
    assert not page["settled"]
    assert page["deliveries"][0]["state"] in {"pending", "sending"}


def test_pages_follow_each_other(caller: Caller, receiver: Receiver) -> None:
    caller.listen(receiver.url)
    for _ in range(3):
        cancelled(caller)
    for path, name in (("/events", "events"), ("/deliveries", "deliveries")):
        first = caller.read(path, limit=2)
        second = caller.read(path, limit=2, after=first["next"])
        third = caller.read(path, limit=2, after=second["next"])
        assert [len(page[name]) for page in (first, second, third)] == [2, 1, 0]
        assert len({each["id"] for page in (first, second) for each in page[name]}) == 3
        assert third["next"] == second["next"]


def test_a_cursor_beyond_any_number_is_an_empty_page_or_a_wrong_request(caller: Caller) -> None:
    for path in ("/sessions", "/events", "/deliveries", "/journal"):
        assert caller.control.get(path, params={"after": 10**30}).status_code in {200, 400}, path


def test_deliveries_can_be_asked_for_by_event(caller: Caller, other: Caller, receiver: Receiver) -> None:
    caller.listen(receiver.url)
    cancelled(caller)
    cancelled(caller)
    event_id = caller.events()[1]["id"]
    assert [each["event_id"] for each in caller.deliveries(event_id=event_id)] == [event_id]
    assert other.read("/deliveries", event_id=event_id)["deliveries"] == []


def test_a_reset_cancels_what_was_not_delivered(caller: Caller, receiver: Receiver) -> None:
    receiver.status = 500
    caller.freeze()
    caller.listen(receiver.url)
    cancelled(caller)
    receiver.wait_for(1)
    caller.advance(0.01)
    caller.made("POST", "/reset", parts=["deliveries"])
    assert [each["state"] for each in caller.deliveries()] == ["cancelled"]
    assert len(caller.events()) == 1
    assert caller.advance(86400) == []
    assert len(receiver.arrived) == 1


def test_a_reset_breaks_off_the_attempt_that_is_under_way(caller: Caller, receiver: Receiver) -> None:
    caller.listen(receiver.url)
    receiver.gate.clear()
    receiver.status = 500
    cancelled(caller)
    receiver.wait_for(1)
    caller.made("POST", "/reset", parts=["deliveries"])
    receiver.gate.set()
    time.sleep(0.2)
    assert len(receiver.arrived) == 1
    assert [each["state"] for each in caller.deliveries()] == ["cancelled"]


def test_a_reset_of_everything_leaves_an_empty_world(caller: Caller, receiver: Receiver) -> None:
    receiver.status = 500
    caller.listen(receiver.url)
    caller.freeze()
    caller.switch_on({"name": "extra-attributes"})
    session_id = cancelled(caller)
    assert caller.control.post("/reset").status_code == 204
    assert caller.read("/sessions")["sessions"] == []
    assert caller.events() == []
    assert caller.read("/deliveries")["deliveries"] == []
    assert caller.read("/clock")["mode"] == "real"
    assert caller.read("/quirks")["quirks"] == []
    assert caller.cancel(session_id).status_code == 404
    count = len(receiver.arrived)
    cancelled(caller)
    assert caller.read("/deliveries")["deliveries"] == []
    assert len(receiver.arrived) == count


def test_a_reset_is_this_tenants_alone(caller: Caller, other: Caller, receiver: Receiver) -> None:
    other.listen(receiver.url)
    receiver.answers = [(500, {}), (500, {})]
    session_id = cancelled(other)
    assert caller.control.post("/reset").status_code == 204
    assert [each["state"] for each in other.deliveries()] == ["delivered"]
    assert other.status_of(session_id) == "cancelled"


def test_a_reset_by_part_leaves_the_other_parts(caller: Caller, receiver: Receiver) -> None:
    caller.listen(receiver.url)
    caller.freeze()
    caller.switch_on({"name": "extra-attributes"})
    session_id = cancelled(caller)
    caller.made("POST", "/reset", parts=["quirks"])
    assert caller.read("/quirks")["quirks"] == []
    caller.made("POST", "/reset", parts=["clock"])
    assert caller.read("/clock")["mode"] == "real"
    caller.made("POST", "/reset", parts=[])
    assert caller.status_of(session_id) == "cancelled"
    later = cancelled(caller)
    caller.deliveries()
    assert receiver.sessions() == [session_id, later]


def test_a_contractor_is_free_again_after_a_reset(caller: Caller, other: Caller) -> None:
    contractor = "cn_of_" + caller.key
    caller.seed(contractor=contractor)
    wanted = {"state": "pending", "contractor": contractor}
    assert other.control.post("/sessions", json=wanted).status_code == 404
    assert caller.control.post("/reset", json={"parts": ["sessions"]}).status_code == 204
    assert other.control.post("/sessions", json=wanted).status_code == 201
