"""CXL-NF: no such session."""

from urllib.parse import quote

import pytest

from conformance.client import Client
from conformance.exchange import Exchange
from conformance.generated import FUZZED, fuzz_cancels
from conformance.near_misses import near_misses_of_id
from conformance.outcomes import Breach, NoAnswer, Reason, SetupError
from conformance.plugin import Later
from conformance.stage import Stage
from conformance.verify import verify_client_error_or_redirect, verify_status

# As they go over the wire, in the place of {session_id}.
HOSTILE_IDS = {
    "long": "a" * 2000,
    "unicode": "%F0%9F%92%B3-%C3%BC-%E6%94%AF",
    "not UTF-8": "%FF%FE",
    "encoded slash": "ps_1%2F..%2Fps_2",
    "single quote": "ps_1'%20OR%20'1'='1",
    "double quote": "ps_%22%7B%7D%22",
    "null byte": "ps_%00",
    "line feed": "ps_%0D%0AX-Injected:%201",
    "dot segments": "..",
    "encoded dot segments": "%2e%2e",
    "empty": "",
    "space": "%20",
    "percent": "%25",
    "format string": "%25s%25n%7B0%7D",
    "prototype": "__proto__",
    "constructor": "constructor",
    "beyond 64 bits": "99999999999999999999",
    "null": "null",
    "backslash": "a%5Cb",
    "asterisk": "*",
}


@pytest.fixture(scope="session")
def stranger(client: Client, stage: Stage, other_key: str) -> str:
    """The other tenant's key, seen to be one. Raises `SetupError` when nobody has it, for then it shows nothing."""
    if client.cancel(stage.unknown_id(), key=other_key).status in {401, 403}:
        raise SetupError(Reason.KEY_NOT_ACCEPTED, "the key given as --other-api-key is not accepted")
    return other_key


@pytest.mark.requirement("CXL-NF-1")
def test_an_unknown_id_is_not_found(client: Client, stage: Stage) -> None:
    """An id that looks like the others and belongs to no session; and a session's own id with something after it, or
    without its end, which leaves that session alone."""
    verify_status(client.cancel(stage.unknown_id()), 404)
    session = stage.prepare("pending")
    for near_miss in near_misses_of_id(session.id, client.ledger.known, client.random):
        verify_status(client.cancel(near_miss), 404)
    for end in ("%00x", "%2Fx"):
        verify_client_error_or_redirect(answered(client, f"followed by {end}", quote(session.id, safe="") + end))
    verify_status(client.cancel(session.id), 200)


@pytest.mark.requirement("CXL-NF-2")
def test_another_tenant_cancels_nothing(client: Client, stage: Stage, stranger: str, after_a_while: Later) -> None:
    """A redirect or a client error for another valid key, and a while later the session is still its owner's."""
    session = stage.prepare("pending")
    verify_client_error_or_redirect(client.cancel(session.id, key=stranger))
    after_a_while(lambda: verify_status(client.cancel(session.id), 200))


@pytest.mark.requirement("CXL-NF-3")
def test_another_tenants_session_looks_like_none(client: Client, stage: Stage, stranger: str) -> None:
    """404, so that existence does not leak."""
    verify_status(client.cancel(stage.prepare("pending").id, key=stranger), 404)


@pytest.mark.requirement("CXL-NF-4")
def test_hostile_ids_are_refused(client: Client, stage: Stage, thorough: bool) -> None:
    """Each gets a redirect or a client error: no 2xx, no 5xx, no dropped connection. A table of ids; under --thorough
    also ids that schemathesis fuzzes."""
    # Where ids are numbers, this one may be somebody's.
    zero = {"zero": "0"} if stage.sessions and not any(each.id.isdecimal() for each in stage.sessions) else {}
    for name, segment in (HOSTILE_IDS | zero).items():
        verify_client_error_or_redirect(answered(client, name, segment))
    for made in fuzz_cancels(client.seed, FUZZED) if thorough else ():
        verify_client_error_or_redirect(answered(client, "fuzzed", made.segment))


def answered(client: Client, name: str, segment: str) -> Exchange:
    """The answer. A connection dropped twice on this id, while others are answered, is this id's doing."""
    for last in (False, True):
        try:
            return client.cancel_raw(segment)
        except NoAnswer as error:
            if last:
                raise Breach(f"an answer to the hostile id ({name})", error.message) from None
    raise AssertionError  # pragma: no cover - the loop returns or raises
