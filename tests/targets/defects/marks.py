"""The mark that says which requirement a defect breaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from tests.targets.correct import Correct

Implementation = TypeVar("Implementation", bound=type[Correct])


class Broken(NamedTuple):
    """A defect: the requirement that must fail for it, and the areas that must be exercised for that to show."""

    implementation: type[Correct]
    requirement_id: str
    areas: tuple[str, ...]


# Every defect by name.
BROKEN: dict[str, Broken] = {}


def breaks(requirement_id: str, *beside: str) -> Callable[[Implementation], Implementation]:
    """Register a defect under its class name; it shows in the requirement's area, together with those `beside` it."""

    def register(implementation: Implementation) -> Implementation:
        assert implementation.__name__ not in BROKEN
        areas = (requirement_id.split("-")[1], *beside)
        BROKEN[implementation.__name__] = Broken(implementation, requirement_id, areas)
        return implementation

    return register
