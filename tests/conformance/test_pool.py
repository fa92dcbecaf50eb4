"""A file of sessions as a provider: each is used once, and a bad file is told in one line."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from conformance.outcomes import NotTestable, Reason, SetupError
from conformance.providers import Provider, State
from conformance.providers.pool import Pool, load_pool

NOW = int(time.time())


def pool_of(text: str, folder: Path) -> Pool:
    """The pool of a file with this text."""
    file = folder / "pool.yaml"
    file.write_text(text)
    return load_pool(file)


def with_pending(folder: Path, *expires_at: int) -> Pool:
    """A pool of pending sessions ps_1, ps_2, … that expire then."""
    lines = [f"- {{state: pending, id: ps_{n}, expires_at: {at}}}" for n, at in enumerate(expires_at, start=1)]
    return pool_of("sessions:\n" + "\n".join(lines), folder)


def test_each_session_is_used_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    pool = pool_of(
        "sessions:\n- {state: pending, id: a}\n- {state: expired, id: b}\n- {state: pending, id: c}\n", tmp_path
    )
    assert [pool.prepare("pending").id, pool.prepare("pending").id, pool.prepare("expired").id] == ["a", "c", "b"]


def test_a_state_that_runs_out_is_not_testable_and_says_how_many_were_needed(tmp_path: Path) -> None:
    pool = with_pending(tmp_path, NOW + 900)
    pool.prepare("pending")
    for needed in (2, 3):
        with pytest.raises(NotTestable) as raised:
            pool.prepare("pending")
        assert raised.value.reason is Reason.STATE_NOT_OFFERED
        assert raised.value.message == f"the pool has no more pending sessions: {needed} were needed"


@pytest.mark.parametrize("state", ["completed", "overdue"])
def test_a_state_the_file_does_not_have_is_not_testable(state: State, tmp_path: Path) -> None:
    with pytest.raises(NotTestable, match=f"no more {state} sessions: 1 were needed"):
        with_pending(tmp_path, NOW + 900).prepare(state)


def test_what_is_known_of_a_session_is_told_and_nothing_more(tmp_path: Path) -> None:
    pool = pool_of(
        "sessions: [{state: pending, id: ps_1, contractor_id: cn_1, url: 'https://x.test/s/t', created: 1767225600, "
        "cancelled_at: null, colour: blue}]",
        tmp_path,
    )
    session = pool.prepare("pending")
    assert session.url == "https://x.test/s/t"
    assert session.attributes == {
        "id": "ps_1",
        "contractor_id": "cn_1",
        "url": "https://x.test/s/t",
        "created": 1767225600,
        "cancelled_at": None,
        "colour": "blue",
    }


def test_an_old_session_tells_nothing_of_the_targets_clock(tmp_path: Path) -> None:
    """`created` against `prepared_at` would look like a clock that is off."""
    pool = pool_of("sessions: [{state: pending, id: a, created: 1767225600}, {state: pending, id: b}]", tmp_path)
    assert pool.prepare("pending").prepared_at == 1767225600
    assert pool.prepare("pending").prepared_at == pytest.approx(time.time(), abs=5)


def test_a_pending_session_whose_time_is_over_is_passed_by(tmp_path: Path) -> None:
    pool = with_pending(tmp_path, NOW - 10, NOW + 5, NOW + 900)
    assert pool.prepare("pending").id == "ps_3"
    with pytest.raises(NotTestable, match="no more pending sessions: 2 were needed, 2 had no time left"):
        pool.prepare("pending")


def test_an_overdue_session_with_time_left_is_a_setup_error(tmp_path: Path) -> None:
    text = "sessions: [{{state: overdue, id: a, expires_at: {}}}, {{state: overdue, id: b, expires_at: {}}}]"
    pool = pool_of(text.format(NOW + 900, NOW - 9), tmp_path)
    with pytest.raises(SetupError) as raised:
        pool.prepare("overdue")
    assert raised.value.reason is Reason.PRECONDITION_WRONG
    assert pool.prepare("overdue").id == "b"


def test_the_capabilities_are_the_states_of_the_file(tmp_path: Path) -> None:
    pool: Provider = pool_of("impossible: [overdue]\nsessions:\n- {state: cancelled, id: a}", tmp_path)
    capabilities = pool.capabilities()
    assert capabilities.states == {"cancelled"}
    assert capabilities.operations == frozenset()
    assert capabilities.impossible == {"overdue"}


def test_no_operation_is_offered(tmp_path: Path) -> None:
    pool = with_pending(tmp_path, NOW + 900)
    for attempt in (
        lambda: pool.read("ps_1"),
        lambda: pool.complete("ps_1"),
        lambda: pool.put_webhook_endpoint("http://127.0.0.1/", "whsec_"),
        lambda: pool.prepare("pending", expires_in_s=2),
    ):
        with pytest.raises(NotTestable) as raised:
            attempt()
        assert raised.value.reason is Reason.OPERATION_NOT_OFFERED
    pool.delete_webhook_endpoint()
    pool.close()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "sessions"),
        ("just text", "sessions"),
        ("- {state: pending, id: a}", "sessions"),
        ("sessions: []", "at least one"),
        ("sessions: {state: pending, id: a}", "list"),
        ("session: [{state: pending, id: a}]", "sessions"),
        ("sessions: [{state: pending, id: a}]\nnotes: x", "nothing else"),
        ("sessions: [ {state: pending,", "not YAML: line 1"),
        ("sessions:\n- a\n  b: [", "not YAML: line"),
        ("sessions: [{state: pending, id: \x07}]", "not YAML"),
        ("sessions: [!!python/object:os.system {}]", "not YAML"),
        ("sessions: [pending]", "session 1"),
        ("sessions: [{state: pending, id: a}, {id: b}]", "session 2"),
        ("sessions: [{state: canceled, id: a}]", "'canceled'"),
        ("sessions: [{state: [pending], id: a}]", "no state"),
        ("sessions: [{state: pending, id: 1001}]", "quotes"),
        ("sessions: [{state: pending, id: ''}]", "session 1"),
        ("sessions: [{state: pending, id: a}, {state: expired, id: a}]", "'a' stands there 2 times"),
        ("sessions: [{state: pending, id: a, created: 2026-01-01}]", "created is date, not integer"),
        ("sessions: [{state: pending, id: a, created: 1767225600000}]", "created is in milliseconds"),
        ("sessions: [{state: pending, id: a, expires_at: true}]", "expires_at is boolean"),
        ("sessions: [{state: pending, id: a, url: null}]", "url is null, not string"),
        ("sessions: " + "[" * 5000, "nested too deeply"),
        ("sessions: [{state: pending, id: a}]\nimpossible: [pending]", "impossible"),
        ("sessions: [{state: overdue, id: a}]\nimpossible: [overdue]", "impossible"),
    ],
)
def test_a_bad_file_is_told_in_one_line(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=words) as raised:
        pool_of(text, tmp_path)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_no_text_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "pool.yaml"
    file.write_bytes(b"sessions: \xff\xfe")
    with pytest.raises(ValueError, match="not UTF-8"):
        load_pool(file)


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"no-such\.yaml"):
        load_pool(tmp_path / "no-such.yaml")
