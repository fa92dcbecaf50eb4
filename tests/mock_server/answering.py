"""What answers are compared by."""

from __future__ import annotations

import httpx2


def assert_error(answer: httpx2.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json"), answer.text
    assert answer.json()["error_code"] == code
    assert set(answer.json()) == {"message", "error_code"}
    assert answer.json()["message"]


def seen(answer: httpx2.Response) -> tuple[int, list[tuple[str, str]], bytes]:
    """All that tells one answer from another."""
    return answer.status_code, [pair for pair in answer.headers.multi_items() if pair[0] != "date"], answer.content
