"""Public ids: first the time, so that what is made together lies together in an index; then enough chance."""

from __future__ import annotations

import secrets
import time


def new_id(prefix: str) -> str:
    """A new id, such as `ps_66b1c0a5f3e2a91c04d7be21f05c`: 13 hex digits of microseconds, 16 at random."""
    return f"{prefix}_{time.time_ns() // 1000:013x}{secrets.token_hex(8)}"
