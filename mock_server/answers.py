"""The contract's check: no answer and no event leaves without having been validated, errors included.

connexion's own response validation skips errors and undocumented statuses, so a mock could lie with them unnoticed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from jsonschema_rs import Draft4Validator

from mock_server.sessions import EventType, PaymentSession
from mock_server.webhooks import event_of, render_event
from openapi import json_schema
from openapi.dialect import json_schema_of

JSON = "application/json"
# Made once: `json.dumps` with options makes an encoder for each call.
_to_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class ContractBreachError(Exception):
    """This mock was about to say something that the contract does not allow: our bug. Holds no value, only the rule."""


@dataclass(slots=True)
class Answer:
    """What goes back to the client. `content` is JSON data, or text where `media_type` is not JSON, or `None`."""

    status: int
    content: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    media_type: str = JSON
    is_verified: bool = False

    def render(self) -> bytes:
        """The body."""
        if self.content is None:
            return b""
        if self.media_type != JSON:
            return str(self.content).encode()
        return _to_json(self.content).encode()


# What HTTP itself asks for, wherever it happens; no contract lists these for each operation.
HTTP_OWN = frozenset({405, 408, 413, 415, 500, 503})


class Documented:
    """The documented answers of one operation: a validator for each status, `None` where there is no body.

    Every error has the one envelope, whether the document describes its body or not.
    """

    def __init__(self, responses: dict[str, Any]) -> None:
        # Draft 4: the only dialect in which 1.0 is no integer.
        error = Draft4Validator(json_schema("Error"))
        self._validators: dict[int, Draft4Validator | None] = dict.fromkeys(HTTP_OWN, error)
        for status, response in responses.items():
            schema = response.get("content", {}).get(JSON, {}).get("schema")
            self._validators[int(status)] = Draft4Validator(json_schema_of(schema)) if schema else None
            if int(status) >= 400:
                self._validators[int(status)] = error

    def verify(self, answer: Answer) -> Answer:
        """The answer, now known to be a documented one. Raises `ContractBreachError`: status, media type or body."""
        if answer.status not in self._validators:
            raise ContractBreachError(f"status {answer.status} is not documented")
        validator = self._validators[answer.status]
        if (validator is None) != (answer.content is None):
            raise ContractBreachError(f"a {answer.status} with a body differs from the documented one")
        if validator is not None:
            if answer.media_type != JSON:
                raise ContractBreachError(f"media type {answer.media_type}")
            verify_schema(validator, answer.content, f"{answer.status}")
        answer.is_verified = True
        return answer


def verify_schema(validator: Draft4Validator, content: Any, what: str) -> None:
    """Raises `ContractBreachError` naming the place and the rule, never the value."""
    if not validator.is_valid(content):
        error = next(validator.iter_errors(content))
        place = "/".join(map(str, error.instance_path))
        raise ContractBreachError(f"the {what} breaks the schema at /{place}: {type(error.kind).__name__}")


class Events:
    """Makes events that the contract allows."""

    def __init__(self) -> None:
        self._any = Draft4Validator(json_schema("PaymentSessionEvent"))
        self._cancelled = Draft4Validator(json_schema("PaymentSessionCancelledEvent"))

    def publish(self, session: PaymentSession, event_type: EventType, now: float) -> tuple[str, bytes]:
        """The event's id and body. Raises `ContractBreachError`."""
        event = event_of(session, event_type, now)
        verify_schema(self._any, event, "event")
        if event_type == "payment.session.cancelled":
            verify_schema(self._cancelled, event, "event")
        return event["id"], render_event(event)
