"""What went over the wire: a request with its answer, and the ledger of everything that a run has done."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer. Times are seconds: `sent_at` and `received_at` of the wall clock since the epoch,
    `started` and `ended` of the monotonic clock. `attempts` counts tries: after 429, 503, a gateway error, or no
    answer, perhaps on a connection that had been given up; `unanswered` counts those last ones."""

    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...]
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    sent_at: float
    received_at: float
    started: float
    ended: float
    attempts: int = 1
    unanswered: int = 0
    request_body: bytes = b""

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 are replaced."""
        return self.body.decode("utf-8", "replace")

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case, or `None`."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def json(self) -> Any:
        """The body as JSON, which is UTF-8 without a mark (RFC 8259). Raises `ValueError` when it is none."""
        try:
            return json.loads(self.body.decode("utf-8"), parse_constant=_refuse)
        except RecursionError:
            raise ValueError("nested too deeply") from None

    def date(self) -> float | None:
        """The answer's `Date` in seconds since the epoch, or `None` when it is missing or unreadable."""
        try:
            return parsedate_to_datetime(self.header("date") or "").timestamp()
        except ValueError:
            return None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


@dataclass
class Ledger:
    """What a run has done so far, shared by all its connections.

    `cancels` are those with the valid key and nothing added, with their session id. `cancelled` holds when (monotonic
    seconds) a cancel of that session id answered 200; `known` every id prepared, and `prepared_cancelled` those that
    were cancelled by other means than the cancel under test. `is_flaky` once a request was answered that got no answer
    at first, though the first try cannot have made a difference.
    """

    exchanges: list[Exchange] = field(default_factory=list)
    cancels: list[tuple[str, Exchange]] = field(default_factory=list)
    cancelled: dict[str, float] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    prepared_cancelled: set[str] = field(default_factory=set)
    is_flaky: bool = False
