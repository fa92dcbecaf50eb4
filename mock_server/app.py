"""Assembles the mock: the only place that knows all of its parts."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from starlette.types import Scope

from mock_server.advance import Advance
from mock_server.answers import Events
from mock_server.control.clock import Time
from mock_server.control.journal import JournalControl
from mock_server.control.sessions import Sessions
from mock_server.control.webhooks import Webhooks
from mock_server.control.world import World
from mock_server.creation import Creation
from mock_server.delivery import Relay
from mock_server.expiry import ExpiryJob
from mock_server.handlers import Handlers
from mock_server.hosted_page import HostedPage
from mock_server.layers import Front, Operations, Routing
from mock_server.lean_connexion import AsyncApp, LifespanMiddleware
from mock_server.log import Log
from mock_server.security import ControlGate, Headers, Keys
from mock_server.settings import BadSettingError, Settings
from mock_server.store import Store
from mock_server.targets import TargetRefusedError, Targets, split_url
from mock_server.tenants import Tenant, Tenants
from mock_server.webhooks import decode_secret
from openapi import contract, control_plane

CONTROL_PATH = "/_mock/v1"


class Mock:
    """The mock's parts, and the ASGI application made of them. Raises `DatabaseUnusableError`, `ValueError`."""

    def __init__(self, settings: Settings, drop: Callable[[Scope], None]) -> None:
        self.settings = settings
        self.control_token = settings.control_token or secrets.token_urlsafe(24)
        self.log = Log()
        self.store = Store(
            settings.database, Events().publish, max_sessions=settings.max_sessions, max_outbox=settings.max_outbox
        )
        self.tenants = Tenants(settings, self.store)
        self.targets = Targets(settings.host, settings.webhook_allow)
        _verify_endpoint(settings)
        self.relay = Relay(settings, self.store, self.tenants, self.targets, self.log)
        self.expiry = ExpiryJob(self.store, self.tenants, self.relay.wake, settings.expiry_interval_s, self.log)
        self.keys = Keys(settings.api_key)
        self.app = self._assembled(drop)

    def _assembled(self, drop: Callable[[Scope], None]) -> AsyncApp:
        """connexion with the contract on `/` and the control plane beside it."""
        store, wake, limit = self.store, self.relay.wake, self.settings.max_body_bytes
        app = AsyncApp(
            __name__,
            middlewares=[
                partial(Front, log=self.log, drop=drop, max_body_bytes=limit),
                LifespanMiddleware,
                Routing,
                Operations,
                partial(HostedPage, store=store, tenants=self.tenants, wake=wake, limit=limit),
            ],
            lifespan=self._lifespan,
        )
        creation = Creation(self.settings, store)
        gate = ControlGate(self.settings.host, self.control_token, token_was_chosen=bool(self.settings.control_token))
        rest: dict[str, Any] = {"tenant_of": self.tenant_of, "max_body_bytes": limit}
        contracted = _resolver(Handlers(self.settings, store, creation, wake))
        app.add_api(contract(), base_path="", resolver=contracted, admit=_all, journal=True, **rest)
        controlled = _resolver(*self._control(creation))
        app.add_api(
            control_plane(), base_path=CONTROL_PATH, resolver=controlled, admit=gate.admit, journal=False, **rest
        )
        return app

    def _control(self, creation: Creation) -> tuple[Any, ...]:
        """The parts of the control plane."""
        store, tenants, relay = self.store, self.tenants, self.relay
        advance = Advance(store, tenants, self.expiry, relay)
        return (
            World(self.settings, store, tenants, relay),
            Sessions(self.settings, store, creation, relay.wake),
            Time(tenants, self.expiry, advance, relay.wake),
            Webhooks(store, tenants, self.targets, relay),
            JournalControl(store, relay),
        )

    def tenant_of(self, authorization: bytes) -> Tenant:
        """The world behind a key. Raises `InvalidApiKeyError`, `StoreFullError`."""
        return self.tenants.get(self.keys.tenant_id(authorization))

    @asynccontextmanager
    async def _lifespan(self, app: Any) -> AsyncIterator[None]:  # noqa: ARG002 - connexion passes itself
        jobs = [asyncio.create_task(self.relay.run()), asyncio.create_task(self.expiry.run())]
        yield
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        await self.relay.drain(self.settings.drain_s)
        self.store.close()
        self.log.flush()


def _resolver(*parts: Any) -> Callable[[str], Callable[..., Any]]:
    """operationId to function: `cancelPaymentSession` is the `cancel_payment_session` of one of the parts.

    connexion asks it at start, and does not start when a function is missing.
    """

    def resolve(operation_id: str) -> Callable[..., Any]:
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", operation_id).lower()
        for part in parts:
            if hasattr(part, name):
                function: Callable[..., Any] = getattr(part, name)
                return function
        raise ValueError(f"no function for the operationId {operation_id}")

    return resolve


def _verify_endpoint(settings: Settings) -> None:
    """Raises `BadSettingError` when every tenant's first endpoint cannot be used, before anybody waits for an event."""
    try:
        if settings.webhook_url:
            split_url(settings.webhook_url)
        if settings.webhook_secret:
            decode_secret(settings.webhook_secret)
    except TargetRefusedError as error:
        raise BadSettingError("webhook_url", f"cannot be used: {error}") from None
    except ValueError as error:
        raise BadSettingError("webhook_secret", f"cannot be used: {error}") from None


def _all(headers: Headers) -> None:
    """The contract's own paths are open to whoever has a key."""
