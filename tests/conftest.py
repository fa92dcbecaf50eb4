"""What tests against a running mock share, wherever they stand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mock_server.running import Caller, RunningMock


@pytest.fixture
def caller(mock: RunningMock) -> Iterator[Caller]:
    """Somebody with a fresh key at the module's mock."""
    with mock.caller() as caller:
        yield caller
