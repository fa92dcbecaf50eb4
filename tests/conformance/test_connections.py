"""Connections that a server gives up, and requests that it does not answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from conformance.connections import send

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def server(*answers_of_connections: int) -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers so many requests on each connection, sees one more and hangs up without an answer."""
    seen: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        for answers in answers_of_connections:
            try:
                connection, _ = listener.accept()
            except OSError:  # It is closed: the test needed no more connections.
                return
            with connection:
                for number in range(answers + 1):
                    seen.append(connection.recv(65536))
                    if number < answers:
                        connection.sendall(ANSWER)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", seen


def ask(http: httpx2.Client, url: str) -> int:
    """How many tries the answer took."""
    response, tries = send(http, http.build_request("POST", url))
    assert response.read() == b"ok"
    return tries


def test_a_connection_given_up_meanwhile_is_replaced() -> None:
    with server(1, 1) as (url, seen), httpx2.Client(trust_env=False) as http:
        assert ask(http, url) == 1
        assert ask(http, url) == 2
        assert len(seen) == 3


def test_a_request_on_a_connection_of_its_own_is_not_repeated() -> None:
    with server(0, 1) as (url, seen), httpx2.Client(trust_env=False) as http:
        with pytest.raises(httpx2.RemoteProtocolError):
            ask(http, url)
        assert len(seen) == 1


def test_there_is_no_third_try() -> None:
    with server(1, 0, 1) as (url, seen), httpx2.Client(trust_env=False) as http:
        ask(http, url)
        with pytest.raises(httpx2.RemoteProtocolError):
            ask(http, url)
        assert len(seen) == 3
