"""What an attempt makes of its delivery, and what does not count after a cancel or a reset."""

from __future__ import annotations

from mock_server.outbox import Outbox
from mock_server.store import Store
from tests.mock_server.delivering import LATER, claim_one, end, make_event, states
from tests.mock_server.storing import NOW, ONE


def test_a_delivered_event_is_at_its_end(store: Store, outbox: Outbox) -> None:
    make_event(store)
    claimed = claim_one(outbox)
    attempt = end(outbox, claimed, "delivered")
    assert outbox.attempts(claimed.id) == [attempt]
    assert states(outbox) == ["delivered"]
    assert outbox.claim(ONE, NOW + 10**6, 9) == []
    assert outbox.has_open_deliveries(ONE) is False
    assert outbox.tenants_with_open_deliveries() == []


def test_a_failed_attempt_leaves_it_pending_until_the_next_is_due(store: Store, outbox: Outbox) -> None:
    event_id = make_event(store)
    end(outbox, claim_one(outbox), "pending", next_due=LATER)
    (delivery,) = outbox.deliveries_of(ONE, event_id)
    assert (delivery.state, delivery.attempts, delivery.due) == ("pending", 1, LATER)
    assert outbox.claim(ONE, LATER - 0.001, 9) == []
    assert claim_one(outbox, until=LATER).attempts == 1
    assert outbox.tenants_with_open_deliveries() == [ONE]


def test_attempts_are_kept_in_their_order(store: Store, outbox: Outbox) -> None:
    make_event(store)
    first = end(outbox, claim_one(outbox), "pending", next_due=LATER)
    again = claim_one(outbox, until=LATER)
    second = end(outbox, again, "dead")
    assert outbox.attempts(again.id) == [first, second]
    assert (second.number, second.due) == (2, LATER)
    assert states(outbox) == ["dead"]
    assert outbox.has_open_deliveries(ONE) is False


def test_an_outbox_is_open_until_its_last_delivery_has_ended(store: Store, outbox: Outbox) -> None:
    event_id = make_event(store)
    make_event(store)
    end(outbox, claim_one(outbox), "delivered")
    outbox.resend(ONE, event_id, NOW)
    for state in ("dead", "delivered"):
        assert outbox.has_open_deliveries(ONE) is True
        end(outbox, claim_one(outbox), state)
    assert outbox.has_open_deliveries(ONE) is False


def test_a_reset_takes_the_attempts_too(store: Store, outbox: Outbox) -> None:
    make_event(store)
    claimed = claim_one(outbox)
    end(outbox, claimed, "pending", next_due=LATER)
    store.forget(ONE)
    assert outbox.attempts(claimed.id) == []


def test_an_attempt_on_a_cancelled_delivery_is_not_recorded(store: Store, outbox: Outbox) -> None:
    make_event(store)
    claimed = claim_one(outbox)
    outbox.cancel_deliveries(ONE)
    end(outbox, claimed, "delivered")
    assert states(outbox) == ["cancelled"]
    assert outbox.attempts(claimed.id) == []


def test_an_attempt_that_ends_after_a_reset_does_not_count(store: Store, outbox: Outbox) -> None:
    make_event(store)
    claimed = claim_one(outbox)
    store.forget(ONE)
    end(outbox, claimed, "delivered")
    make_event(store)
    assert outbox.attempts(claimed.id) == []
    assert outbox.has_open_deliveries(ONE) is True


def test_an_attempt_from_before_a_reset_is_not_taken_for_one_after_it(store: Store, outbox: Outbox) -> None:
    make_event(store)
    stale = claim_one(outbox)
    store.forget(ONE)
    make_event(store)
    claim_one(outbox)
    end(outbox, stale, "delivered")
    assert states(outbox) == ["sending"]


def test_numbers_are_not_used_again_after_a_reset(store: Store, outbox: Outbox) -> None:
    make_event(store)
    ((event_before, _),) = outbox.events(ONE, after=0, limit=9)
    delivery_before = claim_one(outbox).id
    store.forget(ONE)
    make_event(store)
    assert outbox.events(ONE, after=event_before, limit=9) != []
    assert outbox.deliveries(ONE, after=delivery_before, limit=9) != []
