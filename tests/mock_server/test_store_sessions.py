"""Sessions in the store: kept as they were written, of one tenant alone, listed, counted, and flipped when due."""

from __future__ import annotations

import math
import sqlite3
from dataclasses import replace

import pytest

from mock_server.outbox import StoreFullError
from mock_server.store import Store, UnknownSessionError
from tests.mock_server.storing import EXPIRES_AT, LAG_S, ONE, TWO, Publisher, cancelled, new, opened, traces


def test_a_session_is_read_as_it_was_written(store: Store) -> None:
    made = replace(new(1).session, status="completed", completed_at=7, processor="other", contractor_id="cn_ü")
    store.create(ONE, [replace(new(1), session=made)])
    assert store.session(ONE, "ps_1") == made


def test_another_tenant_s_session_is_as_unknown_as_none(store: Store) -> None:
    store.create(ONE, [new(1)])
    for tenant, session_id in [(TWO, "ps_1"), (ONE, "ps_9"), (ONE, ""), (ONE, "PS_1"), (ONE, "ps_%")]:
        with pytest.raises(UnknownSessionError):
            store.session(tenant, session_id)


def test_another_tenant_s_session_cannot_be_changed(store: Store) -> None:
    store.create(ONE, [new(1)])
    with pytest.raises(UnknownSessionError):
        cancelled(store, "ps_1", TWO)
    assert traces(store) == (["pending"], 0, 0)
    assert traces(store, TWO) == ([], 0, 0)


def test_sessions_are_listed_in_their_order_page_by_page(store: Store) -> None:
    store.create(ONE, [new(number) for number in (1, 2, 3)])
    store.create(TWO, [new(1, "other")])
    assert [number for number, _ in store.sessions(ONE, after=0, limit=2)] == [1, 2]
    assert store.sessions(ONE, after=2, limit=2) == [(3, new(3).session)]
    assert store.sessions(ONE, after=3, limit=2) == []


def test_a_session_has_its_number_in_its_own_tenant_alone(store: Store) -> None:
    store.create(ONE, [new(1), new(2)])
    assert store.ordinal(ONE, "ps_2") == 2
    assert store.ordinal(TWO, "ps_2") == 0
    assert store.ordinal(ONE, "ps_9") == 0


def test_a_session_is_found_by_the_digest_of_its_token(store: Store) -> None:
    store.create(ONE, [new(1, token="digest")])
    assert store.by_token("digest") == (ONE, new(1).session)
    with pytest.raises(UnknownSessionError):
        store.by_token("other")


def test_a_contractor_belongs_to_who_used_it_first(store: Store) -> None:
    assert store.contractor_tenant("cn_ps") is None
    store.create(ONE, [new(1)])
    store.create(TWO, [new(1, "other"), replace(new(2, "other"), session=replace(new(9).session, id="other_2"))])
    assert store.contractor_tenant("cn_ps") == ONE
    assert store.contractor_tenant("cn_other") == TWO


def test_sessions_are_created_all_or_none(store: Store) -> None:
    store.create(ONE, [new(1)])
    with pytest.raises(sqlite3.IntegrityError):
        store.create(ONE, [new(2), new(1)])
    assert traces(store) == (["pending"], 0, 0)


def test_a_tenant_has_a_bounded_number_of_sessions(database: str, publisher: Publisher) -> None:
    with opened(database, publisher, max_sessions=2) as store:
        with pytest.raises(StoreFullError, match=r"this tenant has had 2 sessions; .* --max-sessions"):
            store.create(ONE, [new(number) for number in (1, 2, 3)])
        assert traces(store) == ([], 0, 0)
        assert store.contractor_tenant("cn_ps") is None
        store.create(ONE, [new(number) for number in (1, 2)])
        store.create(TWO, [new(number, "other") for number in (1, 2)])
        assert len(store.sessions(ONE, after=0, limit=10)) == 2


def test_sessions_to_flip_come_in_the_order_they_are_due(store: Store) -> None:
    due = EXPIRES_AT
    store.create(ONE, [new(1, expires_at=due + 5), new(2, expires_at=due), new(3, expires_at=due), new(4)])
    store.create(TWO, [new(1, "other")])
    cancelled(store, "ps_4")
    assert store.to_flip(ONE, due + LAG_S + 5, lag_over=True) == [
        (due + LAG_S, "ps_2"),
        (due + LAG_S, "ps_3"),
        (due + LAG_S + 5, "ps_1"),
    ]


def test_a_session_is_to_be_flipped_from_the_moment_its_lag_is_over(store: Store) -> None:
    store.create(ONE, [new(1)])
    assert store.to_flip(ONE, EXPIRES_AT + LAG_S - 0.001, lag_over=True) == []
    assert store.to_flip(ONE, EXPIRES_AT + LAG_S, lag_over=True) == [(EXPIRES_AT + LAG_S, "ps_1")]


def test_an_overdue_session_can_be_flipped_before_its_lag_is_over(store: Store) -> None:
    store.create(ONE, [new(1)])
    assert store.to_flip(ONE, EXPIRES_AT - 0.001, lag_over=False) == []
    assert store.to_flip(ONE, EXPIRES_AT, lag_over=False) == [(EXPIRES_AT, "ps_1")]


def test_the_next_flip_is_the_earliest_of_the_pending_ones(store: Store) -> None:
    assert store.next_flip(ONE) == math.inf
    store.create(ONE, [new(1), new(2, expires_at=EXPIRES_AT + 9)])
    assert store.next_flip(ONE) == EXPIRES_AT + LAG_S
    cancelled(store, "ps_1")
    assert store.next_flip(ONE) == EXPIRES_AT + LAG_S + 9
    assert store.next_flip(TWO) == math.inf
