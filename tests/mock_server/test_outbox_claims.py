"""What of the outbox is claimed, and what puts it off, hastens it, cancels it or sends it again."""

from __future__ import annotations

import pytest

from mock_server.outbox import Outbox, UnknownEventError
from mock_server.store import Store
from tests.mock_server.delivering import LATER, claim_one, end, make_event, states
from tests.mock_server.storing import NOW, ONE, TWO

# --- claiming ---------------------------------------------------------------------------------------------------------


def test_a_new_delivery_is_due_at_once_and_is_claimed_once(store: Store, outbox: Outbox) -> None:
    event_id = make_event(store)
    claimed = claim_one(outbox)
    assert (claimed.tenant, claimed.event_id, claimed.state) == (ONE, event_id, "sending")
    assert (claimed.attempts, claimed.due) == (0, NOW)
    assert outbox.claim(ONE, NOW, 1) == []
    assert outbox.deliveries_of(ONE, event_id) == [claimed]


def test_what_is_due_is_claimed_from_its_moment_on(store: Store, outbox: Outbox) -> None:
    make_event(store)
    assert outbox.claim(ONE, NOW - 0.001, 9) == []
    assert len(outbox.claim(ONE, NOW, 9)) == 1


def test_the_earliest_is_claimed_first_and_no_more_than_asked_for(store: Store, outbox: Outbox) -> None:
    events = [make_event(store, at=NOW + late_s) for late_s in (2, 0, 1, 0)]
    assert [claimed.event_id for claimed in outbox.claim(ONE, NOW + 9, 3)] == [events[1], events[3], events[2]]
    assert [claimed.event_id for claimed in outbox.claim(ONE, NOW + 9, 3)] == [events[0]]


def test_only_the_tenant_s_own_is_claimed(store: Store, outbox: Outbox) -> None:
    make_event(store, TWO)
    assert outbox.claim(ONE, NOW, 9) == []
    assert len(outbox.claim(TWO, NOW, 9)) == 1


def test_the_next_due_is_the_earliest_of_the_pending_ones(store: Store, outbox: Outbox) -> None:
    assert outbox.next_due(ONE) is None
    make_event(store, at=NOW + 1)
    make_event(store)
    assert outbox.next_due(ONE) == NOW
    claim_one(outbox)
    assert outbox.next_due(ONE) == NOW + 1
    assert outbox.next_due(TWO) is None


# --- putting off, hastening, cancelling, sending again ----------------------------------------------------------------


def test_a_postponed_delivery_is_claimed_again_when_it_is_due(store: Store, outbox: Outbox) -> None:
    make_event(store)
    outbox.postpone(claim_one(outbox).id, LATER)
    assert states(outbox) == ["pending"]
    assert outbox.claim(ONE, LATER - 0.001, 9) == []
    again = claim_one(outbox, until=LATER)
    assert (again.attempts, again.due) == (0, LATER)


def test_only_what_was_claimed_can_be_postponed(store: Store, outbox: Outbox) -> None:
    make_event(store)
    claimed = claim_one(outbox)
    outbox.cancel_deliveries(ONE)
    outbox.postpone(claimed.id, LATER)
    assert states(outbox) == ["cancelled"]


def test_a_pending_delivery_can_be_hastened_and_never_slowed(store: Store, outbox: Outbox) -> None:
    event_id = make_event(store, at=LATER)
    (delivery,) = outbox.deliveries_of(ONE, event_id)
    outbox.hasten(delivery.id, LATER + 1)
    assert outbox.next_due(ONE) == LATER
    outbox.hasten(delivery.id, NOW)
    assert outbox.next_due(ONE) == NOW


def test_what_is_being_sent_is_not_hastened(store: Store, outbox: Outbox) -> None:
    make_event(store, at=LATER)
    claimed = claim_one(outbox, until=LATER)
    outbox.hasten(claimed.id, NOW)
    assert outbox.deliveries(ONE, after=0, limit=9) == [claimed]


def test_cancelling_ends_what_is_not_ended(store: Store, outbox: Outbox) -> None:
    for _ in range(4):
        make_event(store)
    make_event(store, TWO)
    end(outbox, claim_one(outbox), "delivered")
    end(outbox, claim_one(outbox), "dead")
    claim_one(outbox)
    outbox.cancel_deliveries(ONE)
    assert states(outbox) == ["delivered", "dead", "cancelled", "cancelled"]
    assert outbox.tenants_with_open_deliveries() == [TWO]
    assert states(outbox, TWO) == ["pending"]


def test_an_event_sent_again_is_a_new_delivery_with_the_same_bytes(store: Store, outbox: Outbox) -> None:
    event_id = make_event(store)
    first = claim_one(outbox)
    end(outbox, first, "delivered")
    number = outbox.resend(ONE, event_id, LATER)
    again = claim_one(outbox, until=LATER)
    assert (again.id, again.event_id, again.attempts, again.due) == (number, event_id, 0, LATER)
    assert number != first.id
    assert [delivery.state for delivery in outbox.deliveries_of(ONE, event_id)] == ["delivered", "sending"]
    assert len(outbox.events(ONE, after=0, limit=9)) == 1


def test_another_tenant_s_event_is_as_unknown_as_none(store: Store, outbox: Outbox) -> None:
    event_id = make_event(store)
    for tenant, wanted in [(TWO, event_id), (ONE, "evt_none")]:
        with pytest.raises(UnknownEventError):
            outbox.resend(tenant, wanted, NOW)
        assert outbox.deliveries_of(tenant, wanted) == []
    assert states(outbox) == ["pending"]
    assert outbox.has_open_deliveries(TWO) is False
