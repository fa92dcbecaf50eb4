"""CXL-EXP: past `expires_at`, not flipped yet."""

import pytest

from conformance.client import Client
from conformance.exchange import Exchange
from conformance.outcomes import Breach
from conformance.plugin import Later
from conformance.providers import Session
from conformance.races import race_cancels
from conformance.stage import Stage
from conformance.verify import verify_one_code, verify_refused, verify_status

CANCELS = 3
LIFETIME_S = 1
# `expires_at` is in whole seconds, perhaps rounded up.
PAST_EXPIRY_S = LIFETIME_S + 1.05


@pytest.mark.requirement("CXL-EXP-1")
def test_an_overdue_session_is_expired(client: Client, stage: Stage, after_a_while: Later) -> None:
    """Still pending by its status, past its time; asked for once, and by several at the same time. Where the provider
    sets lifetimes, also a session whose time passes during the run. The expiry job may have come by."""
    verify_refused(client.cancel(stage.prepare("overdue").id), "session_expired")
    for race in race_cancels(client, stage, "overdue", rounds=1, cancels=CANCELS):
        for exchange in race.exchanges:
            verify_status(exchange, 400)
            verify_one_code(exchange)
    if stage.offers("lifetime"):
        session = stage.prepare("pending", expires_in_s=LIFETIME_S)

        def judge() -> None:
            exchange = client.cancel(session.id)
            verify_status(exchange, 400)
            verify_one_code(exchange)

        after_a_while(judge, PAST_EXPIRY_S)


@pytest.mark.requirement("CXL-EXP-2")
def test_an_overdue_session_never_becomes_cancelled(client: Client, stage: Stage, after_a_while: Later) -> None:
    """Refused twice, it may flip to expired, never to another status; nor does it a while later. As long as it reads as
    pending, its cancel is told session_expired."""
    session = stage.prepare("overdue")
    for _ in range(2):
        verify_status(exchange := client.cancel(session.id), 400)
    verify_not_ended(stage, session, exchange)

    def judge() -> None:
        before = verify_not_ended(stage, session, exchange)
        again = client.cancel(session.id)
        if before == verify_not_ended(stage, session, again) == "pending":
            verify_refused(again, "session_expired")

    after_a_while(judge)


def verify_not_ended(stage: Stage, session: Session, exchange: Exchange) -> str:
    """The session reads as pending or expired, with neither of the two times; returns which."""
    now = stage.read(session)
    times = {name: now.get(name) for name in ("cancelled_at", "completed_at")}
    if now.get("status") not in {"pending", "expired"} or any(value is not None for value in times.values()):
        actual = f"status {now.get('status')!r}, {times}"
        raise Breach("a session neither cancelled nor completed", actual, pointer="/status", exchange=exchange)
    return str(now["status"])
