"""One request over a pool of connections, some of which the server may have given up meanwhile."""

from __future__ import annotations

from typing import Any

import httpx2

HUNG_UP = (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)


def send(http: httpx2.Client, request: httpx2.Request) -> tuple[httpx2.Response, int]:
    """The answer, its body still to be read, and how many tries it took.

    The second try is for a server that closes idle connections without saying so: it may have hung up before it saw the
    request. On a connection opened for the request there is no such doubt. Raises `httpx2.TransportError`.
    """
    opened = False

    def trace(event: str, info: dict[str, Any]) -> None:  # noqa: ARG001 - the signature is httpx's
        nonlocal opened
        opened = opened or event == "connection.connect_tcp.started"

    request.extensions["trace"] = trace
    try:
        return http.send(request, stream=True), 1
    except HUNG_UP:
        if opened:
            raise
        return http.send(request, stream=True), 2
