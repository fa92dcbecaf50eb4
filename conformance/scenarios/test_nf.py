"""CXL-NF: no such session."""

from urllib.parse import quote

import pytest

from conformance.client import Client
from conformance.exchange import Exchange
from conformance.generated import FUZZED, fuzz_cancels
from conformance.near_misses import near_misses_of_id
from conformance.outcomes import Breach, Reason, SetupError
from conformance.plugin import Later
from conformance.stage import Stage
from conformance.verify import verify_client_error_or_redirect, verify_status, verify_unchanged

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
    "malformed escape": "ps_%zz",
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
    """An id that looks like the others and belongs to no session, however often it is asked for; and a session's own id
    with something more or less, or encoded twice, which leaves that session alone."""
    unknown_id = stage.unknown_id()
    for _ in range(2):
        verify_status(client.cancel(unknown_id), 404)
    session = stage.prepare("pending")
    for near_miss in near_misses_of_id(session.id, client.ledger.known, client.random):
        verify_status(client.cancel(near_miss), 404)
    segment = quote(session.id, safe="")
    encoded_twice = f"%25{ord(session.id[0]):02X}{quote(session.id[1:], safe='')}"
    spellings = {f"followed by {end}": segment + end for end in ("%00x", "%2Fx", "%20", "%0A", "%FF")}
    spellings |= {"after a slash": f"x%2F{segment}", "in quotes": f"%22{segment}%22", "encoded twice": encoded_twice}
    for name, spelling in spellings.items():
        verify_client_error_or_redirect(answered(client, name, spelling))
    verify_status(client.cancel(session.id), 200)


@pytest.mark.requirement("CXL-NF-2")
def test_another_tenant_cancels_nothing(client: Client, stage: Stage, stranger: str, after_a_while: Later) -> None:
    """A redirect or a client error for another valid key, and a while later the session is as it was, its owner's to
    cancel. Then the other key still gets no 200. The same the other way round, where the provider makes sessions for
    that key too."""
    session = stage.prepare("pending")
    before = stage.read(session) if stage.offers("read") else None
    verify_client_error_or_redirect(client.cancel(session.id, key=stranger))
    verify_not_ours(client, stage, stranger)

    def judge() -> None:
        if before is not None:
            verify_unchanged(before, stage.read(session))
        verify_status(client.cancel(session.id), 200)
        verify_client_error_or_redirect(client.cancel(session.id, key=stranger))

    after_a_while(judge)


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


def verify_not_ours(client: Client, stage: Stage, stranger: str) -> None:
    """The other tenant's session is not for our key to cancel; unless it is ours, since the provider takes no notice of
    the key that it is asked with."""
    theirs = stage.prepare_for(stranger)
    if theirs is None:
        return
    exchange = client.cancel_as(theirs.id, f"Bearer {client.target.api_key}")
    theirs_again = client.cancel_as(theirs.id, f"Bearer {stranger}")
    if exchange.status != 200 or theirs_again.status == 400:
        verify_client_error_or_redirect(exchange)


def answered(client: Client, name: str, segment: str) -> Exchange:
    """The answer to the cancel of that id; its breach, where none comes, says which id it was."""
    try:
        return client.cancel_raw(segment)
    except Breach as breach:
        raise Breach(f"an answer to the hostile id ({name})", breach.actual) from None
