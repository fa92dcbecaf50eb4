"""Two tenants in whom sessions are made, without a server."""

from __future__ import annotations

from mock_server.creation import Creation, Made, Wanted
from mock_server.sessions import EventType, PaymentSession
from mock_server.settings import Settings
from mock_server.store import Store
from mock_server.tenants import Tenant, Tenants
from tests.mock_server.storing import RefusedByTestError

NOW = 1_767_226_000.9
ORIGIN = "http://127.0.0.1:8099"
RETURN_URL = "https://app.example.com/done"


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
        self._creation = Creation(settings, self.store)

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
