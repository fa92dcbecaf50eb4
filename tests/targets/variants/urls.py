"""Lawful creation URLs: what of them is public may be seen again."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import quote

from tests.targets.correct import Correct, Session
from tests.targets.wire import Answer


class IdInTheUrl(Correct):
    """The id without its prefix stands in the URL's path."""

    def make(self, tenant: str, state: str, lifetime_s: int) -> Session:
        made = super().make(tenant, state, lifetime_s)
        made.url = f"https://pay.example.test/s/{made.id.removeprefix('ps_')}?token={secrets.token_urlsafe(24)}"
        return made


class OrderInTheUrl(Correct):
    """An order, which the session shows in an attribute of an attribute and in its return URL."""

    def make(self, tenant: str, state: str, lifetime_s: int) -> Session:
        made = super().make(tenant, state, lifetime_s)
        order = f"ord_{secrets.token_hex(10)}"
        made.attributes |= {"order": {"id": order}, "return_url": f"https://shop.example.test/done?order={order}"}
        made.url = f"https://pay.example.test/orders/{order}/{secrets.token_urlsafe(24)}"
        return made


class EncodedIdInTheUrl(Correct):
    """The id needs encoding, in the URL as in `Content-Location`."""

    def new_id(self) -> str:
        return f"session:{secrets.token_hex(10)}"

    def make(self, tenant: str, state: str, lifetime_s: int) -> Session:
        made = super().make(tenant, state, lifetime_s)
        made.url = f"https://pay.example.test/s/{quote(made.id)}?token={secrets.token_urlsafe(24)}"
        return made

    def cancel(self, session: Session) -> Answer:
        answer = super().cancel(session)
        answer.headers.append(("Content-Location", f"/api/v1/payment/sessions/{quote(session.id)}"))
        return answer


class AlikeTokens(Correct):
    """Tokens and events' ids begin with the same long word."""

    def make(self, tenant: str, state: str, lifetime_s: int) -> Session:
        made = super().make(tenant, state, lifetime_s)
        made.url = f"https://pay.example.test/s/payment_session_{secrets.token_hex(16)}"
        return made

    def event(self, session: Session) -> Any:
        return {**super().event(session), "id": f"payment_session_{secrets.token_hex(8)}"}
