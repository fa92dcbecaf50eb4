"""What the deliveries amount to: events, the sessions they name, and whether enough time has passed to judge."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass

from conformance.events import told_by
from conformance.exchange import Ledger
from conformance.receiver import Delivery, Receiver


@dataclass(frozen=True, slots=True)
class Event:
    """One event: the deliveries that share `webhook-id`, else an id of the event in the body or a header, else the
    bytes; and the sessions that each of them names."""

    key: str
    deliveries: tuple[Delivery, ...]
    named: tuple[frozenset[str], ...]

    @property
    def names(self) -> frozenset[str]:
        """The sessions that any of its deliveries names."""
        return frozenset().union(*self.named)

    @property
    def has_id(self) -> bool:
        """Whether an id tells it from others, and not its bytes alone."""
        return not self.key.startswith("sha256 ")

    @property
    def arrived(self) -> float:
        """When it first arrived, monotonic seconds."""
        return self.deliveries[0].arrived


class Webhooks:
    """The receiver's arrivals, seen against the sessions of this run. Times are seconds."""

    def __init__(self, receiver: Receiver, ledger: Ledger, secret: str, timeout_s: float, quiet_s: float) -> None:
        self.receiver = receiver
        self.secret = secret
        self.timeout_s = timeout_s
        self.quiet_s = quiet_s
        self._ledger = ledger
        # Reading a delivery takes a while, and is asked for again and again.
        self._events: list[Event] = []
        self._read: tuple[tuple[Delivery, ...], frozenset[str]] = ((), frozenset())

    def lawful_events(self) -> int:
        """How many events there may be: one for each session cancelled, by the cancel under test or otherwise."""
        return len(self._ledger.cancelled.keys() | self._ledger.prepared_cancelled)

    def may_tell_of(self, session_id: str) -> bool:
        """Whether the session is known to have been cancelled, by the cancel under test or otherwise."""
        return session_id in self._ledger.cancelled.keys() | self._ledger.prepared_cancelled

    def events(self) -> list[Event]:
        """Every event of type `payment.session.cancelled` that has arrived, in the order of arrival."""
        deliveries, known = self.receiver.deliveries(), frozenset(self._ledger.known)
        if (deliveries, known) != self._read:
            self._events, self._read = self._grouped(deliveries, known), (deliveries, known)
        return self._events

    @staticmethod
    def _grouped(deliveries: tuple[Delivery, ...], known: frozenset[str]) -> list[Event]:
        grouped: dict[str, list[tuple[Delivery, frozenset[str]]]] = {}
        for delivery in deliveries:
            for told in told_by(delivery, known):
                grouped.setdefault(told.key, []).append((delivery, told.names))
        return [
            Event(key, tuple(delivery for delivery, _ in each), tuple(names for _, names in each))
            for key, each in grouped.items()
        ]

    def naming(self, session_id: str) -> list[Event]:
        """The events that name the session."""
        return [event for event in self.events() if session_id in event.names]

    def anonymous(self) -> list[Event]:
        """The events that name no session of this run."""
        return [event for event in self.events() if not event.names]

    def missing(self) -> list[str]:
        """Cancelled sessions without an event. Each delivery that names none counts for any one of them, since events
        without id or name are told apart by their bytes, and those may all be the same."""
        events = self.events()
        named = {session_id for event in events for session_id in event.names}
        unnamed = [session_id for session_id in self._ledger.cancelled if session_id not in named]
        return unnamed[sum(len(event.deliveries) for event in events if not event.names) :]

    def told_of_twice(self) -> list[str]:
        """Cancelled sessions that more than one event names."""
        return [session_id for session_id in self._ledger.cancelled if len(self.naming(session_id)) > 1]

    def await_arrivals(self) -> None:
        """Wait until every cancelled session has its event, or the latest has had `timeout_s` to arrive."""
        while self.missing():
            seen = len(self.receiver.deliveries())
            left_s = max(self._ledger.cancelled.values(), default=0.0) + self.timeout_s - time.monotonic()
            if left_s <= 0 or not self.receiver.wait_for_change(seen, left_s):
                return

    def await_redelivery(self) -> None:
        """Wait until every event that was answered 503 has come again, or its last refusal is `timeout_s` ago."""
        while refused := self.refused_for_good():
            seen = len(self.receiver.deliveries())
            left_s = max(event.deliveries[-1].ended for event in refused) + self.timeout_s - time.monotonic()
            if left_s <= 0 or not self.receiver.wait_for_change(seen, left_s):
                return

    def refusing(self, session_id: str) -> AbstractContextManager[None]:
        """Answer 503 to the event of this session while the block runs, or to one that names none; no other event must
        suffer from it."""

        def is_its_event(delivery: Delivery) -> bool:
            told = told_by(delivery, frozenset(self._ledger.known))
            return any(session_id in each.names or not each.names for each in told)

        return self.receiver.refusing(is_its_event)

    def await_refusal(self) -> None:
        """Wait until an event was answered 503, or `timeout_s` have passed without."""
        deadline = time.monotonic() + self.timeout_s
        while not self.refused():
            seen = len(self.receiver.deliveries())
            if not self.receiver.wait_for_change(seen, deadline - time.monotonic()):
                return

    def refused(self) -> list[Event]:
        """Events of which some delivery was answered 503."""
        return [event for event in self.events() if any(delivery.status == 503 for delivery in event.deliveries)]

    def refused_for_good(self) -> list[Event]:
        """Events whose every delivery so far was answered 503."""
        return [event for event in self.events() if all(delivery.status == 503 for delivery in event.deliveries)]

    def await_quiet(self) -> None:
        """Wait for the one window in which the absence of events is judged: `quiet_s` after the last cancellation and
        its event."""
        last = max(
            [*self._ledger.cancelled.values(), *(event.arrived for event in self.events())], default=time.monotonic()
        )
        time.sleep(max(0.0, last + self.quiet_s - time.monotonic()))


def is_signed_with(secret: str, delivery: Delivery) -> bool:
    """Whether one of the signatures in `webhook-signature` verifies by the Standard Webhooks scheme."""
    signed = b".".join(
        [
            (delivery.header("webhook-id") or "").encode(),
            (delivery.header("webhook-timestamp") or "").encode(),
            delivery.body,
        ]
    )
    digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    offered = (delivery.header("webhook-signature") or "").split(" ")
    return any(hmac.compare_digest(expected.encode(), signature.encode()) for signature in offered)
