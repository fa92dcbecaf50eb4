"""`--max-outbox`: how many deliveries of a tenant may be open, and which of them count."""

from __future__ import annotations

import pytest

from mock_server.outbox import StoreFullError
from tests.mock_server.delivering import claim_one, end, make_event, states
from tests.mock_server.storing import NOW, ONE, TWO, opened


def test_the_limit_holds_for_each_tenant_on_its_own(database: str) -> None:
    with opened(database, max_outbox=2) as store:
        events = [make_event(store), make_event(store)]
        with pytest.raises(StoreFullError, match=r"^2 deliveries of this tenant are not ended; see --max-outbox$"):
            make_event(store)
        with pytest.raises(StoreFullError):
            store.outbox.resend(ONE, events[0], NOW)
        assert states(store.outbox) == ["pending"] * 2
        make_event(store, TWO)


def test_what_is_being_sent_counts_and_what_has_ended_does_not(database: str) -> None:
    with opened(database, max_outbox=1) as store:
        make_event(store)
        claimed = claim_one(store.outbox)
        with pytest.raises(StoreFullError):
            make_event(store)
        end(store.outbox, claimed, "pending", next_due=NOW)
        with pytest.raises(StoreFullError):
            make_event(store)
        end(store.outbox, claim_one(store.outbox), "delivered")
        make_event(store)
        end(store.outbox, claim_one(store.outbox), "dead")
        make_event(store)
        store.outbox.cancel_deliveries(ONE)
        make_event(store)


def test_an_event_that_was_refused_does_not_count(database: str) -> None:
    with opened(database, max_outbox=1) as store:
        make_event(store)
        for _ in range(3):
            with pytest.raises(StoreFullError):
                make_event(store)
        end(store.outbox, claim_one(store.outbox), "delivered")
        assert store.outbox.has_open_deliveries(ONE) is False
