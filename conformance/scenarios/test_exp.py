"""CXL-EXP: past `expires_at`, not flipped yet."""

import pytest

from conformance.client import Client
from conformance.outcomes import Breach
from conformance.stage import Stage
from conformance.verify import verify_refused


@pytest.mark.requirement("CXL-EXP-1")
def test_an_overdue_session_is_expired(client: Client, stage: Stage) -> None:
    """Still pending by its status, past its time."""
    verify_refused(client.cancel(stage.prepare("overdue").id), "session_expired")


@pytest.mark.requirement("CXL-EXP-2")
def test_an_overdue_session_never_becomes_cancelled(client: Client, stage: Stage) -> None:
    """It may flip to expired, never to cancelled."""
    session = stage.prepare("overdue")
    exchange = client.cancel(session.id)
    after = stage.read(session)
    if after.get("status") == "cancelled" or after.get("cancelled_at") is not None:
        actual = f"status {after.get('status')!r}, cancelled_at {after.get('cancelled_at')!r}"
        raise Breach("a session that is not cancelled", actual, pointer="/status", exchange=exchange)
