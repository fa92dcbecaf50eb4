"""CXL-AUTH: the API key."""

from dataclasses import dataclass
from typing import Any

import pytest

from conformance.client import Client
from conformance.exchange import Exchange
from conformance.generated import FUZZED, fuzz_cancels
from conformance.plugin import Later
from conformance.providers import Session
from conformance.stage import Stage
from conformance.verify import verify_not_successful, verify_status, verify_unchanged

EMPTY = ("", "Bearer", "Basic Og==")
MALFORMED = ("nonsense", "Bearer one two three", "Basic !not-base64!", "Digest username=nobody", "Bearer %00%ff")


@dataclass(frozen=True, slots=True)
class Refused:
    """A session, how it read before, and the answers to its cancels without a valid key, by what stood in the key's
    place; each requirement judges some of them."""

    session: Session
    before: dict[str, Any] | None
    missing: Exchange
    empty: tuple[Exchange, ...]
    malformed: tuple[Exchange, ...]
    unknown: tuple[Exchange, ...]


@pytest.fixture(scope="session")
def refused(client: Client, stage: Stage) -> Refused:
    """One session for all of them, since none may change it."""
    session = stage.prepare("pending")
    unknown_key = client.unknown_key()
    return Refused(
        session,
        stage.read(session) if stage.offers("read") else None,
        client.cancel_as(session.id, None),
        tuple(client.cancel_as(session.id, authorization) for authorization in EMPTY),
        tuple(client.cancel_as(session.id, authorization) for authorization in MALFORMED),
        tuple(client.cancel(session.id, key=unknown_key) for _ in range(2)),
    )


@pytest.fixture(scope="session")
def near_missed(client: Client, stage: Stage) -> tuple[Session, list[Exchange]]:
    """A session, and its cancels with near misses of the key; two requirements judge them, each from its own side."""
    session = stage.prepare("pending")
    return session, [client.cancel(session.id, key=key) for key in client.near_misses()]


@pytest.mark.requirement("CXL-AUTH-1")
def test_a_missing_key_is_refused(client: Client, refused: Refused, at_the_end: Later) -> None:
    """No Authorization header at all. Where the session has ended, that may be what the answer tells instead."""
    verify_status(refused.missing, 403)

    def judge() -> None:
        for session_id in list(client.ledger.cancelled)[:1]:
            verify_status(client.cancel_as(session_id, None), 403, 404, 400)

    at_the_end(judge)


@pytest.mark.requirement("CXL-AUTH-2")
def test_an_empty_key_is_refused(refused: Refused) -> None:
    """A header without a key in it; the last form is HTTP Basic with neither user nor password."""
    for exchange in refused.empty:
        verify_status(exchange, 403)


@pytest.mark.requirement("CXL-AUTH-3")
def test_a_malformed_header_is_refused(refused: Refused) -> None:
    """Headers from which no key can be read."""
    for exchange in refused.malformed:
        verify_status(exchange, 403)


@pytest.mark.requirement("CXL-AUTH-4")
def test_an_unknown_key_is_refused(refused: Refused) -> None:
    """A key that nobody has, the first time and the second."""
    for exchange in refused.unknown:
        verify_status(exchange, 403)


@pytest.mark.requirement("CXL-AUTH-5")
def test_a_near_miss_wins_nothing(client: Client, near_missed: tuple[Session, list[Exchange]], thorough: bool) -> None:
    """No 2xx for any near miss, and the session is still there to be cancelled with the right key. Under --thorough
    the same for headers that schemathesis fuzzes."""
    session, exchanges = near_missed
    for exchange in exchanges:
        verify_not_successful(exchange)
    for made in fuzz_cancels(client.seed, FUZZED) if thorough else ():
        verify_not_successful(client.cancel_as(session.id, made.authorization or None))
    verify_status(client.cancel(session.id), 200)


@pytest.mark.requirement("CXL-AUTH-6")
def test_a_near_miss_is_refused_as_any_unknown_key(near_missed: tuple[Session, list[Exchange]]) -> None:
    """403, as the page says of an invalid key."""
    _, exchanges = near_missed
    for exchange in exchanges:
        verify_status(exchange, 403)


@pytest.mark.requirement("CXL-AUTH-7")
def test_a_cancel_refused_for_its_key_changes_nothing(
    client: Client, stage: Stage, refused: Refused, after_a_while: Later
) -> None:
    """Refused for a missing, an empty, a malformed and an unknown key. A while later, for a job may be slow, it reads
    as before, and the right key cancels it. Nor does a session change that has ended before."""
    ended = stage.prepare("cancelled") if stage.offers("read") and stage.offers("cancelled") else None
    before = stage.read(ended) if ended else {}
    if ended:
        client.cancel(ended.id, key=client.unknown_key())

    def judge() -> None:
        if refused.before is not None:
            verify_unchanged(refused.before, stage.read(refused.session))
        if ended:
            verify_unchanged(before, stage.read(ended))
        verify_status(client.cancel(refused.session.id), 200)

    after_a_while(judge)


@pytest.mark.requirement("CXL-AUTH-8")
def test_the_key_is_checked_first(client: Client, stage: Stage) -> None:
    """An unknown key learns nothing about which sessions exist or how they ended."""
    session = stage.prepare("pending")
    client.cancel(session.id)
    for session_id in (session.id, stage.unknown_id()):
        verify_status(client.cancel(session_id, key=client.unknown_key()), 403)
