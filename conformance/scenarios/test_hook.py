"""CXL-HOOK: the webhook. What needs time to judge is judged at the end, in one window for all."""

import time

import pytest

from conformance.client import Client
from conformance.outcomes import Breach, Inconclusive, Reason
from conformance.plugin import LAST, Later
from conformance.providers import Session
from conformance.stage import Stage
from conformance.verify import verify_status
from conformance.webhooks import Webhooks, is_signed_with

HOLD_S = 2.0
# What the answer may take longer than usual while a delivery is held. Less is noise; no sender gives up sooner.
PATIENCE_S = 0.4


@pytest.mark.requirement("CXL-HOOK-1")
def test_an_event_follows_the_200(client: Client, stage: Stage, webhooks: Webhooks, at_the_end: Later) -> None:
    """Within --webhook-timeout, in any order with the answer; for every cancel of this run that answered 200."""
    session = cancelled(client, stage)

    def judge() -> None:
        verify_arrived(webhooks, session)
        if untold := webhooks.missing():
            raise Breach(
                "an event for each cancellation of this run", f"none for {len(untold)}: {', '.join(untold[:5])}"
            )

    at_the_end(judge)


@pytest.mark.requirement("CXL-HOOK-2")
def test_the_200_does_not_wait_for_the_receiver(client: Client, stage: Stage, webhooks: Webhooks) -> None:
    """The receiver holds its answer; the cancel's answer comes as soon as it usually does, and so does that of the next
    cancel. Three slow ones in a row against as many usual ones are a breach, fewer are noise."""
    usual_s: list[float] = []
    for _ in range(3):
        usual_s.append(seconds_to_cancel(client, stage))
        with webhooks.receiver.holding(HOLD_S):
            held_s = max(seconds_to_cancel(client, stage), seconds_to_cancel(client, stage))
        if held_s <= max(usual_s) + PATIENCE_S:
            return
    actual = f"after {held_s:.1f} s, usually {max(usual_s):.1f} s"
    raise Breach("the 200 while the receiver still holds the delivery", actual, exchange=client.exchanges[-1])


@pytest.mark.requirement("CXL-HOOK-3")
def test_a_refused_cancel_sends_no_event(client: Client, stage: Stage, webhooks: Webhooks, at_the_end: Later) -> None:
    """Refused for the key, for the session's state, for its id, for whose it is; or only completed. No
    session of this run that was never cancelled has an event either."""
    pending = stage.prepare("pending")
    if other_key := client.target.other_api_key:
        client.cancel(pending.id, key=other_key)
    client.cancel(pending.id, key=client.unknown_key())
    client.cancel_as(pending.id, None)
    client.cancel(stage.unknown_id())
    refused = [pending]
    for state in stage.refusing_states():
        refused.append(stage.prepare(state))
        client.cancel(refused[-1].id)
    if stage.offers("complete"):
        refused.append(stage.completed())

    def judge() -> None:
        verify_silent(webhooks, refused)
        verify_no_event_without_cancel(webhooks, stage)

    at_the_end(judge)


@pytest.mark.requirement("CXL-HOOK-4")
def test_one_cancellation_makes_one_event(client: Client, stage: Stage, webhooks: Webhooks, at_the_end: Later) -> None:
    """Cancelled once; cancelled and refused a second time; cancelled by other means and refused twice. Repeated
    deliveries of one event are lawful, and where events have ids that is judged for every cancellation of the run."""
    once, twice = cancelled(client, stage), cancelled(client, stage)
    client.cancel(twice.id)
    prepared = [stage.prepare("cancelled")] if stage.offers("cancelled") else []
    for session in prepared * 2:
        client.cancel(session.id)

    def judge() -> None:
        verify_at_most_one_event(webhooks, once, twice, *prepared)
        for session_id in webhooks.told_of_twice():
            events = [event for event in webhooks.naming(session_id) if event.has_id]
            if len(events) > 1 and not webhooks.missing():
                keys = ", ".join(event.key for event in events)
                raise Breach(f"one event for {session_id}", f"{len(events)} different ones: {keys}")

    at_the_end(judge)


@pytest.mark.requirement("CXL-HOOK-5")
def test_the_event_names_no_other_session(client: Client, stage: Stage, webhooks: Webhooks, at_the_end: Later) -> None:
    """Between two sessions that stay pending; no event tells of an earlier cancellation instead of its own, and none
    has the id of an event of another session."""
    before = stage.prepare("pending")
    session, after = stage.prepare("pending"), stage.prepare("pending")
    verify_status(client.cancel(session.id), 200)

    def judge() -> None:
        verify_silent(webhooks, [before, after])
        twice, never = webhooks.told_of_twice(), webhooks.missing()
        if twice and never:
            raise Breach(f"an event that names {never[0]}", f"none, but more than one that names {twice[0]}")
        verify_ids_tell_sessions_apart(webhooks)

    at_the_end(judge)


@pytest.mark.requirement("CXL-HOOK-6")
def test_the_event_names_its_session(client: Client, stage: Stage, webhooks: Webhooks, at_the_end: Later) -> None:
    """The session's id stands somewhere in the body."""
    session = cancelled(client, stage)

    def judge() -> None:
        verify_arrived(webhooks, session)
        if not webhooks.naming(session.id):
            raise Breach(f"an event that names {session.id}", "events that name no session")

    at_the_end(judge)


@pytest.mark.requirement("CXL-HOOK-7")
def test_a_failed_delivery_is_tried_again(
    client: Client, stage: Stage, webhooks: Webhooks, after_a_while: Later, at_the_end: Later
) -> None:
    """The receiver answers 503 once, and takes the next attempt. Comes last, when all other events have arrived, since
    a sender may hold back from a receiver that has failed."""

    def refuse_once() -> None:
        session = stage.prepare("pending")
        webhooks.await_arrivals()
        if webhooks.events():
            with webhooks.refusing(session.id):
                verify_status(client.cancel(session.id), 200)
                webhooks.await_refusal()
            # What is not told is cancelled all the same; CXL-STATE-2 looks at all second cancels.
            client.cancel(session.id)
        at_the_end(judge)

    def judge() -> None:
        if not webhooks.refused():
            raise Inconclusive(Reason.NO_ANSWER, "no delivery came while the receiver was refusing")
        if webhooks.refused_for_good():
            raise Breach("another attempt after the 503", f"none within {webhooks.timeout_s:g} s")

    after_a_while(refuse_once, LAST)


@pytest.mark.requirement("CXL-HOOK-8")
def test_the_signature_verifies(client: Client, stage: Stage, webhooks: Webhooks, at_the_end: Later) -> None:
    """Standard Webhooks, with the secret that the suite has set."""
    session = cancelled(client, stage)

    def judge() -> None:
        verify_arrived(webhooks, session)
        for event in webhooks.naming(session.id) or webhooks.anonymous():
            if not all(is_signed_with(webhooks.secret, delivery) for delivery in event.deliveries):
                raise Breach("a Standard Webhooks signature that verifies", "none that does")

    at_the_end(judge)


def cancelled(client: Client, stage: Stage) -> Session:
    """A session that was just cancelled."""
    session = stage.prepare("pending")
    verify_status(client.cancel(session.id), 200)
    return session


def seconds_to_cancel(client: Client, stage: Stage) -> float:
    """How long the answer to a cancel takes."""
    session = stage.prepare("pending")
    started = time.monotonic()
    verify_status(client.cancel(session.id), 200)
    return time.monotonic() - started


def verify_arrived(webhooks: Webhooks, session: Session) -> None:
    """The event of a cancelled session has arrived."""
    if session.id in webhooks.missing():
        raise Breach("an event of type payment.session.cancelled", f"none within {webhooks.timeout_s:g} s")


def verify_silent(webhooks: Webhooks, sessions: list[Session]) -> None:
    """No event for sessions that were never cancelled."""
    for session in sessions:
        if not any(event.names <= {session.id} for event in webhooks.naming(session.id)):
            continue
        raise Breach("no event for a session that was not cancelled", f"an event that names {session.id}")
    verify_no_surplus(webhooks)


def verify_no_event_without_cancel(webhooks: Webhooks, stage: Stage) -> None:
    """No event for any session of this run that has not been cancelled. What a session reads as decides, since a cancel
    whose answer was lost may have worked."""
    if not stage.offers("read"):
        return
    for session in stage.sessions:
        alone = [event for event in webhooks.naming(session.id) if event.names == {session.id}]
        if alone and not webhooks.may_tell_of(session.id):
            status = stage.read(session).get("status")
            if status in {"pending", "completed", "expired"}:
                raise Breach(f"no event for a session that is {status}", f"an event that names {session.id}")


def verify_at_most_one_event(webhooks: Webhooks, *sessions: Session) -> None:
    """No cancelled session has two events. Where events name no session, no more than there were cancellations."""
    for session in sessions:
        events = webhooks.naming(session.id)
        if len(events) > 1:
            keys = ", ".join(event.key for event in events)
            raise Breach(f"one event for {session.id}", f"{len(events)} different ones: {keys}")
    verify_no_surplus(webhooks)


def verify_no_surplus(webhooks: Webhooks) -> None:
    """Events that name no session are no more than the cancellations of this run."""
    if (surplus := len(webhooks.anonymous()) - webhooks.lawful_events()) > 0:
        raise Breach("one event for each cancellation", f"{surplus} more")


def verify_ids_tell_sessions_apart(webhooks: Webhooks) -> None:
    """No two sessions' events share an id, unless all do: then it is no event's id but, say, the endpoint's."""
    events = [event for event in webhooks.events() if event.has_id and event.names]
    for event in events:
        if len(events) > 1 and not frozenset.intersection(*event.named):
            raise Breach("an event of its own for each cancellation", f"{event.key} for several sessions")
