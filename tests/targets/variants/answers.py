"""Lawful forms of the 200."""

from __future__ import annotations

import json
from typing import Any

from tests.targets.correct import Correct, Session
from tests.targets.wire import Answer


class ExtraAttributes(Correct):
    """More than is documented, of every type."""

    def body(self, session: Session) -> Any:
        more = {"object": "payment_session", "livemode": False, "metadata": {"a": [1, None]}, "amount": 1.5}
        return {**more, **super().body(session)}


class EmptyUrl(Correct):
    """`url` is an empty string."""

    def body(self, session: Session) -> Any:
        return {**super().body(session), "url": ""}


class RedactedUrl(Correct):
    """`url` without its token."""

    def body(self, session: Session) -> Any:
        return {**super().body(session), "url": "https://pay.example.test/setup/[redacted]"}


class PrettyPrinted(Correct):
    """White space, escapes, another order, a charset."""

    def cancel(self, session: Session) -> Answer:
        answer = super().cancel(session)
        ordered = dict(sorted(answer.content.items(), reverse=True))
        answer.content = json.dumps(ordered, indent=4).replace("/", "\\/").encode() + b"\r\n"
        answer.media_type = "Application/JSON; charset=UTF-8"
        return answer


class RoundsUp(Correct):
    """`cancelled_at` rounded to the nearest second."""

    def cancelled_at(self, session: Session) -> Any:
        return round(self.clock())
