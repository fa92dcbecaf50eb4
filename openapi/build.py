"""Build what programs read from what people write: `python -m openapi.build`, or `make spec`.

    openapi.yaml       contract.json       every $ref resolved, for connexion and schemathesis
                       contract-3.1.json   the same contract as OpenAPI 3.1, with top-level `webhooks`
    control.yaml       control.json        resolved
    provider.yaml      provider.json       resolved
    all three          schemas.json        their named schemas as plain JSON Schema, for validators
    requirements.yaml  requirements.json   every field filled in

`--check` writes nothing and exits 1 when a file is stale. Exit 2: a source cannot be read or is not valid OpenAPI.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import yaml
from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
from prance import ResolvingParser, ValidationError
from prance.util.url import ResolutionError

from openapi import BUILT
from openapi.dialect import json_schema_of, openapi_3_1_of

SOURCES = Path(__file__).parent
DOCUMENTS = {"contract": "openapi.yaml", "control": "control.yaml", "provider": "provider.yaml"}


def build() -> dict[str, Any]:
    """Every built document by file name, not yet written.

    Raises `OpenAPIValidationError`, prance's `ValidationError` and `ResolutionError`, `yaml.YAMLError`, `OSError`.
    """
    built: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for name, source in DOCUMENTS.items():
        resolved = _resolved(SOURCES / source)
        built[f"{name}.json"] = resolved
        schemas[name] = {key: json_schema_of(schema) for key, schema in resolved["components"]["schemas"].items()}
    built["schemas.json"] = schemas
    built["contract-3.1.json"] = openapi_3_1_of(_load(SOURCES / "openapi.yaml"))
    validate(built["contract-3.1.json"])
    defaults: dict[str, Any] = {"states": [], "operations": [], "other_key": False}
    built["requirements.json"] = [defaults | entry for entry in _load(SOURCES / "requirements.yaml")]
    return built


def stale() -> list[str]:
    """Names of the files in `built/` that differ from what the sources would build, missing and surplus ones too."""
    built = {name: _render(document) for name, document in build().items()}
    present = {path.name: path.read_text(encoding="utf-8") for path in BUILT.glob("*.json")}
    return sorted(name for name in built.keys() | present.keys() if built.get(name) != present.get(name))


def _resolved(source: Path) -> dict[str, Any]:
    # Twice validated: as it is written, since other tools read it so, and (by prance) as it is resolved.
    validate(_load(source), base_uri=source.as_uri())
    document: dict[str, Any] = json.loads(json.dumps(ResolvingParser(source.as_uri()).specification))
    return document


def _load(source: Path) -> Any:
    return yaml.safe_load(source.read_text(encoding="utf-8"))


def _render(document: Any) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write or check `built/`; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m openapi.build", description="Build openapi/built from the YAML.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a built file is stale")
    options = parser.parse_args(arguments)
    try:
        if options.check:
            for name in (names := stale()):
                print(f"openapi/built/{name} is stale: run `make spec`", file=sys.stderr)
            return 1 if names else 0
        BUILT.mkdir(exist_ok=True)
        for name, document in build().items():
            (BUILT / name).write_text(_render(document), encoding="utf-8")
    except (OpenAPIValidationError, ValidationError, ResolutionError, yaml.YAMLError, OSError) as error:
        print(f"openapi: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
