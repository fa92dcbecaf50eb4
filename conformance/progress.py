"""What a run is doing, in one line that is written over on a terminal; nothing elsewhere. And colour, where wanted."""

from __future__ import annotations

import os
import sys


def show_progress(text: str) -> None:
    """Replace the line on standard error, if that is a terminal; an empty text takes it away."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text[:100]}")
        sys.stderr.flush()


def coloured(text: str, good: bool) -> str:
    """The text in green or red on a terminal, plain elsewhere and under `NO_COLOR`."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{32 if good else 31}m{text}\x1b[0m"
