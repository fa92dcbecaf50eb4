"""CXL-AUTH: the API key."""

import pytest

from conformance.client import Client
from conformance.generated import FUZZED, fuzz_cancels
from conformance.stage import Stage
from conformance.verify import verify_not_successful, verify_status

EMPTY = ("", "Bearer", "Basic Og==")
MALFORMED = ("nonsense", "Bearer one two three", "Basic !not-base64!", "Digest username=nobody", "Bearer %00%ff")


@pytest.mark.requirement("CXL-AUTH-1")
def test_a_missing_key_is_refused(client: Client, stage: Stage) -> None:
    """No Authorization header at all."""
    verify_status(client.cancel_as(stage.prepare("pending").id, None), 403)


@pytest.mark.requirement("CXL-AUTH-2")
def test_an_empty_key_is_refused(client: Client, stage: Stage) -> None:
    """A header without a key in it; the last form is HTTP Basic with neither user nor password."""
    session = stage.prepare("pending")
    for authorization in EMPTY:
        verify_status(client.cancel_as(session.id, authorization), 403)


@pytest.mark.requirement("CXL-AUTH-3")
def test_a_malformed_header_is_refused(client: Client, stage: Stage) -> None:
    """Headers from which no key can be read."""
    session = stage.prepare("pending")
    for authorization in MALFORMED:
        verify_status(client.cancel_as(session.id, authorization), 403)


@pytest.mark.requirement("CXL-AUTH-4")
def test_an_unknown_key_is_refused(client: Client, stage: Stage) -> None:
    """A key that nobody has."""
    verify_status(client.cancel(stage.prepare("pending").id, key=client.unknown_key()), 403)


@pytest.mark.requirement("CXL-AUTH-5")
def test_a_near_miss_wins_nothing(client: Client, stage: Stage, thorough: bool) -> None:
    """No 2xx for any near miss, and the session is still there to be cancelled with the right key. Under --thorough
    the same for headers that schemathesis fuzzes."""
    session = stage.prepare("pending")
    for key in client.near_misses():
        verify_not_successful(client.cancel(session.id, key=key))
    for made in fuzz_cancels(client.seed, FUZZED) if thorough else ():
        verify_not_successful(client.cancel_as(session.id, made.authorization or None))
    verify_status(client.cancel(session.id), 200)


@pytest.mark.requirement("CXL-AUTH-6")
def test_a_near_miss_is_refused_as_any_unknown_key(client: Client, stage: Stage) -> None:
    """403, as the page says of an invalid key."""
    session = stage.prepare("pending")
    for key in client.near_misses():
        verify_status(client.cancel(session.id, key=key), 403)


@pytest.mark.requirement("CXL-AUTH-7")
def test_a_cancel_refused_for_its_key_changes_nothing(client: Client, stage: Stage) -> None:
    """Refused for a missing, an empty, a malformed and an unknown key; the right key cancels it afterwards."""
    session = stage.prepare("pending")
    for authorization in (None, *EMPTY, *MALFORMED, f"Bearer {client.unknown_key()}"):
        client.cancel_as(session.id, authorization)
    verify_status(client.cancel(session.id), 200)


@pytest.mark.requirement("CXL-AUTH-8")
def test_the_key_is_checked_first(client: Client, stage: Stage) -> None:
    """An unknown key learns nothing about which sessions exist or how they ended."""
    session = stage.prepare("pending")
    client.cancel(session.id)
    for session_id in (session.id, stage.unknown_id()):
        verify_status(client.cancel(session_id, key=client.unknown_key()), 403)
