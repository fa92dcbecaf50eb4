"""The state-provider protocol of `openapi/provider.yaml`, spoken to an HTTP controller in a test build."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import httpx2

from conformance.outcomes import HarnessError, NotTestable, Reason, SetupError
from conformance.providers import OPERATIONS, STATES, Capabilities, Session, State

NOT_OFFERED = frozenset({404, 405, 501})


class Controller:
    """A controller at `base_url`. `headers` are what `--provider-header` adds to every request."""

    def __init__(self, base_url: str, api_key: str, headers: Iterable[tuple[str, str]] = (), timeout_s: float = 10.0):
        self.base_url = base_url
        self._http = httpx2.Client(
            headers=[("Authorization", f"Bearer {api_key}"), *headers], timeout=timeout_s, trust_env=False
        )

    def capabilities(self) -> Capabilities:
        """`GET /capabilities`. Raises `HarnessError` when there is no well-formed answer: nothing could be prepared."""
        try:
            response = self._request("GET", "/capabilities")
            return _capabilities_of(_object(response, 200))
        except SetupError as error:
            raise HarnessError(Reason.PROVIDER_UNUSABLE, error.message) from None

    def prepare(self, state: State, *, expires_in_s: int | None = None) -> Session:
        """`POST /sessions`. Raises `SetupError` for anything but a 201 with a session that has an id."""
        wanted = {"state": state} | ({} if expires_in_s is None else {"expires_in_s": expires_in_s})
        asked_at = time.time()
        response = self._request("POST", "/sessions", wanted)
        attributes = _session(response, 201)
        return Session(id=attributes["id"], attributes=attributes, prepared_at=asked_at)

    def read(self, session_id: str) -> dict[str, Any]:
        """`GET /sessions/{id}`."""
        return _session(self._request("GET", f"/sessions/{quote(session_id, safe='')}"), 200)

    def complete(self, session_id: str) -> bool:
        """`POST /sessions/{id}/complete`: 200 is True, 409 is False."""
        response = self._request("POST", f"/sessions/{quote(session_id, safe='')}/complete")
        if response.status_code == 409:
            return False
        _session(response, 200)
        return True

    def put_webhook_endpoint(self, url: str, secret: str) -> None:
        """`PUT /webhook-endpoint`; any 2xx will do."""
        response = self._request("PUT", "/webhook-endpoint", {"url": url, "secret": secret})
        if response.status_code in NOT_OFFERED:
            raise NotTestable(Reason.OPERATION_NOT_OFFERED, f"{_said(response)}: no webhook endpoint can be set")
        if not response.is_success:
            raise SetupError(Reason.PROVIDER_FAILED, f"{_said(response)} instead of 204")

    def delete_webhook_endpoint(self) -> None:
        """`DELETE /webhook-endpoint`; need not be supported, so its answer does not matter."""
        self._request("DELETE", "/webhook-endpoint")

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _request(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx2.Response:
        try:
            return self._http.request(method, self.base_url + path, json=body)
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise SetupError(
                Reason.PROVIDER_FAILED, f"provider: {method} {path} got no answer: {type(error).__name__}: {error}"
            ) from None


def _capabilities_of(answer: dict[str, Any]) -> Capabilities:
    named = {name: answer.get(name, []) for name in ("states", "operations", "impossible")}
    for name, values in named.items():
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise SetupError(Reason.PROVIDER_UNUSABLE, f"provider: GET /capabilities: {name} is not a list of strings")
    if "states" not in answer:
        raise SetupError(Reason.PROVIDER_UNUSABLE, "provider: GET /capabilities names no states")
    # Names we do not know belong to a later version of the protocol; they take nothing away.
    return Capabilities(
        states=STATES & frozenset(named["states"]),
        operations=OPERATIONS & frozenset(named["operations"]),
        impossible=frozenset({"overdue"}) & frozenset(named["impossible"]),
    )


def _session(response: httpx2.Response, status: int) -> dict[str, Any]:
    if response.status_code in NOT_OFFERED:
        raise NotTestable(Reason.OPERATION_NOT_OFFERED, f"{_said(response)}: not offered")
    session = _object(response, status).get("session")
    if not isinstance(session, dict) or not isinstance(session.get("id"), str) or not session["id"]:
        raise SetupError(Reason.PROVIDER_FAILED, f"{_said(response)} without a session that has an id")
    return session


def _object(response: httpx2.Response, status: int) -> dict[str, Any]:
    if response.status_code != status:
        raise SetupError(Reason.PROVIDER_FAILED, f"{_said(response)} instead of {status}")
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise SetupError(Reason.PROVIDER_FAILED, f"{_said(response)} and no JSON object")
    return answer


def _said(response: httpx2.Response) -> str:
    return f"provider: {response.request.method} {response.request.url.path} answered {response.status_code}"
