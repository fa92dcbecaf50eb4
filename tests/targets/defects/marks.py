"""The mark that says which requirement a defect breaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tests.targets.correct import Correct

Implementation = TypeVar("Implementation", bound=type[Correct])

# Every defect by name, with the requirement that must fail for it.
BROKEN: dict[str, tuple[type[Correct], str]] = {}


def breaks(requirement_id: str) -> Callable[[Implementation], Implementation]:
    """Register a defect under its class name."""

    def register(implementation: Implementation) -> Implementation:
        assert implementation.__name__ not in BROKEN
        BROKEN[implementation.__name__] = (implementation, requirement_id)
        return implementation

    return register
