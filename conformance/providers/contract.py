"""A provider made of nothing but the documented endpoints: for a vendor's sandbox, which has no controller."""

from __future__ import annotations

import time
from typing import Any

import httpx2

from conformance.outcomes import NotTestable, Reason, SetupError
from conformance.providers import Capabilities, Session, State
from conformance.target import CREATE_PATH, Target


class DocumentedEndpoints:
    """Creates sessions, and cancels one where a cancelled one is wanted. The rest is not testable."""

    def __init__(self, target: Target, contractor: str, return_url: str) -> None:
        self._target = target
        self._body = {"contractor": contractor, "return_url": return_url}
        self._http = httpx2.Client(
            headers={**dict(target.headers), "Authorization": f"Bearer {target.api_key}"},
            timeout=target.timeout_s,
            verify=target.trust(),
            trust_env=False,
        )

    def capabilities(self) -> Capabilities:
        """What two endpoints can bring about."""
        return Capabilities(states=frozenset({"pending", "cancelled"}))

    def prepare(self, state: State, *, expires_in_s: int | None = None, api_key: str | None = None) -> Session:
        """Create a session by the documented call; for `cancelled`, cancel it as well."""
        if expires_in_s is not None or api_key is not None or state not in {"pending", "cancelled"}:
            raise NotTestable(Reason.STATE_NOT_OFFERED, f"the documented endpoints cannot arrange this {state} session")
        asked_at = time.time()
        attributes = self._post(self._target.base_url + CREATE_PATH, self._body, 201)
        session_id = attributes.get("id")
        if not isinstance(session_id, str):
            raise SetupError(Reason.PROVIDER_FAILED, "the creation's 201 has no id")
        if state == "cancelled":
            self._post(self._target.cancel_url(session_id), None, 200)
        return Session(id=session_id, attributes=attributes, prepared_at=asked_at)

    def read(self, session_id: str) -> dict[str, Any]:
        """No documented endpoint reads a session."""
        raise NotTestable(Reason.OPERATION_NOT_OFFERED, f"no documented endpoint reads session {session_id}")

    def complete(self, session_id: str) -> bool:
        """No documented endpoint completes a session."""
        raise NotTestable(Reason.OPERATION_NOT_OFFERED, f"no documented endpoint completes session {session_id}")

    def put_webhook_endpoint(self, url: str, secret: str) -> None:  # noqa: ARG002 - the protocol's signature
        """No documented endpoint sets the webhook endpoint."""
        raise NotTestable(Reason.OPERATION_NOT_OFFERED, "no documented endpoint sets the webhook endpoint")

    def delete_webhook_endpoint(self) -> None:
        """Nothing was set."""

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _post(self, url: str, body: dict[str, Any] | None, status: int) -> dict[str, Any]:
        what = "the creation" if body is not None else "the preparing cancel"
        try:
            response = self._http.post(url, json=body) if body is not None else self._http.post(url)
            answer = response.json() if response.status_code == status else None
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise SetupError(Reason.PROVIDER_FAILED, f"{what} got no answer: {type(error).__name__}: {error}") from None
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise SetupError(
                Reason.PROVIDER_FAILED, f"{what} answered {response.status_code}, no {status} with a session"
            )
        return answer
