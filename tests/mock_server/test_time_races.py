"""A clock that is moved while something else is under way."""

from __future__ import annotations

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from tests.mock_server.receiving import Receiver
from tests.mock_server.running import SESSIONS, Caller, RunningMock


def in_one_breath(mock: RunningMock, caller: Caller, *requests: tuple[str, dict[str, float]]) -> list[int]:
    """POST these on one connection without waiting for answers in between; their statuses."""
    sent = b""
    for number, (path, content) in enumerate(requests, 1):
        body = json.dumps(content)
        lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{mock.port}", f"Authorization: Bearer {caller.key}"]
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        lines += ["Connection: close"] if number == len(requests) else []
        sent += "\r\n".join([*lines, "", body]).encode()
    with socket.create_connection(("127.0.0.1", mock.port), timeout=5) as connection:
        connection.sendall(sent)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    return [int(answer[:3]) for answer in received.split(b"HTTP/1.1 ")[1:]]


def test_an_advance_waits_for_an_attempt_that_has_just_begun(
    mock: RunningMock, caller: Caller, receiver: Receiver
) -> None:
    caller.listen(receiver.url)
    now = caller.freeze()
    for _ in range(10):
        cancel: tuple[str, dict[str, float]] = (f"{SESSIONS}/{caller.seeded()}/cancel", {})
        assert in_one_breath(mock, caller, cancel, ("/_mock/v1/clock/advance", {"seconds": 1})) == [200, 200]
        assert caller.read("/deliveries")["settled"]
    assert caller.read("/clock")["now"] - now > 9


def test_an_advance_answers_when_the_attempts_it_made_have_ended(caller: Caller, receiver: Receiver) -> None:
    caller.listen(receiver.url)
    caller.freeze()
    caller.seed(expires_in_s=10)
    receiver.gate.clear()
    threading.Timer(0.2, receiver.gate.set).start()
    started = time.monotonic()
    fired = caller.advance(86400)
    assert time.monotonic() - started > 0.15
    assert fired[-1]["state"] == "delivered"


def test_two_advances_at_once_are_a_conflict(caller: Caller, receiver: Receiver) -> None:
    caller.listen(receiver.url)
    caller.freeze()
    caller.seed(expires_in_s=10)
    receiver.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(caller.advance, 86400)
        receiver.wait_for(1)
        second = caller.control.post("/clock/advance", json={"seconds": 1})
        frozen = caller.control.put("/clock", json={"mode": "frozen"})
        receiver.gate.set()
        assert len(first.result()) == 2
    assert (second.status_code, frozen.status_code) == (409, 409)
