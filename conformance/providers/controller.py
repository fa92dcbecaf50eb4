"""The state-provider protocol, spoken to an HTTP controller in a test build."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx2

from conformance.connections import send
from conformance.outcomes import Reason, SetupError
from conformance.providers.answers import Answer, Operation, ProtocolProvider

ROUTES: dict[Operation, tuple[str, str]] = {
    "capabilities": ("GET", "/capabilities"),
    "prepare": ("POST", "/sessions"),
    "read": ("GET", "/sessions/{session_id}"),
    "complete": ("POST", "/sessions/{session_id}/complete"),
    "put-webhook-endpoint": ("PUT", "/webhook-endpoint"),
    "delete-webhook-endpoint": ("DELETE", "/webhook-endpoint"),
}


class Controller(ProtocolProvider):
    """A controller at `base_url`. `headers` are what `--provider-header` adds to every request; `verify` is what its
    certificate is verified with."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        headers: Iterable[tuple[str, str]] = (),
        timeout_s: float = 10.0,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        self.base_url = base_url
        self._http = httpx2.Client(
            headers=[("Authorization", f"Bearer {api_key}"), *headers],
            timeout=timeout_s,
            verify=verify,
            trust_env=False,
        )

    def ask(self, operation: Operation, *, api_key: str | None = None, **fields: Any) -> Answer:
        """One request; what is no session id travels as JSON. Raises `SetupError` when no answer comes."""
        method, template = ROUTES[operation]
        path = template.format(session_id=quote(fields.pop("session_id", ""), safe=""))
        headers = {} if api_key is None else {"Authorization": f"Bearer {api_key}"}
        try:
            request = self._http.build_request(method, self.base_url + path, json=fields or None, headers=headers)
            response, _ = send(self._http, request)
            response.read()
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise SetupError(
                Reason.PROVIDER_FAILED, f"provider: {method} {path} got no answer: {type(error).__name__}: {error}"
            ) from None
        asked = f"{method} {response.request.url.path}"
        return Answer(asked, response.status_code, _content(response), _date(response))

    def spelled(self, operation: Operation, **fields: Any) -> str:
        """Method, path and body, such as `POST /sessions {"state": "pending"}`."""
        body = {name: fields[name] for name in ("state", "expires_in_s") if name in fields}
        return " ".join([*ROUTES[operation], *([json.dumps(body)] if body else [])])

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def _content(response: httpx2.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _date(response: httpx2.Response) -> float | None:
    try:
        return parsedate_to_datetime(response.headers.get("date", "")).timestamp()
    except ValueError:
        return None
