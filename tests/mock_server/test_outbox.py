"""The outbox, in memory and in a file: each delivery from `pending` to its end, and what a restart makes of it."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_server.outbox import Attempt, Delivery, Outbox, StoreFullError, UnknownEventError
from mock_server.sessions import EventType, PaymentSession, cancel
from mock_server.store import NewSession, Store

NOW = 1_767_226_000.5
LATER = NOW + 5
ONE, TWO = "tenant-one", "tenant-two"


@contextlib.contextmanager
def opened(database: str, max_outbox: int = 100) -> Iterator[Store]:
    def publish(session: PaymentSession, _: EventType, __: float) -> tuple[str, bytes]:
        return f"evt_{session.id}", f'{{"id":"evt_{session.id}"}}'.encode()

    made = Store(database, publish, max_sessions=100, max_outbox=max_outbox)
    yield made
    made.close()


@pytest.fixture(params=["memory", "file"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return "" if request.param == "memory" else str(tmp_path / "mock.db")


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    with opened(database) as made:
        yield made


@pytest.fixture
def outbox(store: Store) -> Outbox:
    return store.outbox


_numbers = itertools.count(1)


def make_event(store: Store, tenant: str = ONE, at: float = NOW) -> str:
    """Create a session, cancel it; the event's id. Its delivery is due `at`."""
    number = next(_numbers)
    session = PaymentSession(f"ps_{number}", "cn_1", "pending", "https://app.example.com/done", 1, int(NOW) + 1800)
    store.create(tenant, [NewSession(session, 1, "", session.expires_at)])
    return store.change(tenant, session.id, at, cancel, lambda _: None, notify=True)[1]


def claim_one(outbox: Outbox, tenant: str = ONE, until: float = NOW) -> Delivery:
    (delivery,) = outbox.claim(tenant, until, 1)
    return delivery


def end(outbox: Outbox, delivery: Delivery, state: str, *, next_due: float | None = None) -> Attempt:
    """Record an attempt, after which the delivery is in the state."""
    status = 200 if state == "delivered" else None
    error = "" if state == "delivered" else "cannot connect"
    attempt = Attempt(delivery.attempts + 1, delivery.due, NOW + 0.25, status, 12.5, error, next_due)
    outbox.record_attempt(delivery.tenant, delivery.id, attempt, state)
    return attempt


def states(outbox: Outbox, tenant: str = ONE) -> list[str]:
    return [delivery.state for delivery in outbox.deliveries(tenant, after=0, limit=100)]


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


# --- recording --------------------------------------------------------------------------------------------------------


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


# --- reading ----------------------------------------------------------------------------------------------------------


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


# --- limits -----------------------------------------------------------------------------------------------------------


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


# --- restarts ---------------------------------------------------------------------------------------------------------


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
