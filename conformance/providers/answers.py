"""The state-provider protocol of `openapi/provider.yaml`, whatever carries it: what may be asked, and what the answers
mean. HTTP and a program's stdin and stdout differ in `ask` alone."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from conformance.outcomes import HarnessError, NotTestable, Reason, SetupError
from conformance.providers import OPERATIONS, STATES, Capabilities, Session, State
from openapi import json_schema

NOT_OFFERED = frozenset({404, 405, 501})
MILLISECONDS_FROM = 10**11

Operation = Literal["capabilities", "prepare", "read", "complete", "put-webhook-endpoint", "delete-webhook-endpoint"]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to `asked` (a few words without secrets), with the status that HTTP has for it.

    `content` is the JSON it carries, `None` where there is none; `date` the time it names in seconds, if it names one.
    """

    asked: str
    status: int
    content: Any = None
    date: float | None = None

    @property
    def said(self) -> str:
        """The beginning of a sentence about it."""
        return f"provider: {self.asked} answered {self.status}"

    @property
    def is_success(self) -> bool:
        """Whether it is a 2xx."""
        return 200 <= self.status <= 299


class ProtocolProvider(ABC):
    """A provider that speaks the protocol. Every method raises `NotTestable` when what it asks for is not offered."""

    @abstractmethod
    def ask(self, operation: Operation, *, api_key: str | None = None, **fields: Any) -> Answer:
        """Ask once, with another key than the tenant's if one is given. Raises `SetupError` when no answer comes."""

    @abstractmethod
    def spelled(self, operation: Operation, **fields: Any) -> str:
        """What is asked, in the words of whatever carries it; only states and lifetimes are spelled out."""

    @abstractmethod
    def close(self) -> None:
        """Let go of connections."""

    def capabilities(self) -> Capabilities:
        """What is offered. Raises `HarnessError` when there is no well-formed answer: nothing could be prepared."""
        try:
            return capabilities_of(self.ask("capabilities"))
        except SetupError as error:
            raise HarnessError(Reason.PROVIDER_UNUSABLE, error.message) from None

    def prepare(self, state: State, *, expires_in_s: int | None = None, api_key: str | None = None) -> Session:
        """A new session. Raises `SetupError` for anything but a 201 with a session that has an id."""
        lifetime: dict[str, Any] = {} if expires_in_s is None else {"expires_in_s": expires_in_s}
        asked_at = time.time()
        attributes = session_of(self.ask("prepare", api_key=api_key, state=state, **lifetime), 201)
        return Session(id=attributes["id"], attributes=attributes, prepared_at=asked_at)

    def read(self, session_id: str) -> dict[str, Any]:
        """The session as it is now. Raises `SetupError` for anything but a 200 with a session."""
        return session_of(self.ask("read", session_id=session_id), 200)

    def complete(self, session_id: str) -> bool:
        """200 is True, 409 is False. Raises `SetupError` for any other answer."""
        answer = self.ask("complete", session_id=session_id)
        if answer.status == 409:
            return False
        session_of(answer, 200)
        return True

    def put_webhook_endpoint(self, url: str, secret: str) -> None:
        """Any 2xx will do. Raises `SetupError` for any other answer."""
        answer = self.ask("put-webhook-endpoint", url=url, secret=secret)
        if answer.status in NOT_OFFERED:
            raise NotTestable(Reason.OPERATION_NOT_OFFERED, f"{answer.said}: no webhook endpoint can be set")
        if not answer.is_success:
            raise SetupError(Reason.PROVIDER_FAILED, f"{answer.said} instead of 204")

    def delete_webhook_endpoint(self) -> None:
        """It need not be supported, so the answer does not matter. Raises `SetupError` when none comes."""
        self.ask("delete-webhook-endpoint")


def capabilities_of(answer: Answer) -> Capabilities:
    """What a 200 says is offered. Raises `SetupError` when it is not one, or not well-formed."""
    content = _object(answer, 200)
    named = {name: content.get(name, []) for name in ("states", "operations", "impossible")}
    for name, values in named.items():
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise SetupError(Reason.PROVIDER_UNUSABLE, f"{answer.said}, but {name} is not a list of strings")
    if "states" not in content:
        raise SetupError(Reason.PROVIDER_UNUSABLE, f"{answer.said}, but names no states")
    # Names we do not know belong to a later version of the protocol; they take nothing away.
    return Capabilities(
        states=STATES & frozenset(named["states"]),
        operations=OPERATIONS & frozenset(named["operations"]),
        impossible=frozenset({"overdue"}) & frozenset(named["impossible"]),
    )


def session_of(answer: Answer, status: int) -> dict[str, Any]:
    """The session an answer shows. Raises `NotTestable` when it is not offered, `SetupError` when there is none."""
    if answer.status in NOT_OFFERED:
        raise NotTestable(Reason.OPERATION_NOT_OFFERED, f"{answer.said}: not offered")
    session = _object(answer, status).get("session")
    if not isinstance(session, dict) or not isinstance(session.get("id"), str) or not session["id"]:
        raise SetupError(Reason.PROVIDER_FAILED, f"{answer.said} without a session that has an id")
    return session


def wrong_types(attributes: dict[str, Any]) -> list[str]:
    """What is wrong with the documented attributes that are present, each in a few words that show no value."""
    wrong = []
    for name, types in documented_types().items():
        value = attributes.get(name)
        if name in attributes and _type_of(value) not in types:
            wrong.append(f"{name} is {_type_of(value)}, not {' or '.join(types)}")
        elif isinstance(value, int) and abs(value) > MILLISECONDS_FROM:
            wrong.append(f"{name} is in milliseconds, not seconds")
    return wrong


@cache
def documented_types() -> dict[str, tuple[str, ...]]:
    """The JSON types that the contract gives each attribute of a session, by name."""
    schemas = json_schema("PaymentSession")["properties"]
    return {
        name: tuple(schema["type"]) if isinstance(schema["type"], list) else (schema["type"],)
        for name, schema in schemas.items()
    }


def _type_of(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return "null" if value is None else names.get(type(value), type(value).__name__)


def _object(answer: Answer, status: int) -> dict[str, Any]:
    if answer.status != status:
        raise SetupError(Reason.PROVIDER_FAILED, f"{answer.said} instead of {status}")
    if not isinstance(answer.content, dict):
        raise SetupError(Reason.PROVIDER_FAILED, f"{answer.said} and no JSON object")
    return answer.content
