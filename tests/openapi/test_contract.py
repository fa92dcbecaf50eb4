"""The contract says what the page says, in a form that other tools read."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from openapi import contract, json_schema
from openapi.build import stale

SOURCE = Path(__file__).parents[2] / "openapi"
CANCEL = "/api/v1/payment/sessions/{session_id}/cancel"

# The page's table of the 200: attribute, JSON type, whether it is marked nullable.
PAGE = {
    "cancelled_at": ("integer", True),
    "completed_at": ("integer", True),
    "contractor_id": ("string", False),
    "created": ("integer", False),
    "expires_at": ("integer", False),
    "id": ("string", False),
    "processor": ("string", False),
    "return_url": ("string", False),
    "status": ("string", False),
    "url": ("string", False),
}


def source() -> dict[str, Any]:
    """openapi.yaml as it is written."""
    document: dict[str, Any] = yaml.safe_load((SOURCE / "openapi.yaml").read_text(encoding="utf-8"))
    return document


def test_what_programs_read_is_what_the_sources_build() -> None:
    assert stale() == []


def test_every_attribute_of_the_page_is_there_with_its_type_and_nullability() -> None:
    properties = source()["components"]["schemas"]["PaymentSession"]["properties"]
    assert {name: (p["type"], p.get("nullable", False)) for name, p in properties.items()} == PAGE


def test_every_integer_is_64_bits_wide_and_says_its_unit() -> None:
    properties = source()["components"]["schemas"]["PaymentSession"]["properties"]
    integers = [p for p in properties.values() if p["type"] == "integer"]
    assert len(integers) == 4
    assert all(p["format"] == "int64" and "seconds since the Unix epoch" in p["description"] for p in integers)


def test_every_answer_of_the_page_is_there_and_no_other() -> None:
    assert set(contract()["paths"][CANCEL]["post"]["responses"]) == {"200", "400", "403", "404"}


def test_the_cancel_takes_no_body() -> None:
    assert "requestBody" not in contract()["paths"][CANCEL]["post"]


def test_the_cancelled_session_is_narrowed_as_the_page_implies() -> None:
    schema = source()["components"]["schemas"]["CancelledPaymentSession"]
    assert schema["properties"]["status"]["enum"] == ["cancelled"]
    assert "nullable" not in schema["properties"]["cancelled_at"]
    assert schema["properties"]["completed_at"]["enum"] == [None]
    assert set(PAGE) - set(schema["required"]) == {"url"}
    assert "additionalProperties" not in schema


@pytest.mark.parametrize("name", ["CreatedPaymentSession", "CancelledPaymentSession"])
def test_attributes_that_no_status_changes_are_described_alike(name: str) -> None:
    schemas = source()["components"]["schemas"]
    for attribute in ("id", "contractor_id", "processor", "return_url", "created", "expires_at"):
        assert schemas[name]["properties"][attribute] == schemas["PaymentSession"]["properties"][attribute]


def test_every_documented_error_code_has_an_example_and_a_session_that_meets_it() -> None:
    operation = contract()["paths"][CANCEL]["post"]
    examples = {
        name: example["value"]["error_code"]
        for status in ("400", "403", "404")
        for name, example in operation["responses"][status]["content"]["application/json"]["examples"].items()
    }
    assert {"session_not_pending", "session_expired"} < set(examples)
    assert all(name == code for name, code in examples.items())
    assert set(examples) < set(operation["parameters"][0]["examples"])


def test_the_file_refers_to_no_other_file_and_uses_no_yaml_anchor() -> None:
    text = (SOURCE / "openapi.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"\$ref: '([^#']*)", text)) == {""}
    assert not re.search(r": [&*]\w", text)


def test_every_schema_stands_by_name_under_components() -> None:
    def inline(node: Any) -> list[Any]:
        if isinstance(node, list):
            return [found for item in node for found in inline(item)]
        if not isinstance(node, dict):
            return []
        here = [node["schema"]] if isinstance(node.get("schema"), dict) and "properties" in node["schema"] else []
        return here + [found for value in node.values() for found in inline(value)]

    assert inline({key: value for key, value in source().items() if key != "components"}) == []


def test_the_contract_names_none_of_our_code() -> None:
    text = (SOURCE / "openapi.yaml").read_text(encoding="utf-8")
    for name in ("mock_server", "conformance", "connexion", "operationHandler", "x-openapi-router", "InfoFunc"):
        assert name not in text


def test_the_3_1_rendition_has_the_webhook_at_the_top_and_no_nullable() -> None:
    text = (SOURCE / "built" / "contract-3.1.json").read_text(encoding="utf-8")
    rendition = yaml.safe_load(text)
    assert rendition["openapi"] == "3.1.0"
    assert "paymentSessionCancelled" in rendition["webhooks"]
    assert "nullable" not in text
    assert rendition["components"]["schemas"]["PaymentSession"]["properties"]["cancelled_at"]["type"] == [
        "integer",
        "null",
    ]


def test_plain_schemas_allow_null_exactly_where_the_page_does() -> None:
    properties = json_schema("PaymentSession")["properties"]
    nullable = {name for name, schema in properties.items() if "null" in schema["type"]}
    assert nullable == {name for name, (_, is_nullable) in PAGE.items() if is_nullable}


def test_a_generated_client_has_a_model_for_every_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config.from_sources(
        ConfigFile(post_hooks=[], package_name_override="generated_client"),
        MetaType.NONE,
        document_source=SOURCE / "openapi.yaml",
        file_encoding="utf-8",
        overwrite=True,
        output_path=tmp_path / "generated_client",
    )
    assert generate(config=config) == []
    monkeypatch.syspath_prepend(str(tmp_path))
    operation = importlib.import_module("generated_client.api.payment_sessions.cancel_payment_session")
    text = Path(str(operation.__file__)).read_text(encoding="utf-8")
    models = importlib.import_module("generated_client.models")
    for status, model in (("200", "CancelledPaymentSession"), ("400", "Error"), ("403", "Error"), ("404", "Error")):
        assert f"response_{status} = {model}.from_dict" in text
    example = contract()["paths"][CANCEL]["post"]["responses"]["200"]["content"]["application/json"]["examples"]
    value = example["cancelled"]["value"]
    assert models.CancelledPaymentSession.from_dict(value).to_dict() == value
    for name in [name for name in sys.modules if name.startswith("generated_client")]:
        del sys.modules[name]
