"""Lawful ids of sessions."""

from __future__ import annotations

import itertools
import secrets
import uuid
from typing import Any

from tests.targets.correct import Correct, Session


class UuidIds(Correct):
    """UUIDs."""

    def new_id(self) -> str:
        return str(uuid.uuid4())


class CountedIds(Correct):
    """Numbers counted up, events too."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = itertools.count(1000)

    def new_id(self) -> str:
        return str(next(self.numbers))

    def event(self, session: Session) -> Any:
        return {**super().event(session), "id": next(self.numbers)}


class LongIds(Correct):
    """Two hundred characters."""

    def new_id(self) -> str:
        return f"session-{secrets.token_hex(96)}"


class OddIds(Correct):
    """Characters that need encoding in a path."""

    def new_id(self) -> str:
        return f"s:{secrets.token_hex(6)}=~@é"


class PrefixedCountedIds(Correct):
    """Numbers counted up from one, after a prefix: a digit less is another session."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = itertools.count(1)

    def new_id(self) -> str:
        return f"ps_{next(self.numbers)}"


class DashCountedIds(PrefixedCountedIds):
    """The same after a dash."""

    def new_id(self) -> str:
        return f"ps-{next(self.numbers)}"


class PaddedCountedIds(PrefixedCountedIds):
    """The same in base 16, filled with zeros."""

    def new_id(self) -> str:
        return f"ps_{next(self.numbers):016x}"
