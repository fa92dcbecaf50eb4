"""Making sessions: what there is of a session from its first moment on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mock_server.creation import LEFT_OVERDUE_S, Wanted, token_digest_of
from mock_server.errors import InvalidRequestError, NotFoundError
from mock_server.outbox import StoreFullError
from mock_server.settings import Settings
from tests.mock_server.creating import NOW, ORIGIN, RETURN_URL, World
from tests.mock_server.storing import RefusedByTestError


@pytest.fixture
def world() -> Iterator[World]:
    made = World(Settings(max_sessions=5))
    yield made
    made.store.close()


def test_a_new_session_is_pending_for_its_lifetime(world: World) -> None:
    (made,) = world.make(Wanted("cn_1", RETURN_URL, lifetime_s=90))
    session = made.session
    assert (session.status, session.created, session.expires_at) == ("pending", int(NOW), int(NOW) + 90)
    assert (session.cancelled_at, session.completed_at) == (None, None)
    assert world.store.session("one", session.id) == session


def test_the_url_is_shown_in_the_contract_s_order(world: World) -> None:
    (made,) = world.make(Wanted("cn_1", RETURN_URL))
    assert list(made.as_attributes()) == [
        *("id", "contractor_id", "status", "processor", "return_url"),
        *("url", "created", "expires_at", "cancelled_at", "completed_at"),
    ]
    assert made.as_attributes() == made.session.as_attributes() | {"url": made.url}


def test_of_the_token_in_the_url_only_the_digest_is_kept(world: World) -> None:
    (made,) = world.make(Wanted("cn_1", RETURN_URL))
    start = f"{ORIGIN}/payment/setup/"
    assert made.url.startswith(f"{start}live_")
    token = made.url.removeprefix(start)
    assert world.store.by_token(token_digest_of(token)) == ("one", made.session)
    assert token not in "\n".join(world.store._db.iterdump())


def test_sessions_have_ids_tokens_and_numbers_of_their_own(world: World) -> None:
    made = world.make(Wanted("cn_1", RETURN_URL, count=3)) + world.make(Wanted("cn_1", RETURN_URL, count=2))
    assert len({each.session.id for each in made}) == len({each.url for each in made}) == 5
    assert [world.store.ordinal("one", each.session.id) for each in made] == [1, 2, 3, 4, 5]
    assert world.one.sessions_made == 5


def test_nothing_is_written_when_one_of_many_is_refused(world: World) -> None:
    with pytest.raises(RefusedByTestError):
        world.make_refused(2)
    assert world.store.sessions("one", after=0, limit=9) == []
    assert world.one.sessions_made == 0


def test_nothing_is_counted_when_there_is_no_room(world: World) -> None:
    with pytest.raises(StoreFullError):
        world.make(Wanted("cn_1", RETURN_URL, count=6))
    assert world.one.sessions_made == 0
    assert len(world.make(Wanted("cn_1", RETURN_URL, count=5))) == 5


@pytest.mark.parametrize("contractor", ["", " ", "\t\n"])
def test_a_contractor_is_an_id(world: World, contractor: str) -> None:
    with pytest.raises(InvalidRequestError):
        world.make(Wanted(contractor, RETURN_URL))


def test_another_tenant_s_contractor_is_not_found(world: World) -> None:
    world.make(Wanted("cn_1", RETURN_URL))
    world.make(Wanted("cn_1", RETURN_URL))
    with pytest.raises(NotFoundError):
        world.make(Wanted("cn_1", RETURN_URL), world.two)
    assert world.store.sessions("two", after=0, limit=9) == []


@pytest.mark.parametrize(
    ("state", "status", "is_overdue", "cancelled_at", "completed_at"),
    [
        ("pending", "pending", False, None, None),
        ("completed", "completed", False, None, int(NOW)),
        ("cancelled", "cancelled", False, int(NOW), None),
        ("expired", "expired", False, None, None),
        ("overdue", "pending", True, None, None),
    ],
)
def test_a_session_can_be_seeded_in_any_state(
    world: World, state: str, status: str, is_overdue: bool, cancelled_at: int | None, completed_at: int | None
) -> None:
    session = world.make_in(state)
    assert session.status == status
    assert session.is_overdue(NOW) is is_overdue
    assert (session.cancelled_at, session.completed_at) == (cancelled_at, completed_at)
    assert session.expires_at == session.created + 1800


def test_a_seeded_expired_session_is_past_its_expires_at(world: World) -> None:
    assert world.make_in("expired").expires_at < NOW


def test_an_overdue_session_is_left_so_for_half_a_minute_even_without_lag() -> None:
    world = World(Settings(expiry_lag_s=0))
    world.make_in("overdue")
    assert LEFT_OVERDUE_S == 30
    assert world.store.next_flip("one") == NOW + 30
    assert world.one.next_flip == NOW + 30
    world.store.close()


def test_an_overdue_session_is_left_so_for_the_whole_lag() -> None:
    world = World(Settings(expiry_lag_s=600))
    assert world.make_in("overdue").expires_at + 600 == world.store.next_flip("one")
    world.store.close()


def test_the_expiry_job_learns_of_the_earliest_new_session(world: World) -> None:
    late = world.make_in("pending", lifetime_s=900)
    early = world.make_in("pending", lifetime_s=60)
    assert early.expires_at < late.expires_at
    assert world.one.next_flip == early.expires_at + Settings().expiry_lag_s
