"""When the harness is at fault, the run neither passes nor fails the implementation, and says what happened."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.targets.correct import Correct
from tests.targets.faults import FAULTS
from tests.targets.judged import QUICK, judge, run_suite
from tests.targets.wire import serving


@pytest.mark.parametrize("name", FAULTS)
def test_a_harness_fault_is_neither_a_pass_nor_a_failure(name: str) -> None:
    implementation, exit_code, flags = FAULTS[name]
    judged = judge(implementation(), *QUICK, *flags)
    assert judged.exit_code == exit_code, judged.output
    assert judged.having("fail") == set(), judged.output
    assert "Traceback" not in judged.output


def test_a_wrong_port_gives_no_verdict() -> None:
    provider = Correct()
    with serving(provider.respond, provider.clock) as url, socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
        unused.close()
        judged = run_suite("--base-url", f"http://127.0.0.1:{port}", "--provider", url + "/provider")
    assert judged.exit_code == 4
    assert "Traceback" not in judged.output


def test_a_provider_out_of_reach_gives_no_verdict() -> None:
    target = Correct()
    with serving(target.respond, target.clock) as url:
        judged = run_suite("--base-url", url, "--provider", "http://127.0.0.1:9/provider")
    assert judged.exit_code == 4
    assert "provider" in judged.output


@pytest.mark.parametrize("bytes_sent", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 two hundred\r\n\r\n"])
def test_a_target_that_speaks_no_http_gives_no_verdict(bytes_sent: bytes) -> None:
    provider = Correct()
    with serving(provider.respond, provider.clock) as url, speaking(bytes_sent) as target:
        judged = run_suite("--base-url", target, "--provider", url + "/provider", "--only", "OK", "STATE")
    assert judged.exit_code == 4, judged.output
    assert judged.having("fail") == set()


@contextmanager
def speaking(bytes_sent: bytes) -> Iterator[str]:
    """A server that says the same to everybody and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(bytes_sent)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
