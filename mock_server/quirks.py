"""Hostility that the contract permits, named, off by default, seeded: the same calls meet the same quirks.

A draw hashes seed, tenant, the session's number in its tenant, operation and attempt; no quirk strikes the same
operation on the same session more than twice in a row, so that a client which retries gets through.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Side = Literal["request", "answer", "webhook"]
MOST_IN_A_ROW = 2


@dataclass(frozen=True, slots=True)
class Kind:
    """What a quirk does, on which side, and its parameters with their defaults."""

    side: Side
    description: str
    parameters: dict[str, float] = field(default_factory=dict)


KINDS: dict[str, Kind] = {
    "latency": Kind("request", "the answer comes `s` seconds late", {"s": 0.5}),
    "unavailable": Kind("request", "503 with Retry-After, before anything is changed", {"retry_after_s": 1}),
    "drop-before-commit": Kind("request", "the connection drops, and nothing was changed"),
    "drop-after-commit": Kind("answer", "the connection drops, though the change was made"),
    "extra-attributes": Kind("answer", "the session has attributes that the page does not list"),
    "url-empty": Kind("answer", "the cancelled session has an empty `url`"),
    "url-redacted": Kind("answer", "the cancelled session has a `url` without its token"),
    "webhook-delayed": Kind("webhook", "the first attempt comes `s` seconds late", {"s": 1.0}),
    "webhook-duplicated": Kind("webhook", "a delivered event is delivered once more"),
    "webhook-reordered": Kind("webhook", "the event waits until a later one has gone, `s` seconds at most", {"s": 2.0}),
    "webhook-dropped": Kind("webhook", "the first attempt is lost on the way; the next one comes by schedule"),
    "webhook-bad-signature": Kind("webhook", "an attempt with a signature that does not verify; then a good one"),
    "webhook-stale": Kind(
        "webhook", "an attempt signed with a timestamp `s` seconds old; then a fresh one", {"s": 3600}
    ),
}


@dataclass(slots=True)
class Rule:
    """A quirk that is on: how often it strikes, for how many strikes (`left`) and until when (wall time)."""

    name: str
    parameters: dict[str, float]
    probability: float = 1.0
    left: int | None = None
    until: float | None = None

    def as_attributes(self) -> dict[str, Any]:
        """The rule as the control plane takes and shows it."""
        rule: dict[str, Any] = {"name": self.name, "probability": self.probability, "parameters": self.parameters}
        if self.left is not None:
            rule["next"] = self.left
        if self.until is not None:
            rule["until"] = self.until
        return rule


@dataclass(frozen=True, slots=True)
class Strike:
    """A quirk that strikes now."""

    name: str
    parameters: dict[str, float]


class Quirks:
    """The rules of one tenant and what they have struck so far."""

    def __init__(self, seed: int, tenant: str, rules: Iterable[Rule] = ()) -> None:
        self.seed = seed
        self._tenant = tenant
        self.rules = list(rules)
        # Called when a rule has counted a strike, so that the count can be kept.
        self.on_count: Callable[[], None] = _keep_nothing
        # By (operation, session's number, quirk): attempts seen, strikes in a row.
        self._history: dict[tuple[str, int, str], tuple[int, int]] = {}

    def draw(self, side: Side, operation: str, ordinal: int) -> list[Strike]:
        """What strikes this attempt. Costs nothing while no quirk is on."""
        if not self.rules:
            return []
        now = time.time()
        self.rules = [rule for rule in self.rules if rule.left != 0 and (rule.until is None or rule.until > now)]
        return [
            Strike(rule.name, rule.parameters)
            for rule in self.rules
            if KINDS[rule.name].side == side and self._strikes(rule, operation, ordinal)
        ]

    def replace(self, rules: Iterable[Rule]) -> None:
        """Switch to these rules; the draws begin anew."""
        self.rules = list(rules)
        self._history.clear()

    def as_text(self) -> str:
        """The rules as JSON, for the store."""
        return json.dumps([rule.as_attributes() for rule in self.rules])

    def _strikes(self, rule: Rule, operation: str, ordinal: int) -> bool:
        key = (operation, ordinal, rule.name)
        attempt, in_a_row = self._history.get(key, (0, 0))
        drawn = f"{self.seed}|{self._tenant}|{ordinal}|{operation}|{attempt}|{rule.name}"
        share = int.from_bytes(hashlib.sha256(drawn.encode()).digest()[:6]) / 2**48
        strikes = share < rule.probability and in_a_row < MOST_IN_A_ROW
        self._history[key] = (attempt + 1, in_a_row + 1 if strikes else 0)
        if strikes and rule.left is not None:
            rule.left -= 1
            self.on_count()
        return strikes


def _keep_nothing() -> None:
    """In memory alone."""


def rule_of(attributes: dict[str, Any], now: float) -> Rule:
    """A rule from `{"name", "probability", "parameters", "next", "for_s" or "until"}`. Raises `ValueError` in words."""
    name = attributes.get("name")
    if name not in KINDS:
        raise ValueError("there is no quirk of that name; `python -m mock_server quirks` lists them")
    parameters = dict(KINDS[name].parameters)
    for key, value in (attributes.get("parameters") or {}).items():
        if key not in parameters:
            raise ValueError(f"{name} has no such parameter; it has: {', '.join(parameters) or 'none'}")
        parameters[key] = _number(f"{name}: {key}", value, 0, 86400)
    until = attributes.get("until")
    if attributes.get("for_s") is not None:
        until = now + _number(f"{name}: for_s", attributes["for_s"], 0, 10**9)
    left = attributes.get("next")
    return Rule(
        name,
        parameters,
        _number(f"{name}: probability", attributes.get("probability", 1.0), 0, 1),
        None if left is None else int(_number(f"{name}: next", left, 0, 10**9)),
        until,
    )


def parse_rule(text: str) -> Rule:
    """A rule from the command line: `NAME` or `NAME=key:value,...`, with `probability`, `next` or a parameter as key.
    Raises `ValueError` with words."""
    name, _, rest = text.partition("=")
    attributes: dict[str, Any] = {"name": name, "parameters": {}}
    for pair in filter(None, rest.split(",")):
        key, _, value = pair.partition(":")
        place = attributes if key in {"probability", "next"} else attributes["parameters"]
        place[key] = value
    return rule_of(attributes, time.time())


def load_rules(text: str) -> list[Rule]:
    """The rules that `as_text` wrote."""
    return [rule_of(attributes, time.time()) for attributes in json.loads(text)]


def _number(what: str, value: Any, least: float, most: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{what} must be a number") from None
    if not least <= number <= most:
        raise ValueError(f"{what} must be from {least:g} to {most:g}")
    return number
