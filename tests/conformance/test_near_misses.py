"""Near misses of keys and ids: never the right one, and for ids that are counted up nobody else's."""

from __future__ import annotations

from random import Random

import pytest

from conformance.near_misses import beyond_counting, near_misses_of_id, near_misses_of_key

UUID = "4c1c2a5e-9c1e-4a57-9b7a-2f1f7c3f8a1b"


@pytest.mark.parametrize("key", ["t9k_test_Target_one", "k", "____", "aaaa", "支付", UUID, "00ff00ff"])
def test_no_near_miss_of_a_key_is_the_key(key: str) -> None:
    misses = near_misses_of_key(key, Random(1))
    assert key not in misses
    assert len(set(misses)) == len(misses) > 5


def test_a_key_is_changed_wherever_careless_comparisons_do_not_look() -> None:
    key = "t9k_test_Target_one"
    misses = near_misses_of_key(key, Random(1))
    assert {"t9ks_test_Target_one", "t9k_test_%arget_one", "t9k_test_-Target_one", key.swapcase()} <= set(misses)
    assert any(sorted(miss) == sorted(key) for miss in misses)


@pytest.mark.parametrize("key", [UUID, "00ff00ff"])
def test_a_hexadecimal_key_may_be_compared_by_its_value(key: str) -> None:
    assert all(miss.replace("-", "").lower() != key.replace("-", "") for miss in near_misses_of_key(key, Random(1)))


@pytest.mark.parametrize("session_id", ["ps_60", "ps-60", "ps_1z", "ps_000000000000001a", "ps_123456789012"])
def test_an_id_that_is_counted_up_is_only_lengthened(session_id: str) -> None:
    assert near_misses_of_id(session_id, {session_id}, Random(1)) == [f"{session_id}-0", f"{session_id}.json"]


@pytest.mark.parametrize(("session_id", "count"), [("ps_0123456789abcdef", 7), (UUID, 6)])
def test_a_random_id_is_changed_too(session_id: str, count: int) -> None:
    misses = near_misses_of_id(session_id, {session_id, session_id[:-1]}, Random(1))
    assert len(misses) == len(set(misses)) == count
    assert not {session_id, session_id[:-1]} & set(misses)


def test_the_case_of_an_id_matters_where_it_has_both() -> None:
    assert "PS_aBCDEFGHIJK1" in near_misses_of_id("ps_Abcdefghijk1", set(), Random(1))
    assert "PS_ABCDEFGHIJK1" not in near_misses_of_id("ps_abcdefghijk1", set(), Random(1))


@pytest.mark.parametrize(("session_id", "stem"), [("60", ""), ("ps_60", "ps_"), ("ps-60", "ps-"), ("p60", "p")])
def test_beyond_a_counter_is_a_number_that_nobody_counts_to(session_id: str, stem: str) -> None:
    beyond = beyond_counting(session_id, Random(1))
    assert beyond is not None
    assert beyond.startswith(stem)
    assert 8 * 10**17 <= int(beyond.removeprefix(stem)) < 2**63


@pytest.mark.parametrize("session_id", ["ps_1a", "ps_a1b2c3d4e5f67", UUID[:-12] + "123456789012", "支付"])
def test_what_is_no_counter_is_left_alone(session_id: str) -> None:
    assert beyond_counting(session_id, Random(1)) is None
