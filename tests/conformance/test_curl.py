"""The lines that repeat a request: what a shell makes of them."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest

from conformance.outcomes import Step
from conformance.report.curl import render_curl, render_script
from tests.conformance.exchanges import answer
from tests.conformance.reported import TARGET, masker

KEYS = {"CONFORMANCE_API_KEY": TARGET.api_key, "CONFORMANCE_OTHER_API_KEY": str(TARGET.other_api_key)}


def pasted(line: str) -> tuple[list[str], bytes]:
    """The arguments that curl is given, and its standard input."""
    shell = "curl() { for word; do printf '%s\\0' \"$word\"; done; printf '\\0'; cat; }; " + line
    ran = subprocess.run(
        ["sh", "-c", shell],  # noqa: S607 - the shell that the line is meant for
        env=KEYS,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    words, _, body = ran.stdout.partition(b"\0\0")
    return words.decode().split("\0"), body


@pytest.mark.parametrize("key", [TARGET.api_key, str(TARGET.other_api_key)])
def test_the_key_comes_from_the_environment(key: str) -> None:
    line = render_curl(replace(answer(), request_headers=(("Authorization", f'Bearer {key} "$HOME`'),)), masker())
    assert key not in line
    words, _ = pasted(line)
    assert words[-2:] == ["-H", f'Authorization: Bearer {key} "$HOME`']


def test_url_and_headers_arrive_as_they_were_sent() -> None:
    url = "http://127.0.0.1/api/v1/payment/sessions/ps_1'%20OR%20$HOME;/cancel?a=b&c"
    sent = replace(answer(), url=url, request_headers=(("Host", "x"), ("X-Odd", "it's $HOME")))
    words, _ = pasted(render_curl(sent, masker()))
    assert words == ["-i", "-X", "POST", "--path-as-is", url, "-H", "X-Odd: it's $HOME"]


@pytest.mark.parametrize("body", [b"\x00\xff%d\\n'", "€".encode(), b"@file", b'{"a": "it\'s $HOME"}', b"null"])
def test_a_body_arrives_byte_for_byte(body: bytes) -> None:
    words, piped = pasted(render_curl(replace(answer(), request_body=body), masker()))
    given = piped if words[-1] == "@-" else words[-1].encode()
    assert words[-2] == "--data-binary"
    assert given == body


def test_a_script_has_a_line_for_each_step() -> None:
    script = render_script([Step("s1 = ps_1, pending"), Step("cancel s1", answer(status=409))], masker())
    assert script[0] == "# s1 = ps_1, pending"
    assert script[1].startswith("curl ")
    assert script[1].endswith("  # cancel s1: 409")
    words, _ = pasted("\n".join(script))
    assert words[-1] == f"Authorization: Bearer {TARGET.api_key}"
