"""The store's file: what it keeps, who can read it, who uses it, and files that cannot be used."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mock_server.database import SCHEMA_VERSION, DatabaseUnusableError, open_database
from mock_server.store import TenantRecord
from tests.mock_server.storing import EXPIRES_AT, LAG_S, NOW, ONE, Publisher, cancelled, new, opened, traces


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
