"""What the outbox shows of events and deliveries."""

from __future__ import annotations

import pytest

from mock_server.outbox import Outbox
from mock_server.store import Publish, Store
from tests.mock_server.delivering import make_event
from tests.mock_server.storing import ONE, TWO, named_after_session


@pytest.fixture
def publisher() -> Publish:
    """Events whose bytes follow from their ids."""
    return named_after_session


def test_events_are_listed_in_their_order_page_by_page(store: Store, outbox: Outbox) -> None:
    events = [make_event(store) for _ in range(3)]
    make_event(store, TWO)
    page = outbox.events(ONE, after=0, limit=2)
    rest = outbox.events(ONE, after=page[-1][0], limit=2)
    assert [body for _, body in page + rest] == [f'{{"id":"{event_id}"}}'.encode() for event_id in events]
    assert outbox.events(ONE, after=rest[-1][0], limit=2) == []


def test_deliveries_are_listed_in_their_order_page_by_page(store: Store, outbox: Outbox) -> None:
    events = [make_event(store) for _ in range(3)]
    make_event(store, TWO)
    page = outbox.deliveries(ONE, after=0, limit=2)
    rest = outbox.deliveries(ONE, after=page[-1].id, limit=2)
    assert [delivery.event_id for delivery in page + rest] == events


def test_an_event_s_body_and_origin_are_what_the_change_wrote(store: Store, outbox: Outbox) -> None:
    event_id = make_event(store)
    assert outbox.event_body(event_id) == f'{{"id":"{event_id}"}}'.encode()
    assert outbox.event_origin(event_id) == ("payment.session.cancelled", 1)
