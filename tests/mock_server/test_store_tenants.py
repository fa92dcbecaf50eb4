"""Tenants in the store: saved, counted for, forgotten and dropped, each on its own."""

from __future__ import annotations

from mock_server.store import Store, TenantRecord
from tests.mock_server.storing import NOW, ONE, TWO, cancelled, new, traces


def test_a_tenant_is_read_as_it_was_saved_last(store: Store) -> None:
    assert store.load_tenant(ONE) is None
    record = TenantRecord(ONE, "frozen", NOW, "http://127.0.0.1:9/", "whsec_x", 3, '[{"name": "latency"}]')
    store.save_tenant(TenantRecord(ONE))
    store.save_tenant(record)
    store.save_tenant(TenantRecord(TWO))
    assert store.load_tenant(ONE) == record
    assert store.tenant_ids() == [ONE, TWO]


def test_creating_sessions_counts_them_for_their_tenant(store: Store) -> None:
    store.save_tenant(TenantRecord(ONE))
    store.save_tenant(TenantRecord(TWO))
    store.create(ONE, [new(1), new(2)])
    assert store.load_tenant(ONE) == TenantRecord(ONE, sessions_made=2)
    assert store.load_tenant(TWO) == TenantRecord(TWO)


def filled(store: Store) -> None:
    for tenant, prefix in [(ONE, "ps"), (TWO, "other")]:
        store.save_tenant(TenantRecord(tenant, "offset", 5.0))
        store.create(tenant, [new(1, prefix)])
        cancelled(store, f"{prefix}_1", tenant)


def test_forgetting_leaves_the_tenant_itself_and_all_others(store: Store) -> None:
    filled(store)
    store.forget(ONE)
    assert traces(store) == ([], 0, 0)
    assert store.contractor_tenant("cn_ps") is None
    assert store.load_tenant(ONE) == TenantRecord(ONE, "offset", 5.0)
    assert store.outbox.has_open_deliveries(ONE) is False
    assert traces(store, TWO) == (["cancelled"], 1, 1)
    assert store.contractor_tenant("cn_other") == TWO
    assert store.outbox.has_open_deliveries(TWO) is True


def test_dropping_takes_the_tenant_too(store: Store) -> None:
    filled(store)
    store.drop_tenant(ONE)
    assert store.tenant_ids() == [TWO]
    assert traces(store) == ([], 0, 0)
