"""The servers that are compared. All run under uvicorn with uvloop and httptools, without an access log."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from openapi import contract

BODY = (
    b'{"id":"ps_1","contractor_id":"cn_1","status":"cancelled","processor":"checkout","return_url":"https://a.example/",'
    b'"created":1767225600,"expires_at":1767227400,"cancelled_at":1767226042,"completed_at":null}'
)
PATH = "/api/v1/payment/sessions/{session_id}/cancel"


def bare() -> ASGIApp:
    """The least an ASGI application can do."""
    start = {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))],
    }

    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - the ASGI signature
        await send(start)
        await send({"type": "http.response.body", "body": BODY})

    return app


def starlette() -> ASGIApp:
    """One route of Starlette, a fixed answer."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    async def cancel(request: Request) -> Response:  # noqa: ARG001 - Starlette's signature
        return Response(BODY, media_type="application/json")

    return Starlette(routes=[Route(PATH, cancel, methods=["POST"])])


def connexion(*, validate: bool) -> ASGIApp:
    """connexion as it comes, the contract, a fixed answer; with its own response validation if asked for."""
    import json

    from connexion import AsyncApp

    answer = json.loads(BODY)

    async def cancel(session_id: str) -> tuple[Any, int]:  # noqa: ARG001 - connexion looks at the name
        return answer, 200

    document = contract()
    document["security"] = [{"BearerKey": []}]
    document["components"]["securitySchemes"]["BearerKey"]["x-bearerInfoFunc"] = f"{__name__}.key_info"
    app = AsyncApp(__name__)
    app.add_api(
        document,
        base_path="",
        resolver=lambda operation_id: cancel,  # noqa: ARG005 - one function for all
        validate_responses=validate,
        strict_validation=validate,
    )
    return app  # type: ignore[no-any-return]  # connexion ships no types


def key_info(token: str) -> dict[str, str]:
    """Every token is good."""
    return {"sub": token}


APPS: dict[str, Callable[[], ASGIApp]] = {
    "bare": bare,
    "starlette": starlette,
    "connexion": lambda: connexion(validate=False),
    "connexion-validated": lambda: connexion(validate=True),
}


def main(name: str, port: int) -> None:
    """Serve one of them."""
    uvicorn.run(APPS[name](), port=port, loop="uvloop", http="httptools", access_log=False, log_level="error")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
