"""The contract of 1099Policy's payment sessions: data, and the loader of what `make spec` built from it.

`openapi.yaml` is the contract, `requirements.yaml` its promises one by one, `provider.yaml` and `control.yaml` the two
protocols around it. Programs read the JSON in `built/`; nothing here needs prance or a YAML parser at run time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

__all__ = ["Requirement", "contract", "control_plane", "json_schema", "provider_protocol", "requirements"]

BUILT = Path(__file__).parent / "built"

Level = Literal["MUST", "SHOULD"]
Document = Literal["contract", "control", "provider"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One promise of the contract, as `requirements.yaml` states it (the file's head explains every field)."""

    id: str
    level: Level
    basis: Literal["S", "D", "V", "C", "A"]
    statement: str
    place: str
    states: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    other_key: bool = False

    @property
    def area(self) -> str:
        """The middle of the id: `HOOK` of `CXL-HOOK-4`."""
        return self.id.split("-")[1]


def contract() -> dict[str, Any]:
    """The vendor's endpoints as OpenAPI 3.0.3, every `$ref` resolved. A fresh copy on each call."""
    return _document("contract")


def control_plane() -> dict[str, Any]:
    """The mock's control plane as OpenAPI 3.0.3, every `$ref` resolved. A fresh copy on each call."""
    return _document("control")


def provider_protocol() -> dict[str, Any]:
    """The state-provider protocol as OpenAPI 3.0.3, every `$ref` resolved. A fresh copy on each call."""
    return _document("provider")


@cache
def requirements() -> tuple[Requirement, ...]:
    """The whole catalogue, in the order of `requirements.yaml`."""
    return tuple(
        Requirement(**{**entry, "states": tuple(entry["states"]), "operations": tuple(entry["operations"])})
        for entry in _read("requirements")
    )


def json_schema(name: str, document: Document = "contract") -> dict[str, Any]:
    """A schema of `components.schemas` as plain, self-contained JSON Schema (draft 4), `nullable` already translated.

    Raises `KeyError` when the document has no schema of that name.
    """
    schema: dict[str, Any] = _read("schemas")[document][name]
    return schema


def _document(name: Document) -> dict[str, Any]:
    document: dict[str, Any] = _read(name)
    return document


def _read(name: str) -> Any:
    return json.loads((BUILT / f"{name}.json").read_text(encoding="utf-8"))
