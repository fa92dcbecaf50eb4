"""A transaction that fails is over: none stays open, and its own error is the one that is raised."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from mock_server.database import transaction


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
