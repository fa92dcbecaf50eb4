"""Contract, mock and suite agree, and neither of the two leans on the other."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from mock_server.app import Mock
from mock_server.server import drop
from mock_server.settings import Settings
from openapi import contract, control_plane, provider_protocol

ROOT = Path(__file__).resolve().parents[1]
METHODS = {"get", "put", "post", "delete", "patch", "head", "options"}


def imports_of(path: Path) -> set[str]:
    """The modules a file imports, as they are named."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize(
    ("package", "foreign"),
    [
        ("mock_server", {"conformance", "tests", "prance"}),
        ("conformance", {"mock_server", "tests", "prance"}),
        ("openapi", {"mock_server", "conformance", "tests"}),
        ("tests/targets", {"mock_server", "conformance", "openapi"}),
    ],
)
def test_no_part_imports_what_it_must_not_lean_on(package: str, foreign: set[str]) -> None:
    for path in (ROOT / package).rglob("*.py"):
        if path != ROOT / "openapi" / "build.py":
            assert {name.partition(".")[0] for name in imports_of(path)} & foreign == set(), path


@pytest.mark.parametrize("package", ["mock_server", "conformance"])
def test_imports_point_down_the_map_of_the_package(package: str) -> None:
    folder = ROOT / package
    text = (folder / "__init__.py").read_text()
    order = [line.split()[0] for line in text.splitlines() if line.startswith("    ")]
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    parts = {path.parent.name for path in folder.glob("*/__init__.py")}
    assert sorted(order) == sorted(modules | parts), "the map names every module once"
    for path in folder.rglob("*.py"):
        own = path.relative_to(folder).parts[0].removesuffix(".py")
        for name in imports_of(path):
            root, _, rest = name.partition(".")
            if root == package and rest and own not in {"__init__", rest.partition(".")[0]}:
                assert order.index(rest.partition(".")[0]) > order.index(own), f"{own} imports {name}"


def operations(document: dict[str, Any]) -> set[str]:
    """Every operationId of a document."""
    return {
        operation["operationId"]
        for item in document["paths"].values()
        for method, operation in item.items()
        if method in METHODS
    }


def test_the_mock_serves_every_operation_of_its_two_documents() -> None:
    mock = Mock(Settings(), drop)
    # connexion refuses to start when an operationId has no function; one that is missing in a document is never served.
    assert operations(contract()) == {"createPaymentSession", "cancelPaymentSession"}
    assert len(mock.app.middleware.apis) == 2


def test_the_control_plane_serves_the_whole_provider_protocol() -> None:
    control, provider = control_plane()["paths"], provider_protocol()["paths"]
    for path, item in provider.items():
        assert set(item) & METHODS <= set(control[path]), path
