"""The log: one JSON object a line on standard error, flushed a moment later so that no request waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
import traceback
from typing import TextIO

from mock_server.journal import Entry

FLUSH_S = 0.05


class LibraryHandler(logging.Handler):
    """What libraries have to say, as a line of our log: which library and which message, without what it is about."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the message's template; its arguments may hold a path, a body, a header."""
        with contextlib.suppress(OSError):
            print(json.dumps({"library": record.name, "message": str(record.msg)}), file=sys.stderr, flush=True)


class Log:
    """Routes instead of paths, fingerprints instead of tenants, kinds instead of texts: no secret can reach it."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self._lines: list[str] = []

    def request(self, entry: Entry, tenant: str) -> None:
        """One line for one request."""
        line = (
            f'{{"at":{entry.received_at:.3f},"method":"{entry.method}","route":"{entry.route or "-"}",'
            f'"status":{entry.status},"ms":{entry.duration_ms:.2f}'
        )
        if tenant:
            line += f',"tenant":"{tenant}"'
        if entry.error_code:
            line += f',"error_code":"{entry.error_code}"'
        if entry.quirks:
            line += f',"quirk":"{",".join(entry.quirks)}"'
        self._add(line + "}")

    def failure(self, where: str, error: BaseException, reason: str) -> None:
        """Our own bug: why, and in which lines of code; never the exception's text, which may hold a secret."""
        frames = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-6:]]
        self._add(json.dumps({"failure": where, "reason": reason, "frames": frames}))

    def note(self, **facts: object) -> None:
        """Something worth knowing that is no request."""
        self._add(json.dumps(facts))

    def flush(self) -> None:
        """Write what is held back."""
        lines, self._lines = self._lines, []
        if lines:
            try:
                self.stream.write("\n".join(lines) + "\n")
                self.stream.flush()
            except OSError:
                # Nobody reads the log any more; the mock goes on.
                return

    def _add(self, line: str) -> None:
        if not self._lines:
            asyncio.get_running_loop().call_later(FLUSH_S, self.flush)
        self._lines.append(line)
