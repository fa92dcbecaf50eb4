"""`--database`: what outlives the process, and files that cannot be used."""

from __future__ import annotations

import signal
import sqlite3
import stat
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.mock_server.receiving import Receiver
from tests.mock_server.running import fresh_key, run_mock, running_mock


def assert_refused(file: Path, says: str) -> None:
    """The command names the file and says why, in one line."""
    done = run_mock("--port", "0", "--database", str(file))
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert done.stderr.startswith(f"mock_server: --database {file}: ")
    assert done.stderr.count("\n") == 1, done.stderr
    assert says in done.stderr


def test_a_file_that_another_mock_uses_is_one_line_and_nobody_elses_to_read(tmp_path: Path) -> None:
    file = tmp_path / "mock.db"
    with running_mock("--database", str(file)) as mock, mock.caller() as caller:
        assert_refused(file, "another process uses it")
        assert caller.create().status_code == 201
        assert {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()} == {0o600}


def test_a_file_in_no_directory_is_one_line(tmp_path: Path) -> None:
    assert_refused(tmp_path / "nowhere" / "mock.db", "No such file or directory")


def test_a_file_that_is_no_database_is_left_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database\n" * 100)
    file.chmod(0o644)
    assert_refused(file, "not a database")
    assert file.read_text() == "not a database\n" * 100
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_a_directory_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert_refused(tmp_path, "")
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


@pytest.mark.parametrize(("version", "table"), [(99, "sessions"), (0, "somebody_elses")])
def test_a_database_of_another_schema_is_refused_and_left_as_it_was(tmp_path: Path, version: int, table: str) -> None:
    file = tmp_path / "other.db"
    connection = sqlite3.connect(file)
    connection.execute(f"CREATE TABLE {table} (id)")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    before = file.read_bytes()
    assert_refused(file, f"version {version}")
    assert file.read_bytes() == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_everything_but_the_journal_outlives_the_process(
    tmp_path: Path, receiver: Receiver, number: signal.Signals
) -> None:
    key, flags = fresh_key(), ("--database", str(tmp_path / "mock.db"))
    receiver.status = 500
    with running_mock(*flags) as mock, mock.caller(key) as caller:
        secret = caller.listen(receiver.url)
        caller.freeze()
        caller.advance(3600)
        caller.switch_on({"name": "url-empty", "probability": 0.5, "next": 3}, seed=9)
        pending, cancelled = caller.create().json(), caller.seeded()
        caller.cancel(cancelled)
        receiver.wait_for(1)
        caller.advance(0.001)
        before = {path: caller.read(path) for path in ("/sessions", "/clock", "/quirks", "/events", "/deliveries")}
        mock.stop(number)
    receiver.status = 204
    with running_mock(*flags) as mock, mock.caller(key) as caller:
        assert {path: caller.read(path) for path in before} == before
        assert caller.journal() == []
        assert [each["state"] for each in caller.advance(10)] == ["delivered"]
        setup = urlsplit(pending["url"]).path
        assert caller.api.post(setup, data={"action": "save"}).status_code == 303
    for arrival in receiver.wait_for(3):
        arrival.verify(secret)
    assert receiver.sessions() == [cancelled, cancelled, pending["id"]]
    assert receiver.arrived[0].body == receiver.arrived[1].body


def test_what_was_being_sent_when_it_was_killed_is_sent_again(tmp_path: Path, receiver: Receiver) -> None:
    key, flags = fresh_key(), ("--database", str(tmp_path / "mock.db"))
    receiver.gate.clear()
    with running_mock(*flags) as mock, mock.caller(key) as caller:
        caller.listen(receiver.url)
        caller.cancel(caller.seeded())
        receiver.wait_for(1)
        mock.stop(signal.SIGKILL)
    receiver.gate.set()
    with running_mock(*flags):
        receiver.wait_for(2)
    first, second = receiver.arrived
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
