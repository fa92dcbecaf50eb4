"""Ways to put an implementation into a state. Each answers the same few questions; none judges anything."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

State = Literal["pending", "completed", "cancelled", "expired", "overdue"]
STATES: frozenset[str] = frozenset({"pending", "completed", "cancelled", "expired", "overdue"})
OPERATIONS: frozenset[str] = frozenset({"read", "complete", "webhook-endpoint", "lifetime"})


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can do. `impossible` holds `overdue` where sessions flip the moment they expire."""

    states: frozenset[str]
    operations: frozenset[str] = frozenset()
    impossible: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Session:
    """A session as it was at creation: `attributes` by the documented names, as far as the provider knows them.

    `prepared_at` is our clock, in seconds since the epoch, when it was asked for.
    """

    id: str
    attributes: dict[str, Any] = field(repr=False)
    prepared_at: float

    @property
    def url(self) -> str:
        """The creation URL, or `''` when the provider does not tell it."""
        url = self.attributes.get("url")
        return url if isinstance(url, str) else ""

    def left_s(self, expires_in_s: int) -> float:
        """Seconds until it expires by our clock, if it was asked to do so in `expires_in_s`: as told, where the clocks
        agree; else as asked for, less the half second that `created` is cut by on average."""
        told, asked = self.attributes.get("expires_at"), self.prepared_at + expires_in_s
        return (told if isinstance(told, int) and abs(told - asked) < 2 else asked - 0.5) - time.time()


class Provider(Protocol):
    """A provider for one tenant. Every method raises `SetupError` when it was asked for what it offers and failed."""

    def capabilities(self) -> Capabilities:
        """What is offered. Raises `HarnessError` when the provider cannot be used at all."""

    def prepare(self, state: State, *, expires_in_s: int | None = None, api_key: str | None = None) -> Session:
        """A new session in `state`; with the operation `lifetime`, one that expires after `expires_in_s`; with another
        tenant's key, one of theirs."""

    def read(self, session_id: str) -> dict[str, Any]:
        """The session's attributes as they are now (operation `read`)."""

    def complete(self, session_id: str) -> bool:
        """Complete a pending session; False when it is no longer pending (operation `complete`)."""

    def put_webhook_endpoint(self, url: str, secret: str) -> None:
        """Have the tenant's events sent to `url` from now on (operation `webhook-endpoint`)."""

    def delete_webhook_endpoint(self) -> None:
        """Have them sent nowhere; does nothing where that is not supported."""

    def close(self) -> None:
        """Let go of connections."""
