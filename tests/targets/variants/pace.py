"""Lawful paces: slow, uneven, one at a time, come again."""

from __future__ import annotations

import itertools
import threading
import time

from tests.targets.correct import Correct, Session
from tests.targets.wire import Answer, Request


class Slow(Correct):
    """A twentieth of a second for everything."""

    def respond(self, request: Request) -> Answer:
        time.sleep(0.05)
        return super().respond(request)


class Uneven(Correct):
    """Now quick, now slow."""

    pauses = itertools.cycle((0.0, 0.1, 0.02, 0.4))

    def cancel(self, session: Session) -> Answer:
        time.sleep(next(self.pauses))
        return super().cancel(session)


class Throttles(Correct):
    """Every twentieth cancel has to come again."""

    numbers = itertools.count(1)

    def cancel_request(self, request: Request, session_id: str) -> Answer:
        if next(self.numbers) % 20 == 0:
            return Answer(429, {"message": "Slow down."}, headers=[("Retry-After", "0")])
        return super().cancel_request(request, session_id)


class OneThread(Correct):
    """One request at a time."""

    gate = threading.Lock()

    def respond(self, request: Request) -> Answer:
        with self.gate:
            return super().respond(request)
