"""Lawful variants: implementations that differ from the correct one in what the contract leaves open."""

from __future__ import annotations

from tests.targets.correct import Correct
from tests.targets.variants import (
    answers,
    credentials,
    errors,
    expiry,
    ids,
    pace,
    provider,
    routes,
    urls,
    webhooks,
    wire,
)
from tests.targets.variants.provider import NoRead

__all__ = ["NoRead", "lawful"]

SUBJECTS = (errors, ids, answers, wire, pace, webhooks, expiry, routes, credentials, provider, urls)
FAMILIES = {errors.Told, webhooks.OtherEventShape, routes.OtherMethod}


def lawful() -> dict[str, type[Correct]]:
    """Every variant by name."""
    return {
        name: each
        for subject in SUBJECTS
        for name, each in vars(subject).items()
        if isinstance(each, type) and issubclass(each, Correct) and each is not Correct and each not in FAMILIES
    }
