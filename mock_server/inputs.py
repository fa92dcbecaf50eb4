"""What a client sends beside path and key: query and body, bounded and checked against the document."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qsl

from jsonschema_rs import Draft4Validator
from starlette.types import Receive

from mock_server.answers import JSON
from mock_server.errors import (
    ConnectionDroppedError,
    InvalidRequestError,
    PayloadTooLargeError,
    RequestTimeoutError,
    UnsupportedMediaTypeError,
)
from mock_server.security import Headers
from openapi.dialect import json_schema_of

BODY_TIMEOUT_S = 20.0
# What is left of the body is not read, so the connection cannot serve another request.
CLOSE = (("connection", "close"),)
_CONVERTERS = {"integer": int, "number": float, "string": str}


class Query:
    """The documented query parameters of one operation; unknown ones are ignored, as connexion does by default."""

    def __init__(self, parameters: list[dict[str, Any]]) -> None:
        self._schemas = {each["name"]: each["schema"] for each in parameters if each["in"] == "query"}
        self._validators = {name: Draft4Validator(json_schema_of(schema)) for name, schema in self._schemas.items()}

    def read(self, query_string: bytes) -> dict[str, Any]:
        """Values by name, defaults filled in. Raises `InvalidRequestError`."""
        if not self._schemas:
            return {}
        values = {name: schema.get("default") for name, schema in self._schemas.items()}
        for name, text in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True):
            if name in self._schemas:
                values[name] = self._converted(name, text)
        return values

    def _converted(self, name: str, text: str) -> Any:
        kind = self._schemas[name]["type"]
        try:
            value = _CONVERTERS[kind](text)
        except ValueError:
            raise InvalidRequestError(f"The query parameter {name} must be of type {kind}.") from None
        if not self._validators[name].is_valid(value):
            raise InvalidRequestError(f"The query parameter {name} is out of range.")
        return value


class BodyReader(Protocol):
    """Reads what an operation documents as its request body."""

    async def read(self, headers: Headers, receive: Receive) -> Any:
        """The content, or `None`. Raises the errors of `inputs`."""


@dataclass(frozen=True, slots=True)
class IgnoredBody:
    """No body is documented: whatever comes is read, bounded, and dropped."""

    max_bytes: int

    async def read(self, headers: Headers, receive: Receive) -> None:
        """Raises `PayloadTooLargeError`, `RequestTimeoutError`."""
        if b"content-length" in headers or b"transfer-encoding" in headers:
            await read_bytes(receive, self.max_bytes)


class JsonBody:
    """A documented JSON body."""

    def __init__(self, request_body: dict[str, Any], max_bytes: int) -> None:
        schema = request_body["content"][JSON]["schema"]
        # Masked: what an answer says of a wrong value never repeats the value.
        self._validator = Draft4Validator(json_schema_of(schema), mask="it")
        self._is_required = request_body.get("required", False)
        self._max_bytes = max_bytes

    async def read(self, headers: Headers, receive: Receive) -> Any:
        """Valid content. Raises `InvalidRequestError` naming the place, never the value, and the errors above."""
        media_type = headers.get(b"content-type", JSON.encode()).partition(b";")[0].strip().lower()
        if media_type != JSON.encode() and not media_type.endswith(b"+json"):
            raise UnsupportedMediaTypeError
        body = await read_bytes(receive, self._max_bytes)
        if not body and not self._is_required:
            return None
        try:
            content = json.loads(body)
            # Half a surrogate pair is no text: nothing could store or send it.
            if b"\\ud" in body.lower():
                json.dumps(content, ensure_ascii=False).encode()
            if self._validator.is_valid(content):
                return content
            error = next(self._validator.iter_errors(content))
        except (ValueError, RecursionError):
            raise InvalidRequestError("The request body must be JSON.") from None
        place = "/".join(map(str, error.instance_path))
        # A surplus attribute's name is the client's, and may be a secret in the wrong place.
        why = "an attribute is not documented" if hasattr(error.kind, "unexpected") else error.message
        raise InvalidRequestError(f"The request body is wrong at /{place}: {why}.")


def body_reader(request_body: dict[str, Any], max_bytes: int) -> BodyReader:
    """The reader for an operation's `requestBody`."""
    return JsonBody(request_body, max_bytes) if request_body else IgnoredBody(max_bytes)


def verify_length(headers: Headers, max_bytes: int) -> None:
    """Raises `PayloadTooLargeError` when the body is announced to be larger."""
    if int(headers.get(b"content-length", 0)) > max_bytes:
        raise PayloadTooLargeError(headers=CLOSE)


async def read_bytes(receive: Receive, max_bytes: int) -> bytes:
    """The whole body. Raises `PayloadTooLargeError`, `RequestTimeoutError`, `ConnectionDroppedError`."""
    body = b""
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ConnectionDroppedError
                body += bytes(message.get("body", b""))
                if len(body) > max_bytes:
                    raise PayloadTooLargeError(headers=CLOSE)
                if not message.get("more_body", False):
                    return body
    except TimeoutError:
        raise RequestTimeoutError(headers=CLOSE) from None
