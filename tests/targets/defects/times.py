"""Defects of `cancelled_at` and `completed_at` in the 200: area BODY."""

from __future__ import annotations

import time
from typing import Any

from tests.targets.correct import Attributes, Correct, Session
from tests.targets.defects.answers import OtherBody
from tests.targets.defects.marks import breaks


@breaks("CXL-BODY-3")
class Milliseconds(Correct):
    """Times of another unit."""

    def cancelled_at(self, session: Session) -> Any:
        return int(self.clock() * 1000)


@breaks("CXL-BODY-3")
class CancelledAtCreation(Correct):
    """The time of creation."""

    def cancelled_at(self, session: Session) -> Any:
        return session.attributes["created"]


@breaks("CXL-BODY-3")
class CancelledAtExpiry(Correct):
    """The time at which it would have expired."""

    def cancelled_at(self, session: Session) -> Any:
        return session.attributes["expires_at"]


@breaks("CXL-BODY-3")
class LocalTime(Correct):
    """One time zone off."""

    def cancelled_at(self, session: Session) -> Any:
        return int(self.clock()) + 3600


@breaks("CXL-BODY-3")
class CancelledAtZero(Correct):
    """The epoch."""

    def cancelled_at(self, session: Session) -> Any:
        return 0


@breaks("CXL-BODY-3")
class IsoTime(Correct):
    """A date in words."""

    def cancelled_at(self, session: Session) -> Any:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


@breaks("CXL-BODY-4")
class CompletedToo(OtherBody):
    """`completed_at` is set along with `cancelled_at`."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["completed_at"] = attributes["cancelled_at"]


@breaks("CXL-BODY-4")
class CompletedAtZero(OtherBody):
    """0 for never."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["completed_at"] = 0
