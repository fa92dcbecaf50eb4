"""The journal: bounded, readable in part, and something to wait for."""

from __future__ import annotations

import asyncio
import hashlib
import time
from typing import Any

import pytest

from mock_server.journal import Entry, Journal

KEY = "2f1c9d0e-retry-key"


def entry(session_id: str = "ps_1", **attributes: Any) -> Entry:
    return Entry(1_767_226_000.25, "POST", session_id=session_id, **attributes)


def journal(*entries: Entry, limit: int = 100) -> Journal:
    made = Journal(limit)
    for each in entries:
        made.add(each)
    return made


def numbers(entries: list[Entry]) -> list[int]:
    return [each.number for each in entries]


def test_entries_are_numbered_from_1_in_the_order_they_came() -> None:
    kept = journal(entry("ps_1"), entry("ps_2")).entries()
    assert [(each.number, each.session_id) for each in kept] == [(1, "ps_1"), (2, "ps_2")]


def test_a_full_journal_loses_the_oldest_entry_and_keeps_counting() -> None:
    assert numbers(journal(*(entry() for _ in range(5)), limit=3).entries()) == [3, 4, 5]


def test_a_cursor_reads_on_after_the_last_entry_read() -> None:
    kept = journal(*(entry() for _ in range(4)))
    assert numbers(kept.entries(after=2)) == [3, 4]
    assert numbers(kept.entries(after=4)) == []


def test_a_cursor_that_was_pushed_out_reads_what_is_left() -> None:
    assert numbers(journal(*(entry() for _ in range(5)), limit=2).entries(after=1)) == [4, 5]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"session_id": "ps_2"}, [2, 4]),
        ({"route": "/cancel"}, [1, 2]),
        ({"method": "GET"}, [3]),
        ({"status": 400}, [2]),
        ({"error_code": "session_expired"}, [2]),
        ({"session_id": "ps_2", "status": 200}, [4]),
        ({"session_id": "ps_2", "after": 2}, [4]),
        ({"session_id": None, "status": None}, [1, 2, 3, 4]),
        ({"session_id": "ps_9"}, []),
    ],
)
def test_entries_are_found_by_their_attributes(wanted: dict[str, Any], found: list[int]) -> None:
    kept = journal(
        entry("ps_1", route="/cancel", status=200),
        entry("ps_2", route="/cancel", status=400, error_code="session_expired"),
        Entry(1.0, "GET", route="/page", session_id="ps_1", status=200),
        entry("ps_2", route="/complete", status=200),
    )
    assert numbers(kept.entries(**wanted)) == found


def test_one_entry_can_be_deleted_by_its_number() -> None:
    kept = journal(entry(), entry(), entry())
    assert kept.delete([2]) == 1
    assert numbers(kept.entries()) == [1, 3]


def test_deleting_what_is_not_there_deletes_nothing() -> None:
    kept = journal(entry())
    assert kept.delete([7]) == 0
    assert kept.delete([]) == 0
    assert numbers(kept.entries()) == [1]


def test_all_entries_can_be_deleted_and_numbers_go_on() -> None:
    kept = journal(entry(), entry())
    assert kept.delete() == 2
    kept.add(entry())
    assert numbers(kept.entries()) == [3]


def test_the_journal_is_bounded_after_a_deletion_too() -> None:
    kept = journal(entry(), entry(), limit=2)
    kept.delete([1])
    kept.add(entry())
    kept.add(entry())
    assert numbers(kept.entries()) == [3, 4]


def test_waiting_ends_at_once_when_there_is_an_entry() -> None:
    assert numbers(asyncio.run(journal(entry()).wait(0))) == [1]


def test_waiting_ends_empty_when_the_time_is_over() -> None:
    started = time.monotonic()
    assert asyncio.run(journal(entry()).wait(0.05, after=1)) == []
    assert 0.04 < time.monotonic() - started < 2


async def added_while_waiting(kept: Journal, *entries: Entry, **wanted: Any) -> list[Entry]:
    waiting = asyncio.create_task(kept.wait(5, **wanted))
    for each in entries:
        await asyncio.sleep(0)
        kept.add(each)
    async with asyncio.timeout(1):
        return await waiting


def test_waiting_ends_when_the_entry_comes() -> None:
    assert numbers(asyncio.run(added_while_waiting(journal(), entry()))) == [1]


def test_waiting_goes_on_until_the_wanted_entry_comes() -> None:
    found = asyncio.run(added_while_waiting(journal(), entry("ps_1"), entry("ps_2"), session_id="ps_2"))
    assert numbers(found) == [2]


def test_waiting_after_a_cursor_ignores_what_was_read() -> None:
    found = asyncio.run(added_while_waiting(journal(entry()), entry(), after=1))
    assert numbers(found) == [2]


def test_everybody_who_waits_is_woken() -> None:
    async def two_readers() -> list[list[Entry]]:
        kept = journal()
        waiting = [asyncio.create_task(kept.wait(5)) for _ in range(2)]
        await asyncio.sleep(0)
        kept.add(entry())
        async with asyncio.timeout(1):
            return await asyncio.gather(*waiting)

    assert [numbers(found) for found in asyncio.run(two_readers())] == [[1], [1]]


def test_a_journal_can_be_waited_for_again_after_a_wait_in_vain() -> None:
    async def again() -> list[Entry]:
        kept = journal()
        assert await kept.wait(0.01) == []
        return await added_while_waiting(kept, entry())

    assert numbers(asyncio.run(again())) == [1]


def test_an_idempotency_key_is_shown_as_a_fingerprint_alone() -> None:
    shown = entry(idempotency_key=KEY).as_attributes()
    assert shown["idempotency_key"] == hashlib.sha256(KEY.encode()).hexdigest()[:8]
    assert KEY not in repr(shown)


def test_two_requests_with_one_idempotency_key_share_the_fingerprint() -> None:
    first, again, other = (entry(idempotency_key=key).as_attributes() for key in (KEY, KEY, KEY + "x"))
    assert first["idempotency_key"] == again["idempotency_key"] != other["idempotency_key"]


def test_an_entry_shows_what_arrived_and_what_came_of_it() -> None:
    made = entry(
        route="/cancel",
        status=200,
        before="pending",
        after="cancelled",
        event_id="evt_1",
        quirks=("latency",),
        duration_ms=1.23456,
    )
    assert journal(made).entries()[0].as_attributes() == {
        "id": 1,
        "received_at": 1_767_226_000.25,
        "method": "POST",
        "route": "/cancel",
        "session_id": "ps_1",
        "status": 200,
        "error_code": None,
        "state_before": "pending",
        "state_after": "cancelled",
        "event_id": "evt_1",
        "quirks": ["latency"],
        "contract": "held",
        "idempotency_key": None,
        "duration_ms": 1.235,
    }


def test_what_an_entry_does_not_have_is_null() -> None:
    shown = Entry(1.0, "POST").as_attributes()
    names = ["route", "session_id", "status", "error_code", "state_before", "state_after", "event_id"]
    assert [shown[name] for name in names] == [None] * 7


def test_a_breach_of_the_contract_is_shown() -> None:
    assert entry(breach="status 418 is not documented").as_attributes()["contract"] == (
        "breached: status 418 is not documented"
    )
