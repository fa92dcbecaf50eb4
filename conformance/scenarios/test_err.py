"""CXL-ERR: how a refusal is told."""

from collections.abc import Iterator

import pytest

from conformance.client import Client
from conformance.exchange import Exchange
from conformance.outcomes import Breach
from conformance.plugin import Later
from conformance.stage import Stage
from conformance.verify import verify_json_media_type, verify_one_code, verify_status


@pytest.mark.requirement("CXL-ERR-1")
def test_exactly_one_documented_code_is_given(client: Client, stage: Stage, at_the_end: Later) -> None:
    """Every kind of 400 that can be arranged carries one code, not none and not both. So does every 400 that a plain
    cancel of this run's sessions has met."""
    for exchange in refusals(client, stage):
        verify_status(exchange, 400)
        verify_one_code(exchange)

    def judge() -> None:
        for session_id, exchange in client.ledger.cancels:
            if exchange.status == 400 and session_id in client.ledger.known:
                verify_one_code(exchange)

    at_the_end(judge)


@pytest.mark.requirement("CXL-ERR-2")
def test_the_vendors_clients_can_parse_the_refusal(client: Client, stage: Stage) -> None:
    """`message` and a textual `error_code` at the top level."""
    for exchange in refusals(client, stage):
        try:
            body = exchange.json()
        except ValueError:
            body = None
        if not isinstance(body, dict) or "message" not in body or not isinstance(body.get("error_code"), str):
            raise Breach("an object with message and error_code", "another body", exchange=exchange)


@pytest.mark.requirement("CXL-ERR-3")
def test_the_refusal_has_a_json_media_type(client: Client, stage: Stage) -> None:
    """application/json, or a type that ends in +json."""
    for exchange in refusals(client, stage):
        verify_json_media_type(exchange, exactly=False)


def refusals(client: Client, stage: Stage) -> Iterator[Exchange]:
    """The 400 of a second cancel, and of every other refusing state that the provider can prepare."""
    session = stage.prepare("pending")
    client.cancel(session.id)
    yield client.cancel(session.id)
    if stage.offers("completed"):
        yield client.cancel(stage.prepare("completed").id)
    if stage.offers("expired"):
        yield client.cancel(stage.prepare("expired").id)
    if stage.offers("overdue"):
        yield client.cancel(stage.prepare("overdue").id)
