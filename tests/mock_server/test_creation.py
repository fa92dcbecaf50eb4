"""Making sessions: what a `return_url` must be, and what there is of a session from its first moment on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mock_server.creation import LEFT_OVERDUE_S, Creation, Made, Wanted, token_digest_of
from mock_server.errors import InvalidRequestError, InvalidReturnUrlError, NotFoundError
from mock_server.outbox import StoreFullError
from mock_server.sessions import EventType, PaymentSession
from mock_server.settings import Settings
from mock_server.store import Store
from mock_server.tenants import Tenant, Tenants

NOW = 1_767_226_000.9
ORIGIN = "http://127.0.0.1:8099"
RETURN_URL = "https://app.example.com/done"


class RefusedByTestError(Exception):
    """What a check raises."""


def publish(session: PaymentSession, event_type: EventType, now: float) -> tuple[str, bytes]:
    raise AssertionError((session, event_type, now))


class World:
    """Two tenants whose clocks stand still, and what makes their sessions."""

    def __init__(self, settings: Settings) -> None:
        self.store = Store("", publish, max_sessions=settings.max_sessions, max_outbox=1)
        tenants = Tenants(settings, self.store)
        self.one, self.two = tenants.get("one"), tenants.get("two")
        for tenant in (self.one, self.two):
            tenant.clock.mode, tenant.clock.value = "frozen", NOW
            tenant.next_flip = float("inf")
        self._creation = Creation(settings, self.store, tenants)

    def make(self, wanted: Wanted, tenant: Tenant | None = None) -> list[Made]:
        return self._creation.make(tenant or self.one, wanted, ORIGIN, lambda _: None)

    def make_in(self, state: str, lifetime_s: int = 1800) -> PaymentSession:
        (made,) = self.make(Wanted("cn_1", RETURN_URL, state, lifetime_s))
        return made.session

    def make_refused(self, count: int) -> None:
        """Refuse the last of so many sessions."""
        checked: list[Made] = []

        def refuse(made: Made) -> None:
            checked.append(made)
            if len(checked) == count:
                raise RefusedByTestError

        self._creation.make(self.one, Wanted("cn_1", RETURN_URL, count=count), ORIGIN, refuse)


@pytest.fixture
def world() -> Iterator[World]:
    made = World(Settings(max_sessions=5))
    yield made
    made.store.close()


def refusal(url: str, settings: Settings | None = None) -> str | None:
    """What is said of the return_url; `None` when it is accepted."""
    world = World(settings or Settings())
    try:
        (made,) = world.make(Wanted("cn_1", url))
    except InvalidReturnUrlError as error:
        assert world.store.sessions("one", after=0, limit=9) == []
        return str(error)
    finally:
        world.store.close()
    assert made.session.return_url == url
    return None


# --- return_url -------------------------------------------------------------------------------------------------------

UNUSABLE = "The return_url must be an HTTPS URL on an allowed host."
REVEALING = "The return_url must have no credentials and no fragment."
NOT_LISTED = "The host of the return_url is not on the list of allowed redirect hosts."


@pytest.mark.parametrize(
    "url",
    [
        RETURN_URL,
        "https://app.example.com",
        "https://app.example.com:8443/done?order=1&next=%2Fhome",
        "https://app.example.com?order=1",
        "HTTPS://APP.EXAMPLE.COM/done",
        "https://xn--exmple-cua.com/done",
        "https://localhost/done",
        "https://192.0.2.1/done",
        "https://[2001:db8::1]:8443/done",
        "https://app.example.com/?mail=a@example.com",
        "https://app.example.com/" + "x" * 2000,
    ],
)
def test_an_https_url_is_accepted_as_it_is(url: str) -> None:
    assert refusal(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "app.example.com/done",
        "/done",
        "//app.example.com/done",
        "https:",
        "https://",
        "https:///done",
        "https:app.example.com",
        "https:/app.example.com",
        "https://:443/done",
        "http://app.example.com/done",
        "http://localhost/done",
        "ftp://app.example.com/done",
        "javascript:alert(1)",
        "javascript://app.example.com/%0aalert(1)",
        "data:text/html,done",
        "httpss://app.example.com/done",
        " https://app.example.com/done",
        "https://app.example.com/done ",
        "https://app.example.com/a b",
        "https://app.example.com/\n",
        "https://app.exa\tmple.com/",
        "https://app.example.com/\x00",
        "https://app.example.com/\x7f",
        "https://app.example.com\\@attacker.example/",
        "https://app.example.com/<script>",
        'https://app.example.com/"',
        "https://app.example.com/{id}",
        "https://app.example.com/é",
        "https://éxample.com/done",
        "https://app.example.com\u3002attacker.example/",
        "https://app.example.com:65536/",
        "https://app.example.com:port/",
        "https://[::1/done",
        "https://[app.example.com]/done",
    ],
)
def test_what_is_no_https_url_is_refused(url: str) -> None:
    assert refusal(url) == UNUSABLE


@pytest.mark.parametrize(
    "url",
    [
        "https://user@app.example.com/done",
        "https://user:password@app.example.com/done",
        "https://@app.example.com/done",
        "https://app.example.com@attacker.example/done",
        "https://app.example.com/done#part",
        "https://app.example.com/done#",
    ],
)
def test_credentials_and_fragments_are_refused(url: str) -> None:
    assert refusal(url) == REVEALING


LISTED = Settings(redirect_host=("app.example.com", "2001:db8::1"))


@pytest.mark.parametrize(
    "url",
    [
        "https://app.example.com/done",
        "https://app.example.com:8443/done",
        "https://APP.Example.com/done",
        "https://[2001:db8::1]/done",
    ],
)
def test_a_host_on_the_list_is_accepted_on_every_port_and_in_any_case(url: str) -> None:
    assert refusal(url, LISTED) is None


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "www.app.example.com",
        "xapp.example.com",
        "app.example.com.attacker.example",
        "app.example.com.",
        "app.example.org",
        "app%2eexample.com",
        "localhost",
    ],
)
def test_a_host_that_is_not_exactly_on_the_list_is_refused(host: str) -> None:
    assert refusal(f"https://{host}/done", LISTED) == NOT_LISTED


def test_a_listed_host_is_known_whatever_its_case() -> None:
    assert refusal(RETURN_URL, Settings(redirect_host=("App.Example.COM",))) is None


HTTP_TOO = Settings(allow_http_return_url=True)


@pytest.mark.parametrize(
    "url",
    ["http://localhost:3000/done", "http://LOCALHOST/", "http://127.0.0.1:3000/done", "http://[::1]/done", RETURN_URL],
)
def test_http_is_accepted_for_loopback_hosts_when_it_is_allowed(url: str) -> None:
    assert refusal(url, HTTP_TOO) is None


@pytest.mark.parametrize(
    "host", ["app.example.com", "localhost.example", "10.0.0.1", "0.0.0.0", "127.0.0.1.example", "127.1", ""]
)
def test_http_is_never_accepted_for_other_hosts(host: str) -> None:
    assert refusal(f"http://{host}/done", HTTP_TOO) == UNUSABLE


def test_http_frees_nobody_from_the_other_rules() -> None:
    assert refusal("http://user@localhost/", HTTP_TOO) == REVEALING
    assert refusal("http://localhost/#part", HTTP_TOO) == REVEALING
    listed = Settings(allow_http_return_url=True, redirect_host=("app.example.com",))
    assert refusal("http://localhost/", listed) == NOT_LISTED


# --- sessions ---------------------------------------------------------------------------------------------------------


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
