"""The journal over the control plane: every request of a tenant from receipt to answer."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from tests.mock_server.receiving import Receiver
from tests.mock_server.running import SESSIONS, Caller, RunningMock, ask, eventually, running_mock

CANCEL = f"{SESSIONS}/{{session_id}}/cancel"


def kept(caller: Caller, **query: Any) -> list[dict[str, Any]]:
    """The entries about the contract's own paths."""
    return [entry for entry in caller.journal(**query) if not entry["route"].startswith("/_mock/")]


def test_a_creation_and_a_cancel_are_entered_as_they_went(caller: Caller) -> None:
    before = time.time()
    session_id = caller.create().json()["id"]
    caller.cancel(session_id)
    created, cancelled = kept(caller)
    assert (created["method"], created["route"], created["status"]) == ("POST", SESSIONS, 201)
    assert (created["state_before"], created["state_after"]) == (None, "pending")
    assert (cancelled["method"], cancelled["route"], cancelled["status"]) == ("POST", CANCEL, 200)
    assert (cancelled["state_before"], cancelled["state_after"]) == ("pending", "cancelled")
    for entry in (created, cancelled):
        assert entry["session_id"] == session_id
        assert entry["contract"] == "held"
        assert entry["error_code"] is None
        assert before <= entry["received_at"] <= time.time()
        assert 0 < entry["duration_ms"] < 1000


@pytest.mark.parametrize(
    ("state", "code", "shown"),
    [
        ("completed", "session_not_pending", "completed"),
        ("cancelled", "session_not_pending", "cancelled"),
        ("expired", "session_not_pending", "expired"),
        ("overdue", "session_expired", "pending"),
    ],
)
def test_a_refused_cancel_is_entered_with_the_state_it_left(caller: Caller, state: str, code: str, shown: str) -> None:
    caller.cancel(caller.seeded(state))
    (entry,) = kept(caller)
    assert (entry["status"], entry["error_code"]) == (400, code)
    assert entry["state_before"] == entry["state_after"] == shown
    assert entry["events"] == []


def test_requests_to_the_control_plane_are_not_entered(caller: Caller) -> None:
    caller.seed()
    caller.read("/clock")
    caller.control.get("/sessions/ps_unkn0wn000")
    assert caller.journal() == []


def test_an_entry_shows_its_event_and_the_attempts_to_deliver_it(caller: Caller, receiver: Receiver) -> None:
    receiver.answers = [(500, {})]
    caller.listen(receiver.url)
    caller.cancel(caller.seeded())
    caller.deliveries()
    (entry,) = kept(caller)
    (event,) = entry["events"]
    assert event["id"] == receiver.arrived[0].event["id"]
    assert [attempt["status"] for attempt in event["deliveries"][0]["attempts"]] == [500, 204]


def test_an_idempotency_key_is_a_fingerprint(caller: Caller) -> None:
    for key in ("canary-one", "canary-two", "canary-one", None):
        caller.cancel(caller.seeded(), headers={"Idempotency-Key": key} if key else {})
    one, two, again, none = (entry["idempotency_key"] for entry in kept(caller))
    assert one == again != two
    assert none is None
    assert len(one) == 8
    assert "canary" not in str(caller.journal())


def test_filters_narrow_what_is_shown(caller: Caller) -> None:
    first, second = caller.create().json()["id"], caller.create().json()["id"]
    caller.cancel(first)
    caller.cancel(first)
    caller.cancel("ps_unkn0wn000")
    assert [entry["status"] for entry in caller.journal(session_id=first)] == [201, 200, 400]
    assert [entry["status"] for entry in caller.journal(session_id=second)] == [201]
    assert [entry["status"] for entry in caller.journal(route=SESSIONS)] == [201, 201]
    assert [entry["status"] for entry in caller.journal(route=CANCEL, status=404)] == [404]
    assert [entry["session_id"] for entry in caller.journal(error_code="session_not_pending")] == [first]
    assert len(kept(caller, method="POST")) == 5
    assert kept(caller, method="GET") == []


def test_pages_follow_each_other_by_a_cursor(caller: Caller) -> None:
    for _ in range(3):
        caller.create()
    first = caller.read("/journal", limit=2, route=SESSIONS)
    second = caller.read("/journal", limit=2, route=SESSIONS, after=first["next"])
    assert [len(page["entries"]) for page in (first, second)] == [2, 1]
    last = caller.read("/journal", route=SESSIONS, after=second["next"])
    assert (last["entries"], last["next"]) == ([], second["next"])


def test_an_entry_is_deleted_by_its_number_and_all_without_one(caller: Caller) -> None:
    for _ in range(3):
        caller.create()
    numbers = [entry["id"] for entry in kept(caller)]
    assert caller.control.delete("/journal", params={"id": numbers[1]}).json() == {"deleted": 1}
    assert caller.control.delete("/journal", params={"id": numbers[1]}).json() == {"deleted": 0}
    assert [entry["id"] for entry in kept(caller)] == [numbers[0], numbers[2]]
    assert caller.control.delete("/journal").json()["deleted"] >= 2
    assert kept(caller) == []


def test_numbers_go_on_after_a_deletion(caller: Caller) -> None:
    caller.create()
    (entry,) = kept(caller)
    caller.control.delete("/journal")
    caller.create()
    assert kept(caller, after=entry["id"])[0]["id"] > entry["id"]


def test_waiting_ends_with_the_entry_that_is_waited_for(mock: RunningMock, caller: Caller) -> None:
    session_id = caller.seeded()
    with ThreadPoolExecutor(1) as pool, mock.caller(caller.key) as waiter:
        waiting = pool.submit(waiter.read, "/journal/wait", route=CANCEL, timeout_s=5)
        caller.create()
        time.sleep(0.05)
        assert not waiting.done()
        caller.cancel(session_id)
        (entry,) = waiting.result(1)["entries"]
    assert entry["session_id"] == session_id


def test_waiting_ends_when_its_time_is_over(caller: Caller) -> None:
    started = time.monotonic()
    page = caller.read("/journal/wait", route=CANCEL, timeout_s=0.1)
    assert page["entries"] == []
    assert 0.09 < time.monotonic() - started < 1


def test_what_is_there_already_is_not_waited_for(caller: Caller) -> None:
    caller.create()
    started = time.monotonic()
    assert len(caller.read("/journal/wait", route=SESSIONS, timeout_s=5)["entries"]) == 1
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "after=-1", "status=x", "limit=10001"])
def test_a_wrong_filter_is_named(caller: Caller, query: str) -> None:
    answer = caller.control.get(f"/journal?{query}")
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.json()["message"]


def test_the_hosted_page_is_entered_without_its_token(caller: Caller) -> None:
    url = caller.create().json()["url"]
    ask("GET", url)
    ask("POST", url, data={"action": "save"})
    _, shown, saved = kept(caller)
    assert shown["route"] == saved["route"] == "/payment/setup/{token}"
    assert (saved["state_before"], saved["state_after"], saved["status"]) == ("pending", "completed", 303)
    assert len(saved["events"]) == 1
    assert url.rpartition("/")[2] not in str(caller.journal())


def test_another_tenants_journal_is_not_shown(caller: Caller, other: Caller) -> None:
    other.create()
    theirs = other.seeded()
    caller.cancel(theirs)
    assert [entry["status"] for entry in kept(caller)] == [404]
    assert [entry["status"] for entry in kept(other)] == [201]


def test_the_oldest_entries_of_a_full_journal_go() -> None:
    with running_mock("--max-journal", "3") as mock, mock.caller() as caller:
        ids = [caller.create().json()["id"] for _ in range(5)]
        assert [entry["session_id"] for entry in caller.journal()] == ids[2:]


def test_a_client_that_has_gone_away_is_entered_like_any_other(mock: RunningMock, caller: Caller) -> None:
    caller.switch_on({"name": "latency", "parameters": {"s": 0.1}})
    session_id = caller.seeded()
    with pytest.raises(httpx2.ReadTimeout):
        ask(
            "POST",
            f"{mock.url}{SESSIONS}/{session_id}/cancel",
            headers={"Authorization": f"Bearer {caller.key}"},
            timeout=0.05,
        )
    assert eventually(lambda: kept(caller), 2)[0]["session_id"] == session_id
