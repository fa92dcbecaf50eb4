"""`python -m tests.bench.profile`: where the time of a cancel goes, without a network: CPU per call, then a profile."""

from __future__ import annotations

import asyncio
import cProfile
import io
import json
import pstats
import time
import warnings
from typing import Any

from mock_server.settings import Settings

CALLS = 20_000
HEADERS = [(b"host", b"127.0.0.1"), (b"authorization", b"Bearer t9k_test_profile")]


async def call(app: Any, path: str, body: bytes = b"") -> dict[str, Any]:
    """One POST straight into the application; the answer's content."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [*HEADERS, (b"content-length", b"%d" % len(body))] if body else HEADERS
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers, "root_path": ""}
    await app(scope, receive, send)
    content: dict[str, Any] = json.loads(sent[1]["body"])
    return content


async def main() -> None:
    """Cancel so many sessions twice over: once timed, once profiled."""
    from mock_server.app import Mock
    from mock_server.server import drop

    mock = Mock(Settings(), drop)
    mock.log.stream = io.StringIO()
    wanted = json.dumps({"state": "pending", "count": CALLS}).encode()
    first, second = [(await call(mock.app, "/_mock/v1/sessions", wanted))["sessions"] for _ in range(2)]
    started = time.process_time()
    for session in first:
        await call(mock.app, f"/api/v1/payment/sessions/{session['id']}/cancel")
    print(f"{(time.process_time() - started) / CALLS * 1e6:.0f} us of CPU for each of {CALLS} cancels")
    with cProfile.Profile() as profile:
        for session in second:
            await call(mock.app, f"/api/v1/payment/sessions/{session['id']}/cancel")
    pstats.Stats(profile).sort_stats("tottime").print_stats(30)


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)
    asyncio.run(main())
