"""One mock for each module, a fresh key for each test: no test meets another's world.

Tests that need no server have a store each, in memory and in a file, and say what names resolve to.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_server.outbox import Outbox
from mock_server.store import Publish, Store
from tests.mock_server.receiving import Receiver
from tests.mock_server.running import Caller, RunningMock, running_mock
from tests.mock_server.storing import Publisher, opened
from tests.mock_server.targeting import Resolving, answering_names

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Under xdist, keep the tests of one mock in one worker, so that it is started once."""
    for item in items:
        if item.path.parent == HERE and "mock" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group(item.path.name))


@pytest.fixture(scope="module")
def mock() -> Iterator[RunningMock]:
    with running_mock("--webhook-schedule", "fast") as mock:
        yield mock


@pytest.fixture
def other(mock: RunningMock) -> Iterator[Caller]:
    with mock.caller() as caller:
        yield caller


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def publisher() -> Publisher:
    return Publisher()


@pytest.fixture(params=["memory", "file"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return "" if request.param == "memory" else str(tmp_path / "mock.db")


@pytest.fixture
def store(database: str, publisher: Publish) -> Iterator[Store]:
    with opened(database, publisher) as made:
        yield made


@pytest.fixture
def outbox(store: Store) -> Outbox:
    return store.outbox


@pytest.fixture
def resolving(monkeypatch: pytest.MonkeyPatch) -> Resolving:
    """Let the running loop's name resolution give these answers."""
    return answering_names(monkeypatch)
