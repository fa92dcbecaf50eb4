"""One mock for each module, a fresh key for each test: no test meets another's world."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mock_server.receiving import Receiver
from tests.mock_server.running import Caller, RunningMock, running_mock

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
def caller(mock: RunningMock) -> Iterator[Caller]:
    with mock.caller() as caller:
        yield caller


@pytest.fixture
def other(mock: RunningMock) -> Iterator[Caller]:
    with mock.caller() as caller:
        yield caller


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()
