"""CXL-NF: no such session."""

import pytest

from conformance.client import Client
from conformance.exchange import Exchange
from conformance.generated import FUZZED, fuzz_cancels
from conformance.outcomes import Breach, NoAnswer
from conformance.stage import Stage
from conformance.verify import verify_client_error_or_redirect, verify_not_successful, verify_status

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
}


@pytest.mark.requirement("CXL-NF-1")
def test_an_unknown_id_is_not_found(client: Client, stage: Stage) -> None:
    """An id that looks like the others and belongs to no session; and a session's own id with something after it, or
    without its end, which leaves that session alone."""
    verify_status(client.cancel(stage.unknown_id()), 404)
    session = stage.prepare("pending")
    # Numbers are counted: with a digit less they may be another session's.
    shortened = [] if session.id.isdecimal() else [session.id[:-1]]
    for near_miss in (f"{session.id}x", f"{session.id}-0", *shortened):
        verify_status(client.cancel(near_miss), 404)
    verify_status(client.cancel(session.id), 200)


@pytest.mark.requirement("CXL-NF-2")
def test_another_tenant_cancels_nothing(client: Client, stage: Stage, other_key: str) -> None:
    """No 2xx for another valid key, and the session is still there for its owner."""
    session = stage.prepare("pending")
    verify_not_successful(client.cancel(session.id, key=other_key))
    verify_status(client.cancel(session.id), 200)


@pytest.mark.requirement("CXL-NF-3")
def test_another_tenants_session_looks_like_none(client: Client, stage: Stage, other_key: str) -> None:
    """404, so that existence does not leak."""
    verify_status(client.cancel(stage.prepare("pending").id, key=other_key), 404)


@pytest.mark.requirement("CXL-NF-4")
def test_hostile_ids_are_refused(client: Client, thorough: bool) -> None:
    """Each gets a redirect or a client error: no 2xx, no 5xx, no dropped connection. A table of ids; under --thorough
    also ids that schemathesis fuzzes."""
    for name, segment in HOSTILE_IDS.items():
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
