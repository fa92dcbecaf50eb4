"""A program as a provider: what it is asked, what its answers mean, and what is said when it fails."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from conformance.masking import Masker
from conformance.outcomes import HarnessError, NotTestable, Reason, SetupError
from conformance.providers import Provider
from conformance.providers.command import Command
from tests.conformance.programs import BRIDGE, program
from tests.mock_server.running import eventually
from tests.targets.correct import KEY, Correct
from tests.targets.variants import NoRead
from tests.targets.wire import serving

SECRET_URL = "https://pay.example.test/setup/live_tokenThatNobodyMaySee"


def answering(folder: Path, status: int, body: object = None) -> Command:
    """A program that gives one answer to everything and keeps what it was asked in `asked.json`."""
    answer = json.dumps({"status": status, "body": body})
    keep = f"import sys; open({str(folder / 'asked.json')!r}, 'w').write(sys.stdin.read()); print({answer!r})"
    return Command(program(folder, keep), KEY)


def asked(folder: Path) -> object:
    """What that program was asked last."""
    return json.loads((folder / "asked.json").read_text())


@pytest.fixture
def bridged(tmp_path: Path) -> Iterator[Callable[[Correct], Command]]:
    """Commands that speak for implementations, which are served until the test ends."""
    with ExitStack() as stack:

        def bridge(target: Correct) -> Command:
            url = stack.enter_context(serving(target.respond, target.clock))
            return Command(program(tmp_path, BRIDGE, url + "/provider"), KEY)

        yield bridge


def test_it_does_all_that_a_controller_does(bridged: Callable[[Correct], Command]) -> None:
    target = Correct()
    provider: Provider = bridged(target)
    assert provider.capabilities().operations == {"read", "complete", "webhook-endpoint", "lifetime"}
    session = provider.prepare("pending", expires_in_s=60)
    assert session.url == target.sessions[session.id].url
    assert session.attributes["expires_at"] - session.attributes["created"] == 60
    assert session.prepared_at == pytest.approx(time.time(), abs=10)
    assert provider.complete(session.id) is True
    assert provider.complete(session.id) is False
    assert provider.read(session.id)["status"] == "completed"
    provider.put_webhook_endpoint("http://127.0.0.1:9/hook", "whsec_c2VjcmV0")
    assert target.endpoints == {"one": ("http://127.0.0.1:9/hook", "whsec_c2VjcmV0")}
    provider.delete_webhook_endpoint()
    assert target.endpoints == {}
    provider.close()


def test_what_is_not_offered_is_not_testable(bridged: Callable[[Correct], Command]) -> None:
    provider = bridged(NoRead())
    with pytest.raises(NotTestable) as raised:
        provider.read(provider.prepare("pending").id)
    assert raised.value.reason is Reason.OPERATION_NOT_OFFERED


@pytest.mark.parametrize("status", [404, 405, 501])
def test_three_statuses_say_not_offered(status: int, tmp_path: Path) -> None:
    provider = answering(tmp_path, status)
    for ask in (
        lambda: provider.prepare("expired"),
        lambda: provider.complete("ps_1"),
        lambda: provider.put_webhook_endpoint("http://127.0.0.1:9/", ""),
    ):
        with pytest.raises(NotTestable):
            ask()
    provider.delete_webhook_endpoint()


def test_the_fields_are_those_of_the_http_protocol(tmp_path: Path) -> None:
    provider = answering(tmp_path, 201, {"session": {"id": "ps_1"}})
    provider.prepare("overdue")
    assert asked(tmp_path) == {"operation": "prepare", "api_key": KEY, "state": "overdue"}
    provider.prepare("pending", expires_in_s=2)
    assert asked(tmp_path) == {"operation": "prepare", "api_key": KEY, "state": "pending", "expires_in_s": 2}
    provider.put_webhook_endpoint("http://127.0.0.1:9/hook", "whsec_eA==")
    assert asked(tmp_path) == {
        "operation": "put-webhook-endpoint",
        "api_key": KEY,
        "url": "http://127.0.0.1:9/hook",
        "secret": "whsec_eA==",
    }
    provider.delete_webhook_endpoint()
    assert asked(tmp_path) == {"operation": "delete-webhook-endpoint", "api_key": KEY}
    provider.ask("read", session_id="ps_é/1", api_key="another")
    assert asked(tmp_path) == {"operation": "read", "api_key": "another", "session_id": "ps_é/1"}


@pytest.mark.parametrize(
    ("text", "came"),
    [
        ("raise ValueError('no database')", "exited with 1: ValueError: no database"),
        ("import sys; sys.exit(3)", "exited with 3"),
        ("import os; os.kill(os.getpid(), 9)", "ended by signal 9"),
        ("", "printed no JSON object"),
        ("print('hello')", "printed no JSON object like"),
        ("print('{\"status\": 201')", "printed no JSON object"),
        ("print('[201]')", "printed no JSON object"),
        ('print(\'{"session": {"id": "ps_1"}}\')', "printed no JSON object"),
        ('print(\'{"status": "201"}\')', "printed no JSON object"),
        ("print('{\"status\": true}')", "printed no JSON object"),
        ("print('{\"status\": 7}')", "printed no JSON object"),
        ("print('[' * 100000)", "printed no JSON object"),
        ("import sys; sys.stdout.buffer.write(b'\\xff\\xfe\\xff')", "printed no JSON object"),
        ("print('{\"status\": 500}')", "answered 500 instead of 201"),
        ("print('{\"status\": 201}')", "answered 201 and no JSON object"),
        ('print(\'{"status": 201, "body": {"session": {}}}\')', "without a session that has an id"),
    ],
)
def test_a_failing_program_is_a_setup_error_with_what_was_asked_and_what_came(
    text: str, came: str, tmp_path: Path
) -> None:
    with pytest.raises(SetupError) as raised:
        Command(program(tmp_path, text), KEY).prepare("expired")
    assert raised.value.reason is Reason.PROVIDER_FAILED
    assert raised.value.message.startswith('provider: prepare {"state": "expired"}')
    assert came in raised.value.message
    assert "\n" not in raised.value.message


@pytest.mark.parametrize("text", ["1 / 0", "print('hello')", 'print(\'{"status": 200, "body": {"states": "x"}}\')'])
def test_without_well_formed_capabilities_nothing_can_be_judged(text: str, tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"^provider: capabilities") as raised:
        Command(program(tmp_path, text), KEY).capabilities()
    assert raised.value.reason is Reason.PROVIDER_UNUSABLE


def test_a_program_that_does_not_end_is_ended_with_all_it_has_started(tmp_path: Path) -> None:
    text = f"""
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open({str(tmp_path / "pids")!r}, "w").write(f"{{os.getpid()}} {{child.pid}}")
time.sleep(60)
"""
    started = time.monotonic()
    with pytest.raises(SetupError, match=r"the program did not end within 0\.5 s"):
        Command(program(tmp_path, text), KEY, timeout_s=0.5).prepare("pending")
    assert time.monotonic() - started < 5
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert eventually(lambda: not any(map(is_running, pids)))


def test_a_program_that_prints_without_end_is_ended(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="printed more than 1048576 bytes"):
        Command(program(tmp_path, "while True: print('x' * 1000)"), KEY).prepare("pending")


def test_what_a_program_leaves_running_does_not_keep_us_waiting(tmp_path: Path) -> None:
    text = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3)"])
print('{"status": 200, "body": {"states": ["pending"], "operations": []}}')
"""
    started = time.monotonic()
    assert Command(program(tmp_path, text), KEY).capabilities().states == {"pending"}
    assert time.monotonic() - started < 2


def test_a_program_that_reads_nothing_may_answer(tmp_path: Path) -> None:
    provider = Command(program(tmp_path, "print('{\"status\": 204}')"), KEY)
    provider.put_webhook_endpoint("http://127.0.0.1:9/" + "x" * 200_000, "")


def test_no_shell_takes_part(tmp_path: Path) -> None:
    text = "import json, sys; sys.exit('|'.join(sys.argv[1:]))"
    line = program(tmp_path, text) + f" '$HOME' ; touch {tmp_path}/made"
    with pytest.raises(SetupError, match=r"\$HOME\|;\|touch"):
        Command(line, KEY).prepare("pending")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_no_secret_is_shown_of_what_a_program_says(stream: str, tmp_path: Path) -> None:
    text = f"""
import json, sys
asked = json.load(sys.stdin)
print("refused", asked["api_key"], {SECRET_URL!r}, "http://user:pass@db.test/x", asked.get("secret"),
      {{'token': 'a1b2c3d4e5f6a7b8c9'}}, "at", asked.get("url"), file=sys.{stream})
sys.exit({int(stream == "stderr")})
"""
    masker = Masker()
    with pytest.raises(SetupError) as raised:
        Command(program(tmp_path, text), KEY, masker).put_webhook_endpoint(
            "http://127.0.0.1:9/unguessable", "whsec_abc"
        )
    message = raised.value.message
    assert "refused [api key] https://pay.example.test/[…]" in message
    for secret in (KEY, "live_token", "pass", "whsec_abc", "a1b2c3d4", "unguessable"):
        assert secret not in message
    assert masker.mask(KEY) == "[api key]"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "no program"),
        ("   ", "no program"),
        ("'unclosed", "no closing quotation"),
        ("no-such-program-anywhere --flag", "'no-such-program-anywhere'"),
        ("./no/such/file", "'./no/such/file'"),
    ],
)
def test_a_program_that_cannot_be_run_is_told_in_one_line(line: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as raised:
        Command(line, KEY)
    assert "\n" not in str(raised.value)


def test_a_file_that_the_system_cannot_run_is_a_setup_error(tmp_path: Path) -> None:
    file = tmp_path / "provider"
    file.write_bytes(b"\x00\x01 no program")
    file.chmod(0o755)
    with pytest.raises(SetupError, match="could not be run: Exec format error"):
        Command(str(file), KEY).prepare("pending")


def is_running(pid: int) -> bool:
    """Whether a process is there, and is more than what is left of one until its parent looks."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
