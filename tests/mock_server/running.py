"""The real mock as a subprocess, and callers with a key each: everything over real sockets."""

from __future__ import annotations

import base64
import os
import secrets
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, TypeVar

import httpx2

ROOT = Path(__file__).resolve().parents[2]
SESSIONS = "/api/v1/payment/sessions"
RETURN_URL = "https://app.example.com/payments/done"
LONGEST_S = 10.0
# Nothing here speaks TLS, and loading the authorities takes 36 ms of CPU for each client.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

Found = TypeVar("Found")


def eventually(look: Callable[[], Found], timeout_s: float = 5.0) -> Found:
    """What `look` finds, as soon as it is truthy; what it found last when the time is over."""
    deadline = time.monotonic() + timeout_s
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


def fresh_key() -> str:
    """A key nobody has used: a world of one's own."""
    return f"t9k_test_{secrets.token_hex(8)}"


def fresh_secret() -> str:
    """A webhook secret."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def environment(**more: str) -> dict[str, str]:
    """Ours, without settings of a mock."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MOCK_SERVER_")} | more


def command(*arguments: str) -> list[str]:
    """The command line of the mock."""
    return [sys.executable, "-m", "mock_server", *arguments]


def run_mock(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        command(*arguments),
        cwd=ROOT,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )


def ask(method: str, url: str, **more: Any) -> httpx2.Response:
    """One request, without a key unless its headers have one."""
    return httpx2.request(method, url, trust_env=False, verify=NO_TLS, **{"timeout": LONGEST_S, **more})


@dataclass
class RunningMock:
    """A mock that listens."""

    process: subprocess.Popen[bytes]
    out: IO[bytes]
    err: IO[bytes]
    url: str = ""

    @property
    def control_url(self) -> str:
        """Where the control plane is."""
        return self.url + "/_mock/v1"

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    def stdout(self) -> str:
        """All of it so far."""
        return Path(self.out.name).read_text()

    def stderr(self) -> str:
        """All of it so far."""
        return Path(self.err.name).read_text()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal and wait; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(LONGEST_S)

    def caller(self, key: str | None = None, **headers: str) -> Caller:
        """Somebody with a key, a fresh one unless given."""
        return Caller(self, key or fresh_key(), headers)


@contextmanager
def running_mock(*flags: str, **variables: str) -> Iterator[RunningMock]:
    """Start the mock on a free port, with these flags and environment variables; stop it at the end."""
    with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
        process = subprocess.Popen(
            command("--port", "0", *flags), cwd=ROOT, env=environment(**variables), stdout=out, stderr=err
        )
        mock = RunningMock(process, out, err)
        try:
            eventually(lambda: "\n" in mock.stdout() or process.poll() is not None, LONGEST_S)
            first = mock.stdout().partition("\n")[0]
            assert first.startswith("Listening on "), f"{first!r}, exit {process.poll()}: {mock.stderr()}"
            mock.url = first.removeprefix("Listening on ").replace("//0.0.0.0:", "//127.0.0.1:")
            yield mock
        finally:
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(LONGEST_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Caller:
    """One key's requests to one mock: `api` for the contract, `control` for the control plane."""

    def __init__(self, mock: RunningMock, key: str, headers: Mapping[str, str]) -> None:
        self.key = key
        every = {"Authorization": f"Bearer {key}", **headers}
        self.api = httpx2.Client(base_url=mock.url, headers=every, trust_env=False, verify=NO_TLS, timeout=LONGEST_S)
        self.control = httpx2.Client(
            base_url=mock.control_url, headers=every, trust_env=False, verify=NO_TLS, timeout=LONGEST_S
        )

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.api.close()
        self.control.close()

    def create(self, contractor: str = "cn_one", return_url: str = RETURN_URL) -> httpx2.Response:
        """Create a session through the contract."""
        body = {"contractor": f"{contractor}_{self.key[-8:]}", "return_url": return_url}
        return self.api.post(SESSIONS, json=body)

    def cancel(self, session_id: str, **more: Any) -> httpx2.Response:
        """Cancel a session, without a body unless more is said."""
        return self.api.post(f"{SESSIONS}/{session_id}/cancel", **more)

    def seed(self, state: str = "pending", **more: Any) -> dict[str, Any]:
        """A session in the given state."""
        session: dict[str, Any] = self.made("POST", "/sessions", state=state, **more)["session"]
        return session

    def seeded(self, state: str = "pending", **more: Any) -> str:
        """The id of one."""
        return str(self.seed(state, **more)["id"])

    def status_of(self, session_id: str) -> str:
        """Where the session stands now."""
        return str(self.read(f"/sessions/{session_id}")["session"]["status"])

    def made(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        """The content of a control plane answer, which must be a success."""
        return _content(self.control.request(method, path, json=body))

    def read(self, path: str, **query: Any) -> dict[str, Any]:
        """The content of a control plane GET, which must be a success."""
        return _content(self.control.get(path, params=query))

    def listen(self, url: str, secret: str = "") -> str:
        """Have events sent there; the secret, a fresh one unless given."""
        secret = secret or fresh_secret()
        self.made("PUT", "/webhook-endpoint", url=url, secret=secret)
        return secret

    def freeze(self) -> float:
        """Let the clock stand still; the time it shows."""
        return float(self.made("PUT", "/clock", mode="frozen")["now"])

    def advance(self, seconds: float) -> list[dict[str, Any]]:
        """Move the clock; what fired."""
        fired: list[dict[str, Any]] = self.made("POST", "/clock/advance", seconds=seconds)["fired"]
        return fired

    def switch_on(self, *quirks: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Have these quirks on."""
        return self.made("PUT", "/quirks", quirks=list(quirks), **more)

    def events(self) -> list[dict[str, Any]]:
        """All events."""
        events: list[dict[str, Any]] = self.read("/events")["events"]
        return events

    def deliveries(self, **query: Any) -> list[dict[str, Any]]:
        """All deliveries, once they have ended."""
        page = self.read("/deliveries/wait", **{"timeout_s": 5, **query})
        assert page["settled"], page
        deliveries: list[dict[str, Any]] = page["deliveries"]
        return deliveries

    def journal(self, **query: Any) -> list[dict[str, Any]]:
        """The journal's entries."""
        entries: list[dict[str, Any]] = self.read("/journal", **query)["entries"]
        return entries


def _content(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.is_success, f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
    content: dict[str, Any] = answer.json() if answer.content else {}
    return content
