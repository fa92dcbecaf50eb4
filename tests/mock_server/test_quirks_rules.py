"""When a quirk strikes and when no longer, over the control plane and the command line."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.mock_server.answering import assert_error
from tests.mock_server.receiving import Receiver
from tests.mock_server.running import Caller, eventually, fresh_key, running_mock
from tests.mock_server.test_deliveries import cancelled


def test_no_quirk_strikes_more_than_twice_in_a_row(caller: Caller) -> None:
    session_id = caller.seeded()
    caller.switch_on({"name": "unavailable"})
    assert [caller.cancel(session_id).status_code for _ in range(3)] == [503, 503, 200]


def test_a_refused_cancel_neither_names_nor_uses_up_a_quirk_that_did_not_strike(caller: Caller) -> None:
    completed, pending = caller.seeded("completed"), caller.seeded()
    caller.switch_on({"name": "url-empty", "next": 1})
    assert "mock-quirk" not in caller.cancel(completed).headers
    assert caller.cancel(pending).json()["url"] == ""


def test_a_quirk_strikes_the_next_n_requests_and_no_more(caller: Caller) -> None:
    caller.switch_on({"name": "extra-attributes", "next": 2})
    assert ["mock-quirk" in caller.create().headers for _ in range(4)] == [True, True, False, False]


def test_a_quirk_strikes_for_its_time_and_no_longer(caller: Caller) -> None:
    caller.switch_on({"name": "extra-attributes", "for_s": 0.2})
    assert "mock-quirk" in caller.create().headers
    time.sleep(0.21)
    assert "mock-quirk" not in caller.create().headers


def test_an_empty_list_switches_all_off(caller: Caller) -> None:
    caller.switch_on({"name": "extra-attributes"}, {"name": "url-empty"})
    assert caller.switch_on()["quirks"] == []
    assert "mock-quirk" not in caller.create().headers


def test_quirks_are_the_tenants_own(caller: Caller, other: Caller) -> None:
    caller.switch_on({"name": "unavailable"})
    assert other.create().status_code == 201
    assert caller.create().status_code == 503


@pytest.mark.parametrize(
    "quirk",
    [{"name": "nonsense"}, {"name": "latency", "parameters": {"x": 1}}, {"name": "latency", "probability": 2}, {}],
)
def test_a_quirk_that_is_none_is_refused_and_changes_nothing(caller: Caller, quirk: dict[str, Any]) -> None:
    before = caller.switch_on({"name": "url-empty"})
    assert_error(caller.control.put("/quirks", json={"quirks": [quirk]}), 400, "invalid_request")
    assert caller.read("/quirks") == before


def drawn(caller: Caller) -> list[str]:
    """What strikes twenty creations."""
    return [caller.create().headers.get("mock-quirk", "") for _ in range(20)]


def test_the_same_seed_key_and_calls_meet_the_same_quirks_and_another_seed_others() -> None:
    key, rule = fresh_key(), {"name": "extra-attributes", "probability": 0.5}
    runs = []
    for _ in range(2):
        with (
            running_mock("--quirk", "extra-attributes=probability:0.5", "--seed", "7") as mock,
            mock.caller(key) as caller,
        ):
            runs.append(drawn(caller))
            caller.made("POST", "/reset", parts=["sessions"])
            caller.switch_on(rule, seed=8)
            runs.append(drawn(caller))
    assert runs[:2] == runs[2:]
    assert runs[0] != runs[1]
    assert set(runs[0]) == {"", "extra-attributes"}


def test_after_a_reset_the_same_calls_meet_the_same_quirks_again(caller: Caller) -> None:
    caller.switch_on({"name": "extra-attributes", "probability": 0.5}, seed=3)
    first = drawn(caller)
    caller.made("POST", "/reset", parts=["sessions"])
    assert drawn(caller) == first


def test_after_a_reset_webhooks_meet_the_same_quirks_again(caller: Caller, receiver: Receiver) -> None:
    caller.listen(receiver.url)
    caller.freeze()
    caller.switch_on({"name": "webhook-dropped"})
    for _ in range(2):
        cancelled(caller)
        (attempt,) = eventually(lambda: caller.read("/deliveries")["deliveries"][0]["attempts"])
        assert attempt["error"] == "dropped by a quirk"
        caller.made("POST", "/reset", parts=["sessions"])
    assert receiver.arrived == []
