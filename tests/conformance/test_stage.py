"""Sessions as the suite has them prepared, and ids that belong to none."""

from __future__ import annotations

import time
from typing import Any

import pytest

from conformance.client import Client
from conformance.masking import Masker
from conformance.outcomes import Reason, SetupError
from conformance.providers import Capabilities, Session, State
from conformance.stage import Stage
from conformance.target import Target


class Provider:
    """Gives sessions with these ids; every session reads with this status, and completes as it is told."""

    def __init__(self, *ids: str, status: str = "pending", completes: bool = True) -> None:
        self._ids = iter(ids)
        self._status = status
        self._completes = completes

    def capabilities(self) -> Capabilities:
        return Capabilities(frozenset({"pending"}))

    def prepare(self, state: State, *, expires_in_s: int | None = None, api_key: str | None = None) -> Session:
        if api_key == "nobodys":
            raise SetupError(Reason.PROVIDER_FAILED, "403")
        return Session(next(self._ids), {"status": state, "lifetime_s": expires_in_s}, time.time())

    def read(self, session_id: str) -> dict[str, Any]:
        return {"id": session_id, "status": self._status}

    def complete(self, session_id: str) -> bool:
        return bool(session_id) and self._completes

    def put_webhook_endpoint(self, url: str, secret: str) -> None: ...

    def delete_webhook_endpoint(self) -> None: ...

    def close(self) -> None: ...


def stage_of(provider: Provider, *operations: str) -> Stage:
    capabilities = Capabilities(frozenset({"pending"}), frozenset(operations))
    masker = Masker()
    return Stage(provider, capabilities, Client(Target("http://127.0.0.1:9", "t9k_test_one"), masker, seed=1), masker)


@pytest.mark.parametrize(
    "session_id",
    [
        "ps_0123456789abcdef",
        "17",
        "p1",
        "ps_7",
        "ps_60",
        "ps-60",
        "ps_1z",
        "-_-",
        "支付",
        "AbC_--",
        "4c1c2a5e-9c1e-4a57-9b7a-2f1f7c3f8a10",
        "a" * 200,
    ],
)
def test_an_unknown_id_looks_like_the_others_and_is_none_of_them(session_id: str) -> None:
    stage = stage_of(Provider(session_id))
    unknown = {stage.unknown_id() for _ in range(20)}
    assert len(unknown) == 20
    assert session_id not in unknown
    for each in unknown:
        assert each[0] == session_id[0] or each[0].isalnum()


def test_a_session_that_is_given_twice_is_no_new_one() -> None:
    stage = stage_of(Provider("ps_1", "ps_1"))
    stage.prepare("pending")
    with pytest.raises(SetupError):
        stage.prepare("pending")


@pytest.mark.parametrize(("status", "completes"), [("pending", True), ("cancelled", True), ("pending", False)])
def test_a_completion_that_reads_otherwise_is_the_providers_mistake(status: str, completes: bool) -> None:
    stage = stage_of(Provider(status=status, completes=completes), "read", "complete")
    with pytest.raises(SetupError):
        stage.complete(Session("ps_1", {}, time.time()))


def test_where_nothing_can_be_read_the_providers_word_counts() -> None:
    session = Session("ps_1", {}, time.time())
    assert stage_of(Provider(completes=True), "complete").complete(session)
    assert not stage_of(Provider(completes=False), "complete").complete(session)


def test_a_session_that_cannot_be_completed_is_no_completed_one() -> None:
    with pytest.raises(SetupError):
        stage_of(Provider("ps_1", completes=False), "complete").completed()


def test_another_tenants_session_is_none_of_this_run() -> None:
    stage = stage_of(Provider("ps_1"))
    theirs = stage.prepare_for("t9k_test_two")
    assert theirs is not None
    assert theirs.id == "ps_1"
    assert stage.sessions == []
    assert stage.prepare_for("nobodys") is None
