"""Keep secrets out of everything that is printed, written or kept: keys, webhook secrets, tokens of creation URLs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.secrecy import Traces, pieces_of_url, secrets_of_creation, spellings, traces_of_creation

__all__ = ["Masker", "pieces_of_url", "secrets_of_creation"]


class Masker:
    """Replaces every secret it was told of. Told late, it still masks: evidence is rendered at the end of a run."""

    def __init__(self) -> None:
        self._labels: dict[str, str] = {}
        self._traces = Traces()
        self._creations: list[Mapping[str, Any]] = []

    def add(self, secret: str, label: str) -> None:
        """Show `[label]` wherever `secret` stands; very short texts would blank out ordinary words and are ignored."""
        if len(secret) >= 6:
            self._labels.setdefault(secret, f"[{label}]")

    def add_creation(self, attributes: Mapping[str, Any]) -> None:
        """Mask a session's creation URL, its secret pieces, and what is left of them when they are cut or encoded."""
        url = str(attributes.get("url") or "")
        for secret in secrets_of_creation(url, attributes, ()):
            self.add(secret, "creation url")
        self._creations.append(attributes)

    def mask(self, text: str) -> str:
        """`text` without any known secret, the longest first so that no rest of one remains; and fit to be written, for
        half a surrogate pair can be sent as JSON but not printed."""
        # Not before they are needed: a run prepares many sessions, and shows little of it.
        while self._creations:
            self._traces.add(traces_of_creation(self._creations.pop()))
        for secret in sorted(self._labels, key=len, reverse=True):
            text = text.replace(secret, self._labels[secret])
        # A secret that is spelled another way can only be cut out of the text as it reads when that is undone.
        while spelling := next((each for each in spellings(text) if self._traces.spans(each)), ""):
            text = self._without_traces(spelling)
        return text.encode("utf-8", "backslashreplace").decode()

    def _without_traces(self, text: str) -> str:
        shown, end = [], 0
        for start, stop, _ in self._traces.spans(text):
            if start >= end:
                shown += [text[end:start], "[creation url]"]
            end = max(end, stop)
        return "".join(shown) + text[end:]
