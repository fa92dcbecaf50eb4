"""Validate a 200 against the contract with schemathesis: media type, JSON, and the schema of the cancel's answer."""

from __future__ import annotations

from functools import cache
from typing import Any

import requests
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import Response
from schemathesis.schemas import APIOperation

from conformance.exchange import Exchange
from conformance.outcomes import Breach
from conformance.target import CANCEL_PATH
from openapi import contract


def verify_documented(exchange: Exchange) -> None:
    """The answer is what the contract documents for its status. The caller has verified that the status is documented:
    schemathesis lets undocumented ones pass."""
    headers: dict[str, list[str]] = {}
    for name, value in exchange.headers:
        headers.setdefault(name.lower(), []).append(value)
    response = Response(
        status_code=exchange.status,
        headers=headers,
        content=exchange.body,
        request=requests.Request(exchange.method, exchange.url).prepare(),
        elapsed=exchange.ended - exchange.started,
        verify=True,
    )
    try:
        cancel_operation().validate_response(response)
    except Failure as failure:
        raise _breach(failure, exchange) from None
    except FailureGroup as group:
        raise _breach(group.exceptions[0], exchange) from None


def _breach(failure: BaseException, exchange: Exchange) -> Breach:
    title = getattr(failure, "title", type(failure).__name__)
    detail = next((line for line in getattr(failure, "message", "").splitlines() if line.strip()), "")
    pointer = "/" + "/".join(map(str, getattr(failure, "instance_path", None) or []))
    return Breach("an answer that the contract documents", f"{title}: {detail}", pointer=pointer, exchange=exchange)


@cache
def cancel_operation(*, with_key: bool = True) -> APIOperation[Any, Any, Any, Any]:
    """The contract's cancel as schemathesis sees it; without the API key, where only the rest of a request matters."""
    document = contract()
    if not with_key:
        del document["security"]
    # With a configuration of our own, a schemathesis.toml that happens to lie about cannot change the verdict.
    return schemathesis.openapi.from_dict(document, config=SchemathesisConfig())[CANCEL_PATH]["POST"]
