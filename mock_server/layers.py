"""The layers around a routed operation: one of ours in place of five of connexion's, which cost more than the work.

connexion reads the contract, resolves each operationId to a function and routes every request. What it does after that
(security, request validation, response validation, handler decorators) inspects signatures and builds request objects
anew for every request; `Operation` does the same from what it prepared at start. Only documented extension points are
used: `middlewares=`, `RoutedMiddleware` with an `api_cls`, a resolver, and `add_api`'s further arguments. One thing
differs: every answer is validated, errors and undocumented statuses too. `tests/mock_server/test_layers.py` holds the
table that compares the rest with connexion's own.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.answers import Answer, ContractBreachError, Documented
from mock_server.errors import ApiError, ConnectionDroppedError, MethodNotAllowedError, answer_of
from mock_server.inputs import Query, body_reader, verify_length
from mock_server.journal import Entry
from mock_server.lean_connexion import AbstractOperation, RoutedAPI, RoutedMiddleware, RoutingMiddleware
from mock_server.log import Log
from mock_server.security import Headers
from mock_server.tenants import Tenant

CALL = "mock_server.call"
# Answers of no documented operation: unknown paths, wrong methods.
UNDOCUMENTED = Documented({"404": {}})

Admit = Callable[[Headers], None]
TenantOf = Callable[[bytes], Tenant]


class Call:
    """One request on its way: what each layer finds out, for the next one."""

    __slots__ = ("answer", "content", "documented", "entry", "headers", "params", "query", "tenant")

    answer: Answer
    tenant: Tenant
    params: dict[str, str]
    query: dict[str, Any]
    content: Any

    def __init__(self, scope: Scope) -> None:
        self.headers: Headers = dict(scope["headers"])
        self.entry = Entry(time.time(), scope["method"])
        self.documented = UNDOCUMENTED

    def verified(self, answer: Answer) -> Answer:
        """The answer, now known to be a documented one. Raises `ContractBreachError`."""
        return self.documented.verify(answer)


class Front:
    """Outermost: measures, turns every exception into the one envelope, sends, and tells journal and log."""

    def __init__(self, app: ASGIApp, *, log: Log, drop: Callable[[Scope], None], max_body_bytes: int) -> None:
        self._app = app
        self._log = log
        self._drop = drop
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; other scopes pass through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        call = scope[CALL] = Call(scope)
        try:
            # Before routing: what is too large is not looked at.
            verify_length(call.headers, self._max_body_bytes)
            await self._app(scope, receive, send)
        except ConnectionDroppedError:
            self._finish(call, started, 0)
            self._drop(scope)
            return
        except Exception as error:  # noqa: BLE001 - the one renderer answers for all of them
            call.answer = self._rendered(call, error)
        self._finish(call, started, call.answer.status)
        await _send(call.answer, scope["method"], send)

    def _rendered(self, call: Call, error: Exception) -> Answer:
        answer = answer_of(error)
        answer.headers += tuple(("Mock-Quirk", name) for name in call.entry.quirks)
        try:
            call.documented.verify(answer)
        except ContractBreachError as breach:
            answer, error = ApiError().answer(), breach
        if answer.status == 500:
            # Loud, but only a breach has a text that is known to hold no secret.
            reason = str(error) if isinstance(error, ContractBreachError) else type(error).__name__
            self._log.failure(call.entry.route, error, reason)
            call.entry.breach = reason
        call.entry.error_code = answer.content["error_code"]
        return answer

    def _finish(self, call: Call, started: float, status: int) -> None:
        entry = call.entry
        entry.status = status
        entry.duration_ms = (time.perf_counter() - started) * 1000
        tenant = getattr(call, "tenant", None)
        self._log.request(entry, tenant.fingerprint if tenant else "")
        if tenant is not None and entry.is_kept:
            tenant.journal.add(entry)


async def _send(answer: Answer, method: str, send: Send) -> None:
    body = answer.render()
    headers = [(b"content-length", b"%d" % len(body))]
    if body:
        headers.append((b"content-type", answer.media_type.encode()))
    if answer.headers:
        headers += [(name.encode(), value.encode("latin-1")) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})


class Routing(RoutingMiddleware):
    """connexion's routing without its bare 307: a path with a slash too many is an unknown path, in our envelope."""

    def add_api(self, specification: Any, base_path: str | None = None, arguments: Any = None, **kwargs: Any) -> None:
        """As in connexion."""
        super().add_api(specification, base_path, arguments, **kwargs)
        self.router.redirect_slashes = False
        for mount in self.router.routes:
            mount.app.redirect_slashes = False  # connexion mounts one router for each API

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As in connexion, save that a 405 names the methods of every route of the path and not of the first alone."""
        try:
            await super().__call__(scope, receive, send)
        except HTTPException as error:
            if error.status_code != 405:
                raise
            raise MethodNotAllowedError(headers=(("allow", ", ".join(self._methods(scope))),)) from None

    def _methods(self, scope: Scope) -> list[str]:
        found: set[str] = set()
        for mount in self.router.routes:
            # The routers have left their own root path in the scope.
            matched, inner = mount.matches(asked := {**scope, "root_path": ""})
            if matched is not Match.NONE:
                routes = [route for route in mount.app.routes if route.matches({**asked, **inner})[0] is not Match.NONE]
                found = found.union(*(route.methods for route in routes))
        return sorted(found)


class Operation:
    """A routed operation: gate, key, query, body, function, validated answer, in that order."""

    def __init__(
        self, operation: AbstractOperation, base_path: str, admit: Admit, tenant_of: TenantOf, limit: int, journal: bool
    ) -> None:
        self._is_kept = journal
        self._function: Callable[[Call], Awaitable[Answer]] = operation.function
        self._route = f"{base_path}{operation.path}"
        self._documented = Documented(operation.responses)
        self._admit = admit
        self._tenant_of = tenant_of if operation.security else None
        self._query = Query(operation.parameters)
        self._body = body_reader(operation.request_body, limit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the ASGI signature
        """Leave the answer in the call; `Front` sends it."""
        call: Call = scope[CALL]
        call.entry.route = self._route
        call.entry.is_kept = self._is_kept
        call.documented = self._documented
        self._admit(call.headers)
        if self._tenant_of:
            call.tenant = self._tenant_of(call.headers.get(b"authorization", b""))
        call.params = scope["path_params"]
        call.query = self._query.read(scope["query_string"])
        call.content = await self._body.read(call.headers, receive)
        answer = await self._function(call)
        call.answer = answer if answer.is_verified else call.verified(answer)


class OperationAPI(RoutedAPI[Operation]):
    """The operations of one document. `admit`, `tenant_of`, `max_body_bytes` and `journal` come with `add_api`."""

    def __init__(
        self,
        *args: Any,
        admit: Admit,
        tenant_of: TenantOf,
        max_body_bytes: int,
        journal: bool,
        base_path: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, base_path=base_path, **kwargs)
        self._rest = (base_path, admit, tenant_of, max_body_bytes, journal)
        self.add_paths()

    def make_operation(self, operation: AbstractOperation) -> Operation:
        """One layer for one operation."""
        return Operation(operation, *self._rest)


class Operations(RoutedMiddleware[OperationAPI]):
    """connexion's dispatch by operationId to our one layer."""

    api_cls = OperationAPI
