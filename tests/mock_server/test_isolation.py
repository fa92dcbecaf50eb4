"""Many keys at once: nobody meets another's world."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.mock_server.receiving import Receiver
from tests.mock_server.running import Caller, RunningMock, fresh_key, running_mock

KEYS = 50
THREADS = 16
CANCELS = 64


@dataclass
class Seen:
    """What one key made, and what it saw."""

    key: str
    made: list[str]
    listed: set[str]
    entered: set[str]
    told: set[str]
    quirks: list[str]


def walk(mock: RunningMock, receiver: Receiver, key: str) -> Seen:
    """One client: create, cancel, advance and look around."""
    with mock.caller(key) as caller:
        caller.listen(f"{receiver.url}/{key}")
        answers = [caller.create() for _ in range(4)]
        made = [answer.json()["id"] for answer in answers]
        answers += [caller.cancel(session_id) for session_id in made[:2]]
        caller.freeze()
        caller.advance(86400)
        return Seen(
            key=key,
            made=made,
            listed={session["id"] for session in caller.read("/sessions")["sessions"]},
            entered={entry["session_id"] for entry in caller.journal() if entry["session_id"]},
            told={event["data"]["id"] for event in caller.events()},
            quirks=[answer.headers.get("mock-quirk", "") for answer in answers],
        )


@pytest.fixture(scope="module")
def hostile() -> Iterator[RunningMock]:
    flags = ("--webhook-schedule", "fast", "--seed", "11")
    quirks = ("--quirk", "extra-attributes=probability:0.5", "--quirk", "latency=probability:0.2,s:0.01")
    with running_mock(*flags, *quirks, "--quirk", "webhook-duplicated=probability:0.5") as mock:
        yield mock


def test_parallel_clients_see_their_own_sessions_journals_and_events_alone(
    hostile: RunningMock, receiver: Receiver
) -> None:
    keys = [fresh_key() for _ in range(KEYS)]
    with ThreadPoolExecutor(THREADS) as pool:
        walks = list(pool.map(lambda key: walk(hostile, receiver, key), keys))
    for seen in walks:
        assert seen.listed == seen.entered == seen.told == set(seen.made), seen.key
    assert len({tuple(seen.quirks) for seen in walks}) > 1


def test_each_event_arrives_at_its_own_tenants_endpoint(hostile: RunningMock, receiver: Receiver) -> None:
    keys = [fresh_key() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        walks = list(pool.map(lambda key: walk(hostile, receiver, key), keys))
    for seen in walks:
        mine = {each.event["data"]["id"] for each in receiver.arrived if each.path.endswith(seen.key)}
        assert mine == set(seen.made)


def test_one_of_many_simultaneous_cancels_succeeds(mock: RunningMock, caller: Caller) -> None:
    for _ in range(5):
        session_id = caller.seeded()
        with ThreadPoolExecutor(THREADS) as pool:
            statuses = list(pool.map(lambda _: caller.cancel(session_id).status_code, range(CANCELS)))  # noqa: B023
        assert sorted(statuses) == [200] + [400] * (CANCELS - 1)
    assert len(caller.events()) == 5
    assert mock.process.poll() is None


def test_cancelling_and_completing_at_once_ends_a_session_once(caller: Caller) -> None:
    for _ in range(10):
        session_id = caller.seeded()
        with ThreadPoolExecutor(2) as pool:
            one = pool.submit(caller.cancel, session_id)
            two = pool.submit(caller.control.post, f"/sessions/{session_id}/complete")
            statuses = (one.result().status_code, two.result().status_code)
        assert statuses in {(200, 409), (400, 200)}
        assert caller.status_of(session_id) == ("cancelled" if statuses[0] == 200 else "completed")
    assert len(caller.events()) == 10


def test_the_same_endpoint_of_two_tenants_gets_each_event_signed_for_its_own(
    caller: Caller, other: Caller, receiver: Receiver
) -> None:
    secrets = {each.seeded(): each.listen(receiver.url) for each in (caller, other)}
    for each, session_id in zip((caller, other), secrets, strict=True):
        assert each.cancel(session_id).status_code == 200
    assert len(receiver.wait_for(2)) == 2
    for arrival in receiver.arrived:
        arrival.verify(secrets[arrival.event["data"]["id"]])


def test_a_receiver_that_hangs_does_not_hold_up_another_tenants_events(receiver: Receiver) -> None:
    quick = Receiver()
    receiver.gate.clear()
    try:
        with running_mock("--webhook-concurrency", "4") as mock, mock.caller() as slow, mock.caller() as caller:
            slow.listen(receiver.url)
            caller.listen(quick.url)
            for session_id in [slow.seeded() for _ in range(8)]:
                slow.cancel(session_id)
            caller.cancel(caller.seeded())
            assert len(quick.wait_for(1, 2)) == 1
            receiver.gate.set()
    finally:
        quick.close()


def test_the_idlest_tenant_makes_room_unless_it_has_undelivered_events() -> None:
    with running_mock("--max-tenants", "2") as mock, mock.caller() as owing, mock.caller() as idle:
        owing.listen("http://127.0.0.1:9/refuses")
        session_id, idle_id = owing.seeded(), idle.seeded()
        owing.cancel(session_id)
        assert idle.status_of(idle_id) == "pending"
        with mock.caller() as passing:
            passing.listen("http://127.0.0.1:9/refuses")
            passing.cancel(passing.seeded())
        assert owing.status_of(session_id) == "cancelled"
        refused = idle.control.get(f"/sessions/{idle_id}")
        assert (refused.status_code, refused.json()["error_code"]) == (503, "service_unavailable")
        assert "--max-tenants" in refused.json()["message"]
