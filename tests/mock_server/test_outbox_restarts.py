"""What a restart makes of the outbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from mock_server.outbox import StoreFullError
from tests.mock_server.delivering import LATER, claim_one, end, make_event, states
from tests.mock_server.storing import NOW, ONE, opened


def test_what_was_being_sent_is_sent_again_after_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "mock.db")
    with opened(path) as store:
        event_id = make_event(store)
        before = claim_one(store.outbox)
    with opened(path) as store:
        assert states(store.outbox) == ["pending"]
        assert store.outbox.tenants_with_open_deliveries() == [ONE]
        assert claim_one(store.outbox) == before
        assert store.outbox.event_body(event_id) == f'{{"id":"{event_id}"}}'.encode()


def test_attempts_and_ends_survive_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "mock.db")
    with opened(path) as store:
        for _ in range(3):
            make_event(store)
        delivered, dead, failed = store.outbox.claim(ONE, NOW, 3)
        end(store.outbox, delivered, "delivered")
        end(store.outbox, dead, "dead")
        attempt = end(store.outbox, failed, "pending", next_due=LATER)
    with opened(path) as store:
        assert states(store.outbox) == ["delivered", "dead", "pending"]
        assert store.outbox.attempts(failed.id) == [attempt]
        assert store.outbox.next_due(ONE) == LATER


def test_what_was_cancelled_stays_cancelled_after_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "mock.db")
    with opened(path) as store:
        make_event(store)
        store.outbox.cancel_deliveries(ONE)
    with opened(path) as store:
        assert states(store.outbox) == ["cancelled"]
        assert store.outbox.tenants_with_open_deliveries() == []


def test_the_limit_counts_what_an_earlier_process_left(tmp_path: Path) -> None:
    path = str(tmp_path / "mock.db")
    with opened(path, max_outbox=2) as store:
        make_event(store)
        make_event(store)
        claim_one(store.outbox)
    with opened(path, max_outbox=2) as store:
        with pytest.raises(StoreFullError):
            make_event(store)
        assert states(store.outbox) == ["pending"] * 2
