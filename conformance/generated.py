"""Cancels that schemathesis makes up from the contract: its coverage phase always, its fuzzing where asked for.

Only the requests are its own. What an answer must be is judged by our rules, requirement by requirement: its default
checks fail correct implementations of this endpoint.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from conformance.documented import cancel_operation

# How many a thorough run makes.
FUZZED = 200
# Those that say where a request ends; with a value that is not true the next request on the connection suffers.
FRAMING = frozenset({"authorization", "connection", "content-length", "expect", "host", "te", "transfer-encoding"})
MEDIA_TYPES = ("application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "nonsense")


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """One cancel: `segment` is an id as it goes over the wire, `authorization` is empty where it could not be sent."""

    segment: str
    authorization: str
    headers: dict[str, str]
    body: bytes


def covering_methods() -> tuple[str, ...]:
    """Every method that the contract does not document for the cancel's path."""
    return tuple(sorted({case.method for case in _coverage()} - {"POST"}))


def covering_headers() -> tuple[dict[str, str], ...]:
    """Headers of requests that go wrong in their header alone, such as a media type that lacks a parameter."""
    headers = [_sendable(case.headers) for case in _coverage() if case.method == "POST"]
    return tuple(each for each in headers if each)


@cache
def _coverage() -> tuple[Any, ...]:
    # The key is ours to send. To make up values for its header takes hypothesis longer than all the rest.
    operation = cancel_operation(with_key=False)
    config = operation.schema.config.generation_for(operation=operation)
    modes = list(GenerationMode)
    return tuple(operation.schema.iter_coverage_cases(operation, generation_modes=modes, generation_config=config))


@cache
def fuzz_cancels(seed: int, count: int) -> tuple[Fuzzed, ...]:
    """As many as are asked for, the same for the same seed. Takes a second or two of computing."""
    made: list[Fuzzed] = []

    @hypothesis.seed(seed)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(
        case=cancel_operation().as_strategy(generation_mode=GenerationMode.NEGATIVE),
        media_type=st.sampled_from(MEDIA_TYPES),
        body=st.binary(max_size=200),
    )
    def collect(case: Any, media_type: str, body: bytes) -> None:
        authorization = dict(case.headers or {}).get("Authorization", "")
        headers = _sendable(case.headers) | {"Content-Type": media_type}
        authorization = authorization if _is_sendable("Authorization", authorization) else ""
        made.append(Fuzzed(case.path_parameters["session_id"], authorization, headers, body))

    collect()
    return tuple(made)


def _sendable(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Those that any client can put on the wire; the key is none of them."""
    pairs = dict(headers or {}).items()
    return {name: value for name, value in pairs if name.lower() not in FRAMING and _is_sendable(name, value)}


def _is_sendable(name: str, value: str) -> bool:
    is_token = re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name)
    return bool(is_token and value.isascii() and value.isprintable() and value == value.strip())
