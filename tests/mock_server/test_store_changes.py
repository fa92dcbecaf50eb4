"""One change of a session, one transaction: session, event and delivery are written, or nothing is."""

from __future__ import annotations

import itertools
import json
import sqlite3
from dataclasses import replace

import pytest

from mock_server.outbox import StoreFullError
from mock_server.sessions import PaymentSession, SessionExpiredError, SessionNotPendingError, cancel, complete
from mock_server.store import Store
from tests.mock_server.storing import NOW, ONE, Publisher, RefusedByTestError, cancelled, new, opened, traces


def test_a_change_writes_session_event_and_delivery(store: Store) -> None:
    store.create(ONE, [new(1)])
    result, event_id = store.change(ONE, "ps_1", NOW, cancel, lambda session: session.status, notify=True)
    assert result == "cancelled"
    assert store.session(ONE, "ps_1") == replace(new(1).session, status="cancelled", cancelled_at=int(NOW))
    assert json.loads(store.outbox.event_body(event_id)) == [event_id, "ps_1", "payment.session.cancelled", NOW]
    (delivery,) = store.outbox.deliveries_of(ONE, event_id)
    assert (delivery.state, delivery.attempts, delivery.due) == ("pending", 0, NOW)


def test_the_moment_of_completion_is_kept(store: Store) -> None:
    store.create(ONE, [new(1)])
    store.change(ONE, "ps_1", NOW, complete, lambda _: None, notify=True)
    assert store.session(ONE, "ps_1") == replace(new(1).session, status="completed", completed_at=int(NOW))


def test_a_change_without_an_endpoint_writes_an_event_and_no_delivery(store: Store) -> None:
    store.create(ONE, [new(1)])
    assert cancelled(store, "ps_1", notify=False) == "evt_1"
    assert traces(store) == (["cancelled"], 1, 0)
    assert store.outbox.has_open_deliveries(ONE) is False


def test_a_change_is_of_one_session_alone(store: Store) -> None:
    store.create(ONE, [new(1), new(2)])
    cancelled(store, "ps_1")
    assert store.session(ONE, "ps_2") == new(2).session


def test_nothing_is_written_when_the_answer_is_refused(store: Store) -> None:
    def refuse(_: PaymentSession) -> None:
        raise RefusedByTestError

    store.create(ONE, [new(1)])
    with pytest.raises(RefusedByTestError):
        store.change(ONE, "ps_1", NOW, cancel, refuse, notify=True)
    assert traces(store) == (["pending"], 0, 0)
    assert store.outbox.has_open_deliveries(ONE) is False


def test_nothing_is_written_when_the_event_is_refused(store: Store, publisher: Publisher) -> None:
    store.create(ONE, [new(1)])
    publisher.fails = True
    with pytest.raises(RefusedByTestError):
        cancelled(store, "ps_1")
    assert traces(store) == (["pending"], 0, 0)


def test_nothing_is_written_when_the_event_s_id_was_used_before(store: Store, publisher: Publisher) -> None:
    store.create(ONE, [new(1), new(2)])
    cancelled(store, "ps_1")
    publisher._numbers = itertools.count(1)
    with pytest.raises(sqlite3.IntegrityError):
        cancelled(store, "ps_2")
    assert traces(store) == (["cancelled", "pending"], 1, 1)


def test_nothing_is_written_when_the_outbox_is_full(database: str, publisher: Publisher) -> None:
    with opened(database, publisher, max_outbox=1) as store:
        store.create(ONE, [new(1), new(2)])
        cancelled(store, "ps_1")
        with pytest.raises(StoreFullError, match=r"1 deliveries of this tenant .* --max-outbox"):
            cancelled(store, "ps_2")
        assert traces(store) == (["cancelled", "pending"], 1, 1)


def test_nothing_is_written_when_the_transition_is_refused(store: Store) -> None:
    store.create(ONE, [new(1, expires_at=int(NOW))])
    with pytest.raises(SessionExpiredError):
        cancelled(store, "ps_1")
    assert traces(store) == (["pending"], 0, 0)


def test_a_refused_change_can_be_made_later(store: Store, publisher: Publisher) -> None:
    store.create(ONE, [new(1)])
    publisher.fails = True
    with pytest.raises(RefusedByTestError):
        cancelled(store, "ps_1")
    publisher.fails = False
    cancelled(store, "ps_1")
    assert traces(store) == (["cancelled"], 1, 1)


def test_a_second_cancel_makes_no_second_event(store: Store) -> None:
    store.create(ONE, [new(1)])
    cancelled(store, "ps_1")
    with pytest.raises(SessionNotPendingError):
        cancelled(store, "ps_1")
    assert traces(store) == (["cancelled"], 1, 1)
