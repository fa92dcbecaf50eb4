"""Breaches of the contract, one in each class: the docstring says which, the mark which requirement must notice."""

from __future__ import annotations

from tests.targets.defects import (
    answers,
    attributes,
    credentials,
    errors,
    hostile_ids,
    later,
    methods,
    near_misses,
    not_found,
    races,
    refusals,
    secrets,
    times,
    webhooks,
)
from tests.targets.defects.marks import BROKEN

__all__ = [
    "BROKEN",
    "answers",
    "attributes",
    "credentials",
    "errors",
    "hostile_ids",
    "later",
    "methods",
    "near_misses",
    "not_found",
    "races",
    "refusals",
    "secrets",
    "times",
    "webhooks",
]
