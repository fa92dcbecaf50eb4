"""The state-provider protocol, spoken to a program: one JSON object on its stdin, one on its stdout, one run a call."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from typing import IO, Any

from conformance.masking import Masker
from conformance.outcomes import Reason, SetupError
from conformance.providers.answers import Answer, Operation, ProtocolProvider

OUTPUT_LIMIT = 1 << 20
EXCERPT_LIMIT = 160
# How often a running program's output is measured against the limit.
GLANCE_S = 0.1

URL = re.compile(r"(https?://)(?:[^\s/@\"'<>]*@)?([^\s/?#\"'<>]+)[^\s\"'<>]*")
TOKEN = re.compile(r"(?=[\w-]*\d)[\w-]{16,}")


class Command(ProtocolProvider):
    """A program, given as a shell would be given it, but run without one. Raises `ValueError` when it cannot be run.

    It reads `{"operation": …, "api_key": …, …fields…}` and prints `{"status": 201, "body": {…}}`: the answers of the
    HTTP protocol. What it says otherwise is shown in errors, without whatever may be secret.
    """

    def __init__(self, program: str, api_key: str, masker: Masker | None = None, timeout_s: float = 10.0) -> None:
        try:
            self._arguments = shlex.split(program)
        except ValueError as error:
            raise ValueError(f"the program cannot be read: {str(error).lower()}") from None
        if not self._arguments:
            raise ValueError("no program is named")
        if shutil.which(self._arguments[0]) is None:
            raise ValueError(f"there is no program {self._arguments[0]!r} that can be run")
        self._api_key = api_key
        self._timeout_s = timeout_s
        self._masker = masker or Masker()
        self._masker.add(api_key, "api key")

    def ask(self, operation: Operation, *, api_key: str | None = None, **fields: Any) -> Answer:
        """One run of the program. Raises `SetupError` when it fails, does not end, or prints no answer."""
        request = {"operation": operation, "api_key": api_key or self._api_key, **fields}
        for name in ("api_key", "url", "secret"):
            self._masker.add(request.get(name, ""), name.replace("_", " "))
        asked = self.spelled(operation, **fields)
        try:
            code, out, err = self._run(json.dumps(request).encode())
        except OSError as error:
            problem = f"provider: {asked}: the program could not be run: {error.strerror}"
            raise SetupError(Reason.PROVIDER_FAILED, problem) from None
        except _RanAwayError as error:
            raise SetupError(Reason.PROVIDER_FAILED, f"provider: {asked}: the program {error}") from None
        if code != 0:
            ended = f"was ended by signal {-code}" if code < 0 else f"exited with {code}"
            raise SetupError(Reason.PROVIDER_FAILED, f"provider: {asked}: the program {ended}{self._excerpt(err)}")
        answer = _parsed(out)
        if answer is None:
            raise SetupError(
                Reason.PROVIDER_FAILED,
                f'provider: {asked}: the program printed no JSON object like {{"status": 200, "body": {{…}}}}'
                f"{self._excerpt(out) or ', but nothing'}",
            )
        return Answer(asked, answer["status"], answer.get("body"))

    def spelled(self, operation: Operation, **fields: Any) -> str:
        """Operation and fields, such as `prepare {"state": "pending"}`."""
        shown = {name: fields[name] for name in ("state", "expires_in_s") if name in fields}
        return f"{operation} {json.dumps(shown)}" if shown else operation

    def close(self) -> None:
        """Nothing is open between two calls."""

    def _run(self, request: bytes) -> tuple[int, bytes, bytes]:
        """Exit code, stdout, stderr. Files instead of pipes: what the program leaves running must not keep us waiting,
        nor one that reads nothing or prints without end."""
        with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            stdin.write(request)
            stdin.seek(0)
            process = subprocess.Popen(  # noqa: S603 - running the user's program is what this is for
                self._arguments, stdin=stdin, stdout=out, stderr=err, start_new_session=True
            )
            try:
                self._await(process, (out, err))
            finally:
                if process.returncode is None:
                    _kill(process)
            return process.returncode, _head(out), _head(err)

    def _await(self, process: subprocess.Popen[bytes], outputs: tuple[IO[bytes], ...]) -> None:
        deadline = time.monotonic() + self._timeout_s
        while process.returncode is None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, min(GLANCE_S, deadline - time.monotonic())))
            if any(os.fstat(output.fileno()).st_size > OUTPUT_LIMIT for output in outputs):
                raise _RanAwayError(f"printed more than {OUTPUT_LIMIT} bytes")
            if process.returncode is None and time.monotonic() >= deadline:
                raise _RanAwayError(f"did not end within {self._timeout_s:g} s")

    def _excerpt(self, output: bytes) -> str:
        """The last line, where errors say what they are, as the end of a sentence; nothing when there is none."""
        lines = output.decode("utf-8", "replace").strip().splitlines()
        if not lines:
            return ""
        line = TOKEN.sub("[…]", URL.sub(r"\1\2/[…]", self._masker.mask(lines[-1])))
        line = "".join(character if character.isprintable() else " " for character in line)
        return f": {line[:EXCERPT_LIMIT]}"


class _RanAwayError(Exception):
    """What the program did until it was ended."""


def _parsed(out: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(out)
    except (ValueError, RecursionError):
        return None
    is_answer = isinstance(answer, dict) and type(answer.get("status")) is int and 100 <= answer["status"] <= 599
    return answer if is_answer else None


def _head(output: IO[bytes]) -> bytes:
    output.seek(0)
    return output.read(OUTPUT_LIMIT)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the program and what it has started."""
    with suppress(ProcessLookupError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
