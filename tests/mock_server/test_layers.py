"""Our one layer answers as connexion's own five do, but for the differences that are meant."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from connexion import AsyncApp

from mock_server.app import Mock
from mock_server.server import drop
from mock_server.settings import Settings
from openapi import contract

KEY = {"authorization": "Bearer t9k_test_layers"}
JSON = {"content-type": "application/json"}
CREATE = "/api/v1/payment/sessions"
CANCEL = "/api/v1/payment/sessions/ps_1/cancel"
GOOD = b'{"contractor": "cn_1", "return_url": "https://app.example.com/"}'


@dataclass(frozen=True)
class Case:
    """`meant` is what we answer where it is not what connexion answers."""

    name: str
    path: str
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    meant: int | None = None


CASES = [
    Case("create", CREATE, headers=KEY | JSON, body=GOOD),
    Case(
        "create, with a charset", CREATE, headers=KEY | {"content-type": "application/json; charset=utf-8"}, body=GOOD
    ),
    Case("create, no content type", CREATE, headers=KEY, body=GOOD),
    Case("create, text", CREATE, headers=KEY | {"content-type": "text/plain"}, body=GOOD),
    Case("create, form", CREATE, headers=KEY | {"content-type": "application/x-www-form-urlencoded"}, body=b"a=b"),
    Case("create, no body", CREATE, headers=KEY | JSON),
    Case("create, no JSON", CREATE, headers=KEY | JSON, body=b"{"),
    Case("create, null", CREATE, headers=KEY | JSON, body=b"null"),
    Case("create, list", CREATE, headers=KEY | JSON, body=b"[]"),
    Case("create, attribute missing", CREATE, headers=KEY | JSON, body=b'{"contractor": "cn_1"}'),
    Case("create, wrong type", CREATE, headers=KEY | JSON, body=GOOD.replace(b'"cn_1"', b"1")),
    Case("create, more attributes", CREATE, headers=KEY | JSON, body=GOOD.replace(b"{", b'{"more": 1, ')),
    Case("create, more query", CREATE + "?more=1", headers=KEY | JSON, body=GOOD),
    Case("cancel", CANCEL, headers=KEY),
    Case("cancel, null", CANCEL, headers=KEY | JSON, body=b"null"),
    Case("cancel, junk", CANCEL, headers=KEY | JSON, body=b"{junk"),
    Case("cancel, encoded id", CANCEL.replace("ps_1", "ps%201"), headers=KEY),
    Case("unknown path", "/nowhere", headers=KEY),
    Case("unknown path, no key", "/nowhere"),
    Case("a segment too many", CANCEL + "/more", headers=KEY),
    Case("other method", CANCEL, "GET", KEY),
    Case("other method on create", CREATE, "DELETE", KEY),
    Case("HEAD", CANCEL, "HEAD", KEY),
    # The page says 403; connexion answers 401.
    Case("no key", CANCEL, meant=403),
    Case("no key, bad body", CREATE, headers=JSON, body=b"{", meant=403),
    # No body is documented, so none can be wrong; connexion reads files always.
    Case(
        "cancel, multipart without boundary", CANCEL, headers=KEY | {"content-type": "multipart/form-data"}, meant=404
    ),
    # A path with a slash too many is an unknown path, in our envelope, and no bare redirect.
    Case("slash too many", CANCEL + "/", headers=KEY, meant=404),
]


def connexions_own() -> AsyncApp:
    """The contract served by connexion as it comes, with functions that find nothing wrong."""

    async def create(body: Any) -> tuple[dict[str, Any], int]:  # noqa: ARG001 - connexion looks at the name
        return {}, 201

    async def cancel(session_id: str) -> tuple[dict[str, Any], int]:  # noqa: ARG001 - connexion looks at the name
        return {}, 404

    document = contract()
    # One scheme is enough here, since only whether a key is asked for is compared.
    document["security"] = [{"BearerKey": []}]
    document["components"]["securitySchemes"]["BearerKey"]["x-bearerInfoFunc"] = f"{__name__}.bearer"
    app = AsyncApp(__name__)
    handlers = {"createPaymentSession": create, "cancelPaymentSession": cancel}
    app.add_api(document, base_path="", resolver=handlers.__getitem__)
    return app


def bearer(token: str) -> dict[str, str]:
    """Every token is good."""
    return {"sub": token}


async def status_of(app: AsyncApp, case: Case) -> int:
    """What the app answers."""
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        request = client.build_request(case.method, case.path, headers=case.headers, content=case.body)
        return (await client.send(request)).status_code


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_our_layer_answers_as_connexions_own(case: Case) -> None:
    ours = asyncio.run(status_of(Mock(Settings(), drop).app, case))
    theirs = asyncio.run(status_of(connexions_own(), case))
    assert ours == (theirs if case.meant is None else case.meant)
    assert case.meant is None or case.meant != theirs, "no difference any more: drop the exception"
