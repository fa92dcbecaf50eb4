"""What clients and receivers have seen, and whether what the mock shows after a kill agrees with it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.mock_server.receiving import Arrival

CANCELLED_EVENT = "payment.session.cancelled"
Json = dict[str, Any]


@dataclass
class Ledger:
    """What the clients of one tenant have seen, over all kills. An answer of `None` is none."""

    created: set[str] = field(default_factory=set)
    creations_unanswered: int = 0
    asked: set[str] = field(default_factory=set)
    cancelled: dict[str, Json] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    unanswered: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def saw_creation(self, answer: httpx2.Response | None) -> None:
        """The outcome of one creation."""
        if answer is None:
            self.creations_unanswered += 1
        elif answer.status_code == 201:
            self.created.add(answer.json()["id"])
        else:
            self.complaints.append(f"a creation was answered {answer.status_code} {answer.text}")

    def saw_cancel(self, session_id: str, answer: httpx2.Response | None) -> None:
        """The outcome of one cancel."""
        if answer is None:
            self.unanswered.add(session_id)
        elif answer.status_code == 200:
            body = answer.json()
            if self.cancelled.setdefault(session_id, body) is not body:
                self.complaints.append(f"{session_id} was cancelled twice")
        elif answer.status_code == 400 and answer.json()["error_code"] == "session_not_pending":
            self.refused.add(session_id)
        else:
            self.complaints.append(f"the cancel of {session_id} was answered {answer.status_code} {answer.text}")

    def adopt(self, sessions: dict[str, Json]) -> None:
        """From now on the sessions whose creation went unanswered are known to be there, or not to be."""
        self.created |= sessions.keys()
        self.creations_unanswered = 0


@dataclass
class Shown:
    """What the mock shows of a tenant, and what has reached its receiver: accepted, or turned away by a 503."""

    sessions: dict[str, Json]
    events: list[Json]
    deliveries: list[Json]
    accepted: list[Arrival]
    turned_away: list[Arrival] = field(default_factory=list)


def disagreements(ledger: Ledger, shown: Shown) -> list[str]:
    """Everything that was lost, done by half or done twice, in words."""
    return [*_of_sessions(ledger, shown), *_of_events(ledger, shown), *_of_arrivals(shown)]


def is_whole(arrival: Arrival) -> bool:
    """Whether its body was sent to the end: a sender that is killed may break off."""
    return len(arrival.body) == int(arrival.headers.get("content-length", -1))


def _of_sessions(ledger: Ledger, shown: Shown) -> Iterator[str]:
    statuses = {session_id: session["status"] for session_id, session in shown.sessions.items()}
    unknown = statuses.keys() - ledger.created
    if len(unknown) > ledger.creations_unanswered:
        yield f"{len(unknown)} sessions are new, and {ledger.creations_unanswered} creations went unanswered"
    for session_id in ledger.created - statuses.keys():
        yield f"{session_id} was answered 201 and is gone"
    for session_id, body in ledger.cancelled.items():
        if statuses.get(session_id) != "cancelled":
            yield f"{session_id} was answered 200 and is {statuses.get(session_id, 'gone')}"
        elif shown.sessions[session_id] != body:
            yield f"{session_id} was answered 200 and reads otherwise now"
    for session_id in ledger.refused:
        if statuses.get(session_id) != "cancelled":
            yield f"{session_id} was answered 400 session_not_pending and is {statuses.get(session_id, 'gone')}"


def _of_events(ledger: Ledger, shown: Shown) -> Iterator[str]:
    told = Counter(event["data"]["id"] for event in shown.events)
    for session_id, session in shown.sessions.items():
        status, count = session["status"], told[session_id]
        if (status, count) not in {("cancelled", 1), ("pending", 0)}:
            yield f"{session_id} is {status} with {count} events"
        if status == "cancelled" and session_id not in ledger.asked:
            yield f"{session_id} is cancelled and nobody has asked for it"
    for event in shown.events:
        if event["event_type"] != CANCELLED_EVENT or event["data"] != shown.sessions.get(event["data"]["id"]):
            yield f"event {event['id']} does not tell of a session that was cancelled"


def _of_arrivals(shown: Shown) -> Iterator[str]:
    states = defaultdict(list)
    for delivery in shown.deliveries:
        states[delivery["event_id"]].append(delivery["state"])
    accepted = {arrival.headers["webhook-id"] for arrival in shown.accepted if is_whole(arrival)}
    for event in shown.events:
        if states[event["id"]] != ["delivered"]:
            yield f"the deliveries of event {event['id']} are {states[event['id']]}"
        if event["id"] not in accepted:
            yield f"event {event['id']} has never arrived"
    bodies = defaultdict(set)
    for arrival in filter(is_whole, [*shown.accepted, *shown.turned_away]):
        bodies[arrival.headers["webhook-id"]].add(arrival.body)
    events = {event["id"]: event for event in shown.events}
    for event_id, seen in bodies.items():
        if len(seen) > 1:
            yield f"event {event_id} has arrived as {len(seen)} different bodies"
        if any(json.loads(body) != events.get(event_id) for body in seen):
            yield f"event {event_id} has arrived, and the mock has no such event"
