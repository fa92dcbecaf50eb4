"""The store, in memory and in a file: one transaction for each change, tenants apart, files that cannot be used."""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mock_server.database import SCHEMA_VERSION, DatabaseUnusableError, open_database, transaction
from mock_server.outbox import StoreFullError
from mock_server.sessions import (
    EventType,
    PaymentSession,
    SessionExpiredError,
    SessionNotPendingError,
    cancel,
    complete,
)
from mock_server.store import NewSession, Store, TenantRecord, UnknownSessionError

NOW = 1_767_226_000.5
EXPIRES_AT = 1_767_227_800
ONE, TWO = "tenant-one", "tenant-two"
LAG_S = 60.0


class RefusedByTestError(Exception):
    """What a check raises."""


class Publisher:
    """Makes events with numbered ids; raises when it is told to."""

    def __init__(self) -> None:
        self.fails = False
        self._numbers = itertools.count(1)

    def publish(self, session: PaymentSession, event_type: EventType, now: float) -> tuple[str, bytes]:
        if self.fails:
            raise RefusedByTestError
        event_id = f"evt_{next(self._numbers)}"
        return event_id, json.dumps([event_id, session.id, event_type, now]).encode()


@pytest.fixture
def publisher() -> Publisher:
    return Publisher()


@pytest.fixture(params=["memory", "file"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return "" if request.param == "memory" else str(tmp_path / "mock.db")


@contextlib.contextmanager
def opened(database: str, publisher: Publisher, max_sessions: int = 100, max_outbox: int = 100) -> Iterator[Store]:
    made = Store(database, publisher.publish, max_sessions=max_sessions, max_outbox=max_outbox)
    yield made
    made.close()


@pytest.fixture
def store(database: str, publisher: Publisher) -> Iterator[Store]:
    with opened(database, publisher) as made:
        yield made


def new(number: int, prefix: str = "ps", *, expires_at: int = EXPIRES_AT, token: str = "") -> NewSession:
    session = PaymentSession(
        f"{prefix}_{number}", f"cn_{prefix}", "pending", "https://app.example.com/done", int(NOW), expires_at
    )
    return NewSession(session, number, token, expires_at + LAG_S)


def cancelled(store: Store, session_id: str, tenant: str = ONE, *, notify: bool = True) -> str:
    """Cancel; the event's id."""
    return store.change(tenant, session_id, NOW, cancel, lambda _: None, notify=notify)[1]


def traces(store: Store, tenant: str = ONE) -> tuple[list[str], int, int]:
    """States of the tenant's sessions, how many events, how many deliveries."""
    return (
        [session.status for _, session in store.sessions(tenant, after=0, limit=100)],
        len(store.outbox.events(tenant, after=0, limit=100)),
        len(store.outbox.deliveries(tenant, after=0, limit=100)),
    )


# --- one change, one transaction --------------------------------------------------------------------------------------


def test_a_change_writes_session_event_and_delivery(store: Store) -> None:
    store.create(ONE, [new(1)])
    result, event_id = store.change(ONE, "ps_1", NOW, cancel, lambda session: session.status, notify=True)
    assert result == "cancelled"
    assert store.session(ONE, "ps_1") == replace(new(1).session, status="cancelled", cancelled_at=int(NOW))
    assert json.loads(store.outbox.event_body(event_id)) == [event_id, "ps_1", "payment.session.cancelled", NOW]
    (delivery,) = store.outbox.deliveries_of(ONE, event_id)
    assert (delivery.state, delivery.attempts, delivery.due) == ("pending", 0, NOW)


def test_the_moment_of_completion_is_kept(store: Store) -> None:
    store.create(ONE, [new(1)])
    store.change(ONE, "ps_1", NOW, complete, lambda _: None, notify=True)
    assert store.session(ONE, "ps_1") == replace(new(1).session, status="completed", completed_at=int(NOW))


def test_a_change_without_an_endpoint_writes_an_event_and_no_delivery(store: Store) -> None:
    store.create(ONE, [new(1)])
    assert cancelled(store, "ps_1", notify=False) == "evt_1"
    assert traces(store) == (["cancelled"], 1, 0)
    assert store.outbox.has_open_deliveries(ONE) is False


def test_a_change_is_of_one_session_alone(store: Store) -> None:
    store.create(ONE, [new(1), new(2)])
    cancelled(store, "ps_1")
    assert store.session(ONE, "ps_2") == new(2).session


def test_nothing_is_written_when_the_answer_is_refused(store: Store) -> None:
    def refuse(_: PaymentSession) -> None:
        raise RefusedByTestError

    store.create(ONE, [new(1)])
    with pytest.raises(RefusedByTestError):
        store.change(ONE, "ps_1", NOW, cancel, refuse, notify=True)
    assert traces(store) == (["pending"], 0, 0)
    assert store.outbox.has_open_deliveries(ONE) is False


def test_nothing_is_written_when_the_event_is_refused(store: Store, publisher: Publisher) -> None:
    store.create(ONE, [new(1)])
    publisher.fails = True
    with pytest.raises(RefusedByTestError):
        cancelled(store, "ps_1")
    assert traces(store) == (["pending"], 0, 0)


def test_nothing_is_written_when_the_event_s_id_was_used_before(store: Store, publisher: Publisher) -> None:
    store.create(ONE, [new(1), new(2)])
    cancelled(store, "ps_1")
    publisher._numbers = itertools.count(1)
    with pytest.raises(sqlite3.IntegrityError):
        cancelled(store, "ps_2")
    assert traces(store) == (["cancelled", "pending"], 1, 1)


def test_nothing_is_written_when_the_outbox_is_full(database: str, publisher: Publisher) -> None:
    with opened(database, publisher, max_outbox=1) as store:
        store.create(ONE, [new(1), new(2)])
        cancelled(store, "ps_1")
        with pytest.raises(StoreFullError, match=r"1 deliveries of this tenant .* --max-outbox"):
            cancelled(store, "ps_2")
        assert traces(store) == (["cancelled", "pending"], 1, 1)


def test_nothing_is_written_when_the_transition_is_refused(store: Store) -> None:
    store.create(ONE, [new(1, expires_at=int(NOW))])
    with pytest.raises(SessionExpiredError):
        cancelled(store, "ps_1")
    assert traces(store) == (["pending"], 0, 0)


def test_a_refused_change_can_be_made_later(store: Store, publisher: Publisher) -> None:
    store.create(ONE, [new(1)])
    publisher.fails = True
    with pytest.raises(RefusedByTestError):
        cancelled(store, "ps_1")
    publisher.fails = False
    cancelled(store, "ps_1")
    assert traces(store) == (["cancelled"], 1, 1)


def test_a_second_cancel_makes_no_second_event(store: Store) -> None:
    store.create(ONE, [new(1)])
    cancelled(store, "ps_1")
    with pytest.raises(SessionNotPendingError):
        cancelled(store, "ps_1")
    assert traces(store) == (["cancelled"], 1, 1)


def test_a_commit_that_fails_leaves_no_transaction_open() -> None:
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE child (id REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")
        with pytest.raises(sqlite3.IntegrityError), transaction(connection):
            connection.execute("INSERT INTO child VALUES (1)")
        with transaction(connection):
            assert connection.execute("SELECT count(*) FROM child").fetchone() == (0,)


def test_an_error_that_ended_the_transaction_by_itself_is_the_one_raised() -> None:
    # As SQLite does when the disk is full.
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE numbers (number INTEGER UNIQUE ON CONFLICT ROLLBACK)")
        with pytest.raises(sqlite3.IntegrityError), transaction(connection):
            connection.executemany("INSERT INTO numbers VALUES (?)", [(1,), (1,)])


# --- sessions ---------------------------------------------------------------------------------------------------------


def test_a_session_is_read_as_it_was_written(store: Store) -> None:
    made = replace(new(1).session, status="completed", completed_at=7, processor="other", contractor_id="cn_ü")
    store.create(ONE, [replace(new(1), session=made)])
    assert store.session(ONE, "ps_1") == made


def test_another_tenant_s_session_is_as_unknown_as_none(store: Store) -> None:
    store.create(ONE, [new(1)])
    for tenant, session_id in [(TWO, "ps_1"), (ONE, "ps_9"), (ONE, ""), (ONE, "PS_1"), (ONE, "ps_%")]:
        with pytest.raises(UnknownSessionError):
            store.session(tenant, session_id)


def test_another_tenant_s_session_cannot_be_changed(store: Store) -> None:
    store.create(ONE, [new(1)])
    with pytest.raises(UnknownSessionError):
        cancelled(store, "ps_1", TWO)
    assert traces(store) == (["pending"], 0, 0)
    assert traces(store, TWO) == ([], 0, 0)


def test_sessions_are_listed_in_their_order_page_by_page(store: Store) -> None:
    store.create(ONE, [new(number) for number in (1, 2, 3)])
    store.create(TWO, [new(1, "other")])
    assert [number for number, _ in store.sessions(ONE, after=0, limit=2)] == [1, 2]
    assert store.sessions(ONE, after=2, limit=2) == [(3, new(3).session)]
    assert store.sessions(ONE, after=3, limit=2) == []


def test_a_session_has_its_number_in_its_own_tenant_alone(store: Store) -> None:
    store.create(ONE, [new(1), new(2)])
    assert store.ordinal(ONE, "ps_2") == 2
    assert store.ordinal(TWO, "ps_2") == 0
    assert store.ordinal(ONE, "ps_9") == 0


def test_a_session_is_found_by_the_digest_of_its_token(store: Store) -> None:
    store.create(ONE, [new(1, token="digest")])
    assert store.by_token("digest") == (ONE, new(1).session)
    with pytest.raises(UnknownSessionError):
        store.by_token("other")


def test_a_contractor_belongs_to_who_used_it_first(store: Store) -> None:
    assert store.contractor_tenant("cn_ps") is None
    store.create(ONE, [new(1)])
    store.create(TWO, [new(1, "other"), replace(new(2, "other"), session=replace(new(9).session, id="other_2"))])
    assert store.contractor_tenant("cn_ps") == ONE
    assert store.contractor_tenant("cn_other") == TWO


def test_sessions_are_created_all_or_none(store: Store) -> None:
    store.create(ONE, [new(1)])
    with pytest.raises(sqlite3.IntegrityError):
        store.create(ONE, [new(2), new(1)])
    assert traces(store) == (["pending"], 0, 0)


def test_a_tenant_has_a_bounded_number_of_sessions(database: str, publisher: Publisher) -> None:
    with opened(database, publisher, max_sessions=2) as store:
        with pytest.raises(StoreFullError, match=r"this tenant has had 2 sessions; .* --max-sessions"):
            store.create(ONE, [new(number) for number in (1, 2, 3)])
        assert traces(store) == ([], 0, 0)
        assert store.contractor_tenant("cn_ps") is None
        store.create(ONE, [new(number) for number in (1, 2)])
        store.create(TWO, [new(number, "other") for number in (1, 2)])
        assert len(store.sessions(ONE, after=0, limit=10)) == 2


def test_sessions_to_flip_come_in_the_order_they_are_due(store: Store) -> None:
    due = EXPIRES_AT
    store.create(ONE, [new(1, expires_at=due + 5), new(2, expires_at=due), new(3, expires_at=due), new(4)])
    store.create(TWO, [new(1, "other")])
    cancelled(store, "ps_4")
    assert store.to_flip(ONE, due + LAG_S + 5, lag_over=True) == [
        (due + LAG_S, "ps_2"),
        (due + LAG_S, "ps_3"),
        (due + LAG_S + 5, "ps_1"),
    ]


def test_a_session_is_to_be_flipped_from_the_moment_its_lag_is_over(store: Store) -> None:
    store.create(ONE, [new(1)])
    assert store.to_flip(ONE, EXPIRES_AT + LAG_S - 0.001, lag_over=True) == []
    assert store.to_flip(ONE, EXPIRES_AT + LAG_S, lag_over=True) == [(EXPIRES_AT + LAG_S, "ps_1")]


def test_an_overdue_session_can_be_flipped_before_its_lag_is_over(store: Store) -> None:
    store.create(ONE, [new(1)])
    assert store.to_flip(ONE, EXPIRES_AT - 0.001, lag_over=False) == []
    assert store.to_flip(ONE, EXPIRES_AT, lag_over=False) == [(EXPIRES_AT, "ps_1")]


def test_the_next_flip_is_the_earliest_of_the_pending_ones(store: Store) -> None:
    assert store.next_flip(ONE) == math.inf
    store.create(ONE, [new(1), new(2, expires_at=EXPIRES_AT + 9)])
    assert store.next_flip(ONE) == EXPIRES_AT + LAG_S
    cancelled(store, "ps_1")
    assert store.next_flip(ONE) == EXPIRES_AT + LAG_S + 9
    assert store.next_flip(TWO) == math.inf


# --- tenants ----------------------------------------------------------------------------------------------------------


def test_a_tenant_is_read_as_it_was_saved_last(store: Store) -> None:
    assert store.load_tenant(ONE) is None
    record = TenantRecord(ONE, "frozen", NOW, "http://127.0.0.1:9/", "whsec_x", 3, '[{"name": "latency"}]')
    store.save_tenant(TenantRecord(ONE))
    store.save_tenant(record)
    store.save_tenant(TenantRecord(TWO))
    assert store.load_tenant(ONE) == record
    assert store.tenant_ids() == [ONE, TWO]


def test_creating_sessions_counts_them_for_their_tenant(store: Store) -> None:
    store.save_tenant(TenantRecord(ONE))
    store.save_tenant(TenantRecord(TWO))
    store.create(ONE, [new(1), new(2)])
    assert store.load_tenant(ONE) == TenantRecord(ONE, sessions_made=2)
    assert store.load_tenant(TWO) == TenantRecord(TWO)


def filled(store: Store) -> None:
    for tenant, prefix in [(ONE, "ps"), (TWO, "other")]:
        store.save_tenant(TenantRecord(tenant, "offset", 5.0))
        store.create(tenant, [new(1, prefix)])
        cancelled(store, f"{prefix}_1", tenant)


def test_forgetting_leaves_the_tenant_itself_and_all_others(store: Store) -> None:
    filled(store)
    store.forget(ONE)
    assert traces(store) == ([], 0, 0)
    assert store.contractor_tenant("cn_ps") is None
    assert store.load_tenant(ONE) == TenantRecord(ONE, "offset", 5.0)
    assert store.outbox.has_open_deliveries(ONE) is False
    assert traces(store, TWO) == (["cancelled"], 1, 1)
    assert store.contractor_tenant("cn_other") == TWO
    assert store.outbox.has_open_deliveries(TWO) is True


def test_dropping_takes_the_tenant_too(store: Store) -> None:
    filled(store)
    store.drop_tenant(ONE)
    assert store.tenant_ids() == [TWO]
    assert traces(store) == ([], 0, 0)


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_file_keeps_everything_for_the_next_process(tmp_path: Path, publisher: Publisher) -> None:
    path = str(tmp_path / "mock.db")
    with opened(path, publisher) as store:
        store.save_tenant(TenantRecord(ONE, "frozen", NOW, "http://127.0.0.1:9/"))
        store.create(ONE, [new(1, token="digest"), new(2)])
        event_id = cancelled(store, "ps_1")
        body = store.outbox.event_body(event_id)
    with opened(path, publisher) as store:
        assert store.load_tenant(ONE) == TenantRecord(ONE, "frozen", NOW, "http://127.0.0.1:9/", sessions_made=2)
        assert traces(store) == (["cancelled", "pending"], 1, 1)
        assert store.by_token("digest")[1].id == "ps_1"
        assert store.contractor_tenant("cn_ps") == ONE
        assert store.next_flip(ONE) == EXPIRES_AT + LAG_S
        assert store.outbox.event_body(event_id) == body


def test_memory_keeps_nothing(publisher: Publisher) -> None:
    with opened("", publisher) as store:
        store.create(ONE, [new(1)])
    with opened("", publisher) as store:
        assert traces(store) == ([], 0, 0)


def test_a_file_is_written_ahead_and_does_not_wait_for_the_disk(tmp_path: Path) -> None:
    with contextlib.closing(open_database(str(tmp_path / "mock.db"))) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (1,)


KILLED = """
import os, signal, sys
from mock_server.sessions import PaymentSession, cancel
from mock_server.store import NewSession, Store
store = Store(sys.argv[1], lambda *_: ("evt_1", b"{}"), max_sessions=9, max_outbox=9)
session = PaymentSession("ps_1", "cn_1", "pending", "https://app.example.com/done", 1, 9)
store.create("tenant-one", [NewSession(session, 1, "", 9.0)])
store.change("tenant-one", "ps_1", 5.0, cancel, lambda _: None, notify=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_committed_survives_a_kill(tmp_path: Path, publisher: Publisher) -> None:
    path = str(tmp_path / "mock.db")
    killed = subprocess.run([sys.executable, "-c", KILLED, path], check=False, timeout=30)
    assert killed.returncode == -signal.SIGKILL
    with opened(path, publisher) as store:
        assert traces(store) == (["cancelled"], 1, 1)


def modes(directory: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}


def test_only_the_owner_can_read_the_file_and_what_lies_beside_it(tmp_path: Path, publisher: Publisher) -> None:
    umask = os.umask(0)
    try:
        with opened(str(tmp_path / "mock.db"), publisher) as store:
            store.create(ONE, [new(1)])
            assert modes(tmp_path) == {0o600}
    finally:
        os.umask(umask)


def test_an_older_file_that_others_can_read_is_closed_to_them(tmp_path: Path, publisher: Publisher) -> None:
    path = tmp_path / "mock.db"
    with opened(str(path), publisher):
        path.chmod(0o644)
    with opened(str(path), publisher):
        assert modes(tmp_path) == {0o600}


def test_a_file_in_use_is_refused_to_a_second_connection(tmp_path: Path, publisher: Publisher) -> None:
    path = str(tmp_path / "mock.db")
    with opened(path, publisher), pytest.raises(DatabaseUnusableError) as caught:
        open_database(path)
    assert str(caught.value) == f"--database {path}: another process uses it"


SECOND = """
import sys
from mock_server.database import DatabaseUnusableError, open_database
try:
    open_database(sys.argv[1]).close()
    print("opened")
except DatabaseUnusableError as error:
    print(error)
"""


def said_by_second_process(path: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", SECOND, path], check=True, capture_output=True, text=True, timeout=30
    ).stdout.strip()


def test_a_file_in_use_is_refused_to_a_second_process(tmp_path: Path, publisher: Publisher) -> None:
    path = str(tmp_path / "mock.db")
    with opened(path, publisher) as store:
        assert said_by_second_process(path) == f"--database {path}: another process uses it"
        store.create(ONE, [new(1)])
    assert said_by_second_process(path) == "opened"


def text_file(path: Path) -> str:
    path.write_text("name = 'not a database'\n" * 100)
    return "not a database of this mock"


def short_file(path: Path) -> str:
    path.write_text("x")
    return "not a database of this mock"


def newer_schema(path: Path) -> str:
    open_database(str(path)).close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    return f"its schema is version {SCHEMA_VERSION + 1}, this mock's is {SCHEMA_VERSION}; use another file"


def database_of_another_program(path: Path) -> str:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE notes (text TEXT)")
    return f"its schema is version 0, this mock's is {SCHEMA_VERSION}; use another file"


def same_version_of_another_program(path: Path) -> str:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE notes (text TEXT)")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    return "not a database of this mock"


UNUSABLE = [text_file, short_file, newer_schema, database_of_another_program, same_version_of_another_program]


@pytest.mark.parametrize("make", UNUSABLE)
def test_a_file_that_cannot_be_used_is_refused_in_words(
    make: Callable[[Path], str], tmp_path: Path, publisher: Publisher
) -> None:
    path = tmp_path / "mock.db"
    reason = make(path)
    with pytest.raises(DatabaseUnusableError) as caught, opened(str(path), publisher):
        pass
    assert str(caught.value) == f"--database {path}: {reason}"


@pytest.mark.parametrize("make", UNUSABLE[:4])
def test_a_file_that_cannot_be_used_is_left_as_it_was(make: Callable[[Path], str], tmp_path: Path) -> None:
    path = tmp_path / "mock.db"
    make(path)
    path.chmod(0o644)
    before = path.read_bytes()
    with pytest.raises(DatabaseUnusableError):
        open_database(str(path))
    assert path.read_bytes() == before
    assert modes(tmp_path) == {0o644}


def test_a_place_where_no_file_can_be_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "mock.db"
    with pytest.raises(DatabaseUnusableError) as caught:
        open_database(str(path))
    assert str(caught.value) == f"--database {path}: No such file or directory"


def test_a_directory_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    directory = tmp_path / "directory"
    directory.mkdir(mode=0o755)
    with pytest.raises(DatabaseUnusableError, match=f"^--database {directory}: "):
        open_database(str(directory))
    assert modes(tmp_path) == {0o755}


def test_an_empty_file_becomes_a_database(tmp_path: Path, publisher: Publisher) -> None:
    path = tmp_path / "mock.db"
    path.touch()
    with opened(str(path), publisher) as store:
        store.create(ONE, [new(1)])
        assert traces(store) == (["pending"], 0, 0)
