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
SCHEMA = """
CREATE TABLE tenants (
    id TEXT PRIMARY KEY, clock_mode TEXT NOT NULL, clock_value REAL NOT NULL, endpoint_url TEXT NOT NULL,
    endpoint_secret TEXT NOT NULL, sessions_made INTEGER NOT NULL, quirks TEXT NOT NULL
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
CREATE INDEX events_by_session ON events (session_id);
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, event_id TEXT NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL, due REAL NOT NULL
);
CREATE INDEX deliveries_by_tenant ON deliveries (tenant, id);
CREATE INDEX deliveries_by_event ON deliveries (event_id);
CREATE INDEX deliveries_due ON deliveries (tenant, due) WHERE state = 'pending';
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
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def open_database(database: str) -> sqlite3.Connection:
    """Open or create the file, or memory when the name is empty. Raises `DatabaseUnusableError`."""
    if not database:
        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        connection.executescript(SCHEMA)
        return connection
    path = Path(database)
    try:
        path.touch(mode=0o600, exist_ok=True)
        path.chmod(0o600)
        connection = sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)
        _prepare(connection, path)
    except OSError as error:
        raise DatabaseUnusableError(f"--database {path}: {error.strerror}") from None
    except sqlite3.OperationalError as error:
        reason = "another process uses it" if "locked" in str(error) else str(error)
        raise DatabaseUnusableError(f"--database {path}: {reason}") from None
    except sqlite3.DatabaseError:
        raise DatabaseUnusableError(f"--database {path}: not a database of this mock") from None
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = WAL")
    # Safe against kill -9; after a power loss the last changes may be missing, which is out of scope.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("BEGIN IMMEDIATE")
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    tables = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    connection.execute("COMMIT")
    if version == SCHEMA_VERSION:
        return
    if tables or version:
        raise DatabaseUnusableError(
            f"--database {path}: its schema is version {version}, this mock's is {SCHEMA_VERSION}; use another file"
        )
    connection.executescript(f"BEGIN;{SCHEMA}PRAGMA user_version = {SCHEMA_VERSION};COMMIT;")
