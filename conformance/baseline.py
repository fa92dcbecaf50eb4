"""The baseline: failures that are accepted by name, each for a reason and until a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import yaml

from conformance.verdict import Accepted
from openapi import requirements


def load_baseline(path: Path) -> dict[str, Accepted]:
    """The entries of a YAML file, a list of `{id, reason, expires}` with `expires` as YYYY-MM-DD, by id.

    Raises `OSError` when the file cannot be read and `ValueError`, with the entry at fault, when it is not such a list.
    """
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(entries, list):
        raise ValueError("not a list of entries with id, reason and expires")
    known = {requirement.id for requirement in requirements()}
    baseline = {}
    for number, entry in enumerate(entries, start=1):
        accepted = _accepted(entry, known, f"entry {number}")
        baseline[accepted.id] = accepted
    return baseline


def _accepted(entry: object, known: set[str], where: str) -> Accepted:
    if not isinstance(entry, dict) or set(entry) != {"id", "reason", "expires"}:
        raise ValueError(f"{where} must have exactly id, reason and expires")
    if entry["id"] not in known:
        raise ValueError(f"{where} names no requirement: {entry['id']!r}")
    if not isinstance(entry["reason"], str) or not entry["reason"].strip():
        raise ValueError(f"{where} needs a reason in words")
    if not isinstance(entry["expires"], date):
        raise ValueError(f"{where}: expires must be a day, YYYY-MM-DD")
    return Accepted(entry["id"], entry["reason"], entry["expires"])
