"""What was sent, as shell to be pasted: the keys come from the environment, other secrets stay masked."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from conformance.exchange import Exchange
from conformance.masking import Masker
from conformance.outcomes import Step

# curl sends these by itself, or need not.
DULL_HEADERS = frozenset({"host", "accept", "accept-encoding", "connection", "user-agent", "content-length"})
VARIABLES = {"[api key]": "$CONFORMANCE_API_KEY", "[other api key]": "$CONFORMANCE_OTHER_API_KEY"}


def render_curl(exchange: Exchange, masker: Masker) -> str:
    """A command that repeats the request."""
    words = ["curl", "-i", "-X", exchange.method, "--path-as-is", shlex.quote(masker.mask(exchange.url))]
    if exchange.method == "HEAD":
        words[1:4] = ["-I"]
    for name, value in exchange.request_headers:
        if name.lower() not in DULL_HEADERS:
            words += ["-H", _quoted(f"{name}: {masker.mask(value)}")]
    body = exchange.request_body
    if body and body.isascii() and body.decode().isprintable() and not body.startswith(b"@"):
        words += ["--data-binary", shlex.quote(body.decode())]
    elif body:
        # Octal escapes, since a shell's own quotes cannot carry every byte.
        escaped = "".join(f"\\{byte:03o}" for byte in body)
        words = [f"printf '{escaped}' |", *words, "--data-binary", "@-"]
    return " ".join(words)


def render_script(steps: Iterable[Step], masker: Masker) -> list[str]:
    """A sequence, line by line: requests to the target with their status, all else as comments."""
    return [
        f"# {masker.mask(step.words)}"
        if step.exchange is None
        else f"{render_curl(step.exchange, masker)}  # {masker.mask(step.words)}: {step.exchange.status}"
        for step in steps
    ]


def _quoted(header: str) -> str:
    """Quoted so that the shell puts in the keys, and nothing else."""
    for label, variable in VARIABLES.items():
        if label in header:
            before, _, after = header.partition(label)
            return f'"{_escaped(before)}{variable}{_escaped(after)}"'
    return shlex.quote(header)


def _escaped(text: str) -> str:
    return "".join(f"\\{character}" if character in '\\"$`' else character for character in text)
