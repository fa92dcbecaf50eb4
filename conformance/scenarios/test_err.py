"""CXL-ERR: how a refusal is told."""

import pytest

from conformance.client import Client
from conformance.exchange import Exchange
from conformance.outcomes import Breach
from conformance.plugin import Later
from conformance.stage import Stage
from conformance.verify import verify_json_media_type, verify_one_code, verify_status


@pytest.fixture(scope="session")
def refusals(client: Client, stage: Stage) -> tuple[Exchange, ...]:
    """The 400 of a second cancel, and of every other refusing state that the provider can prepare; three requirements
    judge them, each from its own side."""
    session = stage.prepare("pending")
    client.cancel(session.id)
    refused = [session, *(stage.prepare(state) for state in stage.refusing_states())]
    return tuple(client.cancel(session.id) for session in refused)


@pytest.mark.requirement("CXL-ERR-1")
def test_exactly_one_documented_code_is_given(
    client: Client, refusals: tuple[Exchange, ...], at_the_end: Later
) -> None:
    """Every kind of 400 that can be arranged carries one code, not none and not both. So does every 400 that a plain
    cancel of this run's sessions has met."""
    for exchange in refusals:
        verify_status(exchange, 400)
        verify_one_code(exchange)

    def judge() -> None:
        for session_id, exchange in client.ledger.cancels:
            if exchange.status == 400 and session_id in client.ledger.known:
                verify_one_code(exchange)

    at_the_end(judge)


@pytest.mark.requirement("CXL-ERR-2")
def test_the_vendors_clients_can_parse_the_refusal(refusals: tuple[Exchange, ...]) -> None:
    """`message` and a textual `error_code` at the top level."""
    for exchange in refusals:
        try:
            body = exchange.json()
        except ValueError:
            body = None
        if not isinstance(body, dict) or "message" not in body or not isinstance(body.get("error_code"), str):
            raise Breach("an object with message and error_code", "another body", exchange=exchange)


@pytest.mark.requirement("CXL-ERR-3")
def test_the_refusal_has_a_json_media_type(refusals: tuple[Exchange, ...]) -> None:
    """application/json, or a type that ends in +json."""
    for exchange in refusals:
        verify_json_media_type(exchange, exactly=False)
