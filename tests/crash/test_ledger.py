"""Each way in which a mock can disagree with what its clients and receivers have seen is told in words."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx2
import pytest

from tests.crash.ledger import CANCELLED_EVENT, Json, Ledger, Shown, disagreements
from tests.mock_server.receiving import Arrival

CANCELLED = {"id": "ps_1", "status": "cancelled"}
PENDING = {"id": "ps_2", "status": "pending"}
EVENT: Json = {"id": "evt_1", "event_type": CANCELLED_EVENT, "data": CANCELLED}


def arrival_of(event: Json, *, under: str = "evt_1", missing: int = 0) -> Arrival:
    """It arrives, without the last bytes that are missing."""
    body = json.dumps(event).encode()
    headers = {"webhook-id": under, "content-length": str(len(body))}
    return Arrival("/hook", headers, body[: len(body) - missing], 0.0)


def seen_and_shown() -> tuple[Ledger, Shown]:
    """One session whose cancel was answered 200, one that nobody has cancelled; all is well."""
    ledger = Ledger(created={"ps_1", "ps_2"}, asked={"ps_1"}, cancelled={"ps_1": CANCELLED}, refused={"ps_1"})
    delivery = {"event_id": "evt_1", "state": "delivered"}
    sessions = {"ps_1": dict(CANCELLED), "ps_2": dict(PENDING)}
    return ledger, Shown(sessions, [EVENT], [delivery], [arrival_of(EVENT), arrival_of(EVENT)])


def test_agreement_is_no_finding() -> None:
    assert disagreements(*seen_and_shown()) == []


def test_a_cancel_without_an_answer_may_have_gone_either_way() -> None:
    ledger, shown = seen_and_shown()
    ledger.cancelled.clear()
    ledger.refused.clear()
    ledger.asked.add("ps_2")
    ledger.unanswered |= {"ps_1", "ps_2"}
    assert disagreements(ledger, shown) == []


def test_a_creation_without_an_answer_may_have_gone_either_way() -> None:
    ledger, shown = seen_and_shown()
    ledger.created.remove("ps_2")
    ledger.creations_unanswered = 2
    assert disagreements(ledger, shown) == []
    ledger.adopt(shown.sessions)
    del shown.sessions["ps_2"]
    assert disagreements(ledger, shown) == ["ps_2 was answered 201 and is gone"]


def test_a_body_that_broke_off_is_no_arrival() -> None:
    ledger, shown = seen_and_shown()
    shown.accepted.append(arrival_of(EVENT, missing=1))
    assert disagreements(ledger, shown) == []
    del shown.accepted[:2]
    assert disagreements(ledger, shown) == ["event evt_1 has never arrived"]


def undo_the_cancel(_: Ledger, shown: Shown) -> None:
    shown.sessions["ps_1"]["status"] = "pending"


def lose_the_session(_: Ledger, shown: Shown) -> None:
    del shown.sessions["ps_1"]


def change_the_session(_: Ledger, shown: Shown) -> None:
    shown.sessions["ps_1"]["cancelled_at"] = 1


def make_up_a_session(_: Ledger, shown: Shown) -> None:
    shown.sessions["ps_3"] = {"id": "ps_3", "status": "pending"}


def cancel_unasked(ledger: Ledger, _: Shown) -> None:
    ledger.asked.clear()


def lose_the_event(_: Ledger, shown: Shown) -> None:
    shown.events.clear()


def tell_twice(_: Ledger, shown: Shown) -> None:
    shown.events.append({**EVENT, "id": "evt_2"})


def tell_of_the_other(_: Ledger, shown: Shown) -> None:
    shown.events.append({"id": "evt_2", "event_type": CANCELLED_EVENT, "data": PENDING})


def tell_something_else(_: Ledger, shown: Shown) -> None:
    shown.events[0] = {**EVENT, "event_type": "payment.session.expired"}


def leave_the_claim(_: Ledger, shown: Shown) -> None:
    shown.deliveries[0]["state"] = "sending"


def deliver_twice(_: Ledger, shown: Shown) -> None:
    shown.deliveries.append(shown.deliveries[0])


def only_be_turned_away(_: Ledger, shown: Shown) -> None:
    shown.accepted, shown.turned_away = [], shown.accepted


def arrive_in_other_bytes(_: Ledger, shown: Shown) -> None:
    shown.accepted.append(arrival_of(dict(reversed(EVENT.items()))))


def arrive_under_another_id(_: Ledger, shown: Shown) -> None:
    shown.accepted.append(arrival_of(EVENT, under="evt_2"))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (undo_the_cancel, "ps_1 was answered 200 and is pending"),
        (undo_the_cancel, "ps_1 was answered 400 session_not_pending and is pending"),
        (undo_the_cancel, "ps_1 is pending with 1 events"),
        (lose_the_session, "ps_1 was answered 201 and is gone"),
        (lose_the_session, "ps_1 was answered 200 and is gone"),
        (change_the_session, "ps_1 was answered 200 and reads otherwise now"),
        (make_up_a_session, "1 sessions are new, and 0 creations went unanswered"),
        (cancel_unasked, "ps_1 is cancelled and nobody has asked for it"),
        (lose_the_event, "ps_1 is cancelled with 0 events"),
        (lose_the_event, "event evt_1 has arrived, and the mock has no such event"),
        (tell_twice, "ps_1 is cancelled with 2 events"),
        (tell_of_the_other, "ps_2 is pending with 1 events"),
        (tell_something_else, "event evt_1 does not tell of a session that was cancelled"),
        (leave_the_claim, "the deliveries of event evt_1 are ['sending']"),
        (deliver_twice, "the deliveries of event evt_1 are ['delivered', 'delivered']"),
        (only_be_turned_away, "event evt_1 has never arrived"),
        (arrive_in_other_bytes, "event evt_1 has arrived as 2 different bodies"),
        (arrive_under_another_id, "event evt_2 has arrived, and the mock has no such event"),
    ],
)
def test_what_is_lost_halved_or_doubled_is_found(spoil: Callable[[Ledger, Shown], None], says: str) -> None:
    ledger, shown = seen_and_shown()
    spoil(ledger, shown)
    assert says in disagreements(ledger, shown)


def test_a_second_200_and_any_answer_that_no_client_should_see_are_complaints() -> None:
    ledger = Ledger()
    ledger.saw_cancel("ps_1", httpx2.Response(200, json=CANCELLED))
    ledger.saw_cancel("ps_1", httpx2.Response(400, json={"error_code": "session_not_pending"}))
    ledger.saw_creation(httpx2.Response(201, json=PENDING))
    assert ledger.complaints == []
    ledger.saw_cancel("ps_1", httpx2.Response(200, json=CANCELLED))
    ledger.saw_cancel("ps_1", httpx2.Response(500, text="oh"))
    ledger.saw_cancel("ps_1", httpx2.Response(400, json={"error_code": "session_expired"}))
    ledger.saw_creation(httpx2.Response(503, text="oh"))
    assert [each.partition(" answered ")[2][:3] for each in ledger.complaints] == ["", "500", "400", "503"]
