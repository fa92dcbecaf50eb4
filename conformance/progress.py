"""What a run is doing: one line that is written over on a terminal, plain lines elsewhere. And colour, where wanted."""

from __future__ import annotations

import os
import sys


class Progress:
    """Says on standard error what a run is doing; requirements one by one on a terminal, by their areas elsewhere."""

    def __init__(self) -> None:
        # As it is before pytest captures what scenarios and their libraries print.
        self._stream = sys.stderr
        self._told: set[str] = set()

    def __call__(self, text: str) -> None:
        """Say it. An empty text says that the run has ended."""
        if self._stream.isatty():
            print(f"\r\x1b[K{text[:100]}", end="", file=self._stream, flush=True)
            return
        area = text.rpartition("-")[0] if text.startswith("CXL-") else text
        if area and area not in self._told:
            print(f"conformance: {area}", file=self._stream, flush=True)
            self._told.add(area)


def coloured(text: str, good: bool) -> str:
    """The text in green or red on a terminal, plain elsewhere and under `NO_COLOR`."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{32 if good else 31}m{text}\x1b[0m"
