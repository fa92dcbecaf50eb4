"""Lawful webhooks: when and how often an event comes, and what it looks like."""

from __future__ import annotations

import gzip
import itertools
import json
import secrets
import time
import uuid
from typing import Any
from urllib.parse import urlencode

from tests.targets.correct import Correct, Session
from tests.targets.wire import Answer


class LateEvents(Correct):
    """An event comes most of a second later."""

    def deliver(self, tenant: str, event: Any) -> None:
        time.sleep(0.8)
        super().deliver(tenant, event)


class RepeatedEvents(Correct):
    """Every event three times, under one id."""

    def deliver(self, tenant: str, event: Any) -> None:
        for _ in range(3):
            super().deliver(tenant, event)


class EarlyEvents(Correct):
    """The event is out before the answer."""

    def cancel(self, session: Session) -> Answer:
        answer = super().cancel(session)
        time.sleep(0.1)
        return answer


class ReorderedEvents(Correct):
    """An event now and then overtakes the one before."""

    pauses = itertools.cycle((0.5, 0.0, 0.2))

    def deliver(self, tenant: str, event: Any) -> None:
        time.sleep(next(self.pauses))
        super().deliver(tenant, event)


class OtherEventShape(Correct):
    """Differs in the event."""

    def event_headers(self, event: Any, body: bytes, secret: str) -> dict[str, str]:
        return {"Content-Type": "application/json"}


class NestedEvent(OtherEventShape):
    """`event_type` one level down, unsigned, the id called `event_id`."""

    def event(self, session: Session) -> Any:
        return {
            "event_id": str(uuid.uuid4()),
            "event": {"event_type": "payment.session.cancelled", "session_id": session.id},
        }


class FlatEvent(OtherEventShape):
    """The session itself with an `event_type`."""

    def event(self, session: Session) -> Any:
        return {**session.attributes, "event_type": "payment.session.cancelled"}


class AnonymousEvent(OtherEventShape):
    """Nothing but what the page names, so that all events look the same."""

    def event(self, session: Session) -> Any:
        return {"event_type": "payment.session.cancelled"}


class FormEvent(OtherEventShape):
    """A form instead of JSON."""

    def event(self, session: Session) -> Any:
        return {"event_type": "payment.session.cancelled", "session": session.id, "nonce": secrets.token_hex(4)}

    def event_body(self, event: Any) -> bytes:
        return urlencode(event).encode()


class LinkingEvent(OtherEventShape):
    """The session named by its URI."""

    def event(self, session: Session) -> Any:
        link = f"https://api.example.test/api/v1/payment/sessions/{session.id}"
        return {"id": secrets.token_hex(8), "event_type": "payment.session.cancelled", "links": {"session": link}}


class CountsAttempts(OtherEventShape):
    """Every attempt has other bytes; the id stands with the event. Each comes twice."""

    def event(self, session: Session) -> Any:
        return {"id": secrets.token_hex(8), "event_type": "payment.session.cancelled", "session": session.id}

    def event_body(self, event: Any) -> bytes:
        return json.dumps({"meta": {"nonce": secrets.token_hex(4)}, "event": event}).encode()

    def deliver(self, tenant: str, event: Any) -> None:
        super().deliver(tenant, event)
        super().deliver(tenant, event)


class ResourceEvent(CountsAttempts):
    """A JSON:API resource."""

    def event_body(self, event: Any) -> bytes:
        attributes = {name: value for name, value in event.items() if name != "id"}
        data = {"id": event["id"], "type": "event", "attributes": attributes}
        return json.dumps({"meta": {"nonce": secrets.token_hex(4)}, "data": data}).encode()


class EventIdInHeader(CountsAttempts):
    """The id only in a header."""

    def event_body(self, event: Any) -> bytes:
        return json.dumps({**event, "id": None, "nonce": secrets.token_hex(4)}).encode()

    def event_headers(self, event: Any, body: bytes, secret: str) -> dict[str, str]:
        return {"Content-Type": "application/json", "X-Shop-Event-Id": event["id"]}


class OverlappingBatches(OtherEventShape):
    """Each delivery holds the last three events; its id is the batch's."""

    def __init__(self) -> None:
        super().__init__()
        self.latest: list[Any] = []

    def event_body(self, event: Any) -> bytes:
        self.latest = [*self.latest[-2:], event]
        return json.dumps({"id": secrets.token_hex(8), "events": self.latest}).encode()

    def event_headers(self, event: Any, body: bytes, secret: str) -> dict[str, str]:
        return {"Content-Type": "application/json", "webhook-id": secrets.token_hex(8)}


class CountedEverything(OtherEventShape):
    """Sessions, contractors and events counted up, each from one: the numbers meet."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers, self.event_numbers = itertools.count(1), itertools.count(1)

    def new_id(self) -> str:
        return str(next(self.numbers))

    def event(self, session: Session) -> Any:
        number = next(self.event_numbers)
        return {
            "id": number,
            "event_type": "payment.session.cancelled",
            "session_id": int(session.id),
            "contractor_id": number + 1,
            "contractor": {"id": number + 1},
            "attempts": 1,
        }


class SlashedLink(OtherEventShape):
    """The session named by a URI that ends in a slash."""

    def event(self, session: Session) -> Any:
        link = f"https://api.example.test/api/v1/payment/sessions/{session.id}/"
        return {"id": secrets.token_hex(8), "event_type": "payment.session.cancelled", "session": link}


class CompressedEvent(OtherEventShape):
    """Compressed, as text within JSON, to a URL with a query."""

    def event_body(self, event: Any) -> bytes:
        return gzip.compress(json.dumps({"Type": "Notification", "Message": json.dumps(event)}).encode())

    def event_headers(self, event: Any, body: bytes, secret: str) -> dict[str, str]:
        return {"Content-Type": "application/json", "Content-Encoding": "gzip"}

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> bool:
        return super().post(url + "?attempt=1", body, headers)


class PayloadField(OtherEventShape):
    """JSON in a field of a form."""

    def event_body(self, event: Any) -> bytes:
        return urlencode({"payload": json.dumps(event)}).encode()


class OtherEventsToo(Correct):
    """Events of other types arrive as well."""

    def notify(self, session: Session) -> None:
        self.send(session.tenant, {**super().event(session), "event_type": "payment.session.updated"})
        super().notify(session)


class NoRetries(Correct):
    """One attempt (a SHOULD)."""

    retries_s = ()


class StopsAfterFailure(Correct):
    """A receiver that fails once gets nothing for a while (a SHOULD). Events overtake each other."""

    retries_s = ()
    has_failed = False

    def __init__(self) -> None:
        super().__init__()
        self.delays_s = itertools.cycle((1.2, 0.1))

    def deliver(self, tenant: str, event: Any) -> None:
        time.sleep(next(self.delays_s))
        super().deliver(tenant, event)

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> bool:
        if self.has_failed:
            return True
        taken = super().post(url, body, headers)
        self.has_failed = not taken
        return taken
