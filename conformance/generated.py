"""Cancels that schemathesis makes up from the contract: ids and keys as its schema allows them, by the run's seed.

Only the requests are its own; what an answer must be is judged by our rules, since its default checks fail correct
implementations of this endpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, settings

from conformance.documented import cancel_operation


@dataclass(frozen=True, slots=True)
class GeneratedCancel:
    """`segment` is the id as it goes over the wire; `authorization` is None where the valid key is meant."""

    segment: str
    authorization: str | None


def generate_cancels(seed: int, count: int) -> list[GeneratedCancel]:
    """As many as are asked for, the same for the same seed."""
    cancels: list[GeneratedCancel] = []

    @hypothesis.seed(seed)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=cancel_operation().as_strategy())
    def collect(case: Any) -> None:
        authorization = dict(case.headers or {}).get("Authorization", "")
        # Some could not be put on the wire by any client; `Bearer` alone is another requirement's.
        is_sendable = authorization.isascii() and authorization.isprintable() and authorization == authorization.strip()
        segment = case.path_parameters["session_id"]
        cancels.append(GeneratedCancel(segment, authorization if authorization and is_sendable else None))

    collect()
    return cancels
