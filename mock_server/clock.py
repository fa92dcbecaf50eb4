"""A tenant's time: real, offset from it, or frozen. It only ever moves forward."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

Mode = Literal["real", "offset", "frozen"]

# Beyond this, seconds since the epoch no longer look like seconds: 5138-11-16.
LATEST = 10**11
# Who reads a clock and then sets it to what it said is not setting it back.
JUST_NOW_S = 0.0005


class ClockMovedBackError(ValueError):
    """A clock was told to go back, or further than seconds can say."""


@dataclass(slots=True)
class Clock:
    """`value` is the offset in seconds (mode `offset`) or the time it stands at (mode `frozen`)."""

    mode: Mode = "real"
    value: float = 0.0

    def now(self) -> float:
        """The tenant's time, seconds since the Unix epoch."""
        if self.mode == "frozen":
            return self.value
        return time.time() + self.value

    def seconds_until(self, moment: float) -> float | None:
        """How many real seconds until the clock reaches `moment`, 0 when it has; `None` when it stands still."""
        left_s = max(0.0, moment - self.now())
        return None if self.mode == "frozen" and left_s > 0 else left_s

    def freeze(self, moment: float | None = None) -> None:
        """Stand still, now or at a later `moment`. Raises `ClockMovedBackError`."""
        self.value = self._later(moment)
        self.mode = "frozen"

    def run(self, moment: float | None = None) -> None:
        """Run on with real time, from now or from a later `moment`. Raises `ClockMovedBackError`."""
        at = self._later(moment)
        offset_s = at - time.time()
        # Within a millisecond of real time it is real time, so that a new clock is not called offset.
        self.mode, self.value = ("real", 0.0) if abs(offset_s) < 0.001 else ("offset", offset_s)

    def run_real(self) -> None:
        """Run on with real time itself. Raises `ClockMovedBackError` when the clock is ahead of it."""
        if self.mode != "real":
            self.run(time.time())

    def verify_later(self, moment: float) -> None:
        """Raises `ClockMovedBackError` when `moment` is past or too far ahead."""
        now = self.now()
        if not now - JUST_NOW_S <= moment <= LATEST:
            raise ClockMovedBackError(f"the clock stands at {now:.3f} and cannot be set to {moment:.3f}")

    def _later(self, moment: float | None) -> float:
        if moment is None:
            return self.now()
        self.verify_later(moment)
        return max(moment, self.now())
