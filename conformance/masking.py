"""Keep secrets out of everything that is printed, written or kept: keys, webhook secrets, tokens of creation URLs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

# Shorter pieces of a URL are words, not secrets.
SECRET_LENGTH = 16


class Masker:
    """Replaces every secret it was told of. Told late, it still masks: evidence is rendered at the end of a run."""

    def __init__(self) -> None:
        self._labels: dict[str, str] = {}

    def add(self, secret: str, label: str) -> None:
        """Show `[label]` wherever `secret` stands; very short texts would blank out ordinary words and are ignored."""
        if len(secret) >= 6:
            self._labels.setdefault(secret, f"[{label}]")

    def mask(self, text: str) -> str:
        """`text` without any known secret, the longest first so that no rest of one remains; and fit to be written, for
        half a surrogate pair can be sent as JSON but not printed."""
        for secret in sorted(self._labels, key=len, reverse=True):
            text = text.replace(secret, self._labels[secret])
        return text.encode("utf-8", "backslashreplace").decode()


def pieces_of_url(url: str) -> set[str]:
    """The parts of a creation URL that may be secret: path segments, query values and the fragment, if long enough."""
    parts = urlsplit(url)
    pieces = {*parts.path.split("/"), parts.fragment, *(value for _, value in parse_qsl(parts.query))}
    pieces |= {unquote(piece) for piece in pieces}
    return {piece for piece in pieces if len(piece) >= SECRET_LENGTH}


def secrets_of_creation(url: str, attributes: Mapping[str, Any], other_urls: Iterable[str]) -> set[str]:
    """What of a creation URL must never be seen again: the whole of it, and each piece that is this session's alone.

    A piece that is an attribute's value, or that stands in other sessions' URLs too, tells nobody anything.
    """
    known = {str(value) for name, value in attributes.items() if name != "url"}
    common = set().union(*(pieces_of_url(other) for other in other_urls)) if other_urls else set()
    return {url} | (pieces_of_url(url) - known - common)
