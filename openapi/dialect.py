"""From OpenAPI 3.0's dialect of JSON Schema to the plain one, in one place: validators and the 3.1 rendition use it.

OpenAPI 3.0 says `nullable: true` where JSON Schema lists `null` among the types; validators of plain JSON Schema ignore
`nullable` and would refuse the null.
"""

from __future__ import annotations

from typing import Any

# In these, keys are names that somebody chose, never keywords.
_MAPS = frozenset({"properties", "patternProperties", "definitions", "schemas"})
# In these, the content is data, never schema.
_DATA = frozenset({"enum", "default", "example", "examples", "required"})


def json_schema_of(schema: Any) -> Any:
    """The same schema in plain JSON Schema: `nullable` becomes a type, annotations of OpenAPI alone are dropped."""
    return _translated(schema, dropped=frozenset({"example", "discriminator", "xml", "externalDocs"}))


def openapi_3_1_of(document: dict[str, Any]) -> dict[str, Any]:
    """An OpenAPI 3.0 document as 3.1: translated schemas, `x-webhooks` as the top-level `webhooks`."""
    rendition = {"webhooks" if key == "x-webhooks" else key: value for key, value in document.items()}
    rendition = {key: _with_schemas_translated(value) for key, value in rendition.items()}
    return {**rendition, "openapi": "3.1.0"}


def _with_schemas_translated(node: Any) -> Any:
    if isinstance(node, list):
        return [_with_schemas_translated(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: _member_translated(key, value) for key, value in node.items()}


def _member_translated(key: str, value: Any) -> Any:
    if key == "schema":
        return _translated(value, dropped=frozenset())
    if key == "schemas":
        return {name: _translated(schema, dropped=frozenset()) for name, schema in value.items()}
    if key in {"example", "examples"}:
        return value
    return _with_schemas_translated(value)


def _translated(schema: Any, dropped: frozenset[str]) -> Any:
    if isinstance(schema, list):
        return [_translated(item, dropped) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _MAPS:
            plain[key] = {name: _translated(member, dropped) for name, member in value.items()}
        elif key in _DATA:
            plain[key] = value
        elif key != "nullable":
            plain[key] = _translated(value, dropped)
    if schema.get("nullable") is True:
        plain["type"] = [schema["type"], "null"]
    for key in dropped:
        plain.pop(key, None)
    return plain
