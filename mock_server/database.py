"""The SQLite file or memory behind the store: schema, opening, transactions.

A file is written ahead (WAL) and survives `kill -9`; it belongs to one process, for SQLite before 3.51.3 can corrupt a
WAL file that two connections write.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA_VERSION = 1
# No other program's file is taken for one of ours.
APPLICATION_ID = 0x10990001
SCHEMA = """
CREATE TABLE tenants (
    id TEXT PRIMARY KEY, clock_mode TEXT NOT NULL, clock_value REAL NOT NULL, endpoint_url TEXT NOT NULL,
    endpoint_secret TEXT NOT NULL, sessions_made INTEGER NOT NULL, quirks TEXT NOT NULL,
    seed INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE sessions (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL, ordinal INTEGER NOT NULL, contractor_id TEXT NOT NULL,
    status TEXT NOT NULL, processor TEXT NOT NULL, return_url TEXT NOT NULL, created INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, cancelled_at INTEGER, completed_at INTEGER, flips_at REAL NOT NULL, token TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_by_tenant ON sessions (tenant, ordinal);
CREATE INDEX sessions_to_flip ON sessions (tenant, flips_at) WHERE status = 'pending';
CREATE UNIQUE INDEX sessions_by_token ON sessions (token) WHERE token <> '';
CREATE TABLE contractors (id TEXT PRIMARY KEY, tenant TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE events (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL, session_id TEXT NOT NULL,
    type TEXT NOT NULL, body BLOB NOT NULL, created INTEGER NOT NULL
);
CREATE INDEX events_by_tenant ON events (tenant, number);
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, event_id TEXT NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL, due REAL NOT NULL
);
CREATE INDEX deliveries_by_tenant ON deliveries (tenant, id);
CREATE INDEX deliveries_by_event ON deliveries (event_id);
CREATE INDEX deliveries_due ON deliveries (tenant, due) WHERE state = 'pending';
CREATE TABLE numbers (kind TEXT PRIMARY KEY, used INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE attempts (
    delivery_id INTEGER NOT NULL, number INTEGER NOT NULL, due REAL NOT NULL, sent_at REAL NOT NULL,
    status INTEGER, duration_ms REAL NOT NULL, error TEXT NOT NULL, next_due REAL,
    PRIMARY KEY (delivery_id, number)
) WITHOUT ROWID;
"""


class DatabaseUnusableError(Exception):
    """The file cannot be used; the message says why and what to do."""


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A full disk, among others, has ended the transaction by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def open_database(database: str) -> sqlite3.Connection:
    """Open or create the file, or memory when the name is empty. Raises `DatabaseUnusableError`, the file untouched."""
    if not database:
        connection = _connected(":memory:")
        connection.executescript(SCHEMA)
        return connection
    path = Path(database).absolute()
    try:
        is_new = not path.exists() or path.stat().st_size == 0
        if not is_new:
            _verify_header(path)
        path.touch(mode=0o600)
        path.chmod(0o600)
        connection = _connected(str(path))
        _prepare(connection)
    except OSError as error:
        raise DatabaseUnusableError(f"--database {database}: {error.strerror}") from None
    except sqlite3.OperationalError as error:
        reason = "another process uses it" if "locked" in str(error) else str(error)
        raise DatabaseUnusableError(f"--database {database}: {reason}") from None
    except (sqlite3.DatabaseError, NotOursError):
        raise DatabaseUnusableError(f"--database {database}: not a database of this mock") from None
    except OtherSchemaError as error:
        raise DatabaseUnusableError(
            f"--database {database}: its schema is version {error}, this mock's is {SCHEMA_VERSION}; use another file"
        ) from None
    return connection


class NotOursError(Exception):
    """The file belongs to another program."""


class OtherSchemaError(Exception):
    """The file is of another version; the message is its number."""


def _connected(database: str) -> sqlite3.Connection:
    return sqlite3.connect(database, isolation_level=None, timeout=0, check_same_thread=False)


def _verify_header(path: Path) -> None:
    """Read by hand, so that a file which is not ours is not even opened by SQLite."""
    with path.open("rb") as file:
        header = file.read(100)
    if len(header) < 100 or not header.startswith(b"SQLite format 3\0"):
        raise NotOursError
    version, application = (int.from_bytes(header[at : at + 4]) for at in (60, 68))
    if version != SCHEMA_VERSION:
        raise OtherSchemaError(version)
    if application != APPLICATION_ID:
        raise NotOursError


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    with transaction(connection):
        # Empty is also a file whose creation was killed: its pages are there, and SQLite has just taken them back.
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
            # Before the file is written ahead, so that its own first page tells what it is.
            marks = f"PRAGMA user_version = {SCHEMA_VERSION};PRAGMA application_id = {APPLICATION_ID}"
            for statement in f"{SCHEMA}{marks}".split(";"):
                connection.execute(statement)
    connection.execute("PRAGMA journal_mode = WAL")
    # Safe against kill -9; after a power loss the last changes may be missing, which is out of scope.
    connection.execute("PRAGMA synchronous = NORMAL")
    with transaction(connection):
        connection.execute("SELECT count(*) FROM tenants")
