"""One mock for each module, a fresh key for each test: no test meets another's world."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mock_server.receiving import Receiver
from tests.mock_server.running import Caller, RunningMock, running_mock


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
