"""Several requests at once: the rounds that the RACE scenarios judge."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from conformance.client import TRIES, Client
from conformance.exchange import Exchange
from conformance.outcomes import Breach, Inconclusive, NoAnswer, Reason
from conformance.providers import Session, State
from conformance.stage import Stage
from conformance.verify import (
    codes_in,
    verify_attribute,
    verify_first_try,
    verify_one_code,
    verify_refused,
    verify_status,
)

Result = TypeVar("Result")
Attempt = tuple[Session, Exchange]

# How far apart the first and the last cancel around the moment of expiry are.
EXPIRY_SPREAD_S = 0.6


@dataclass(frozen=True, slots=True)
class Round:
    """One session and the answers to its simultaneous cancels; `unanswered` says why some got none."""

    session: Session
    exchanges: tuple[Exchange, ...]
    unanswered: tuple[NoAnswer, ...] = ()

    @property
    def winners(self) -> tuple[Exchange, ...]:
        """The cancels that answered 200."""
        return tuple(exchange for exchange in self.exchanges if exchange.status == 200)

    @property
    def losers(self) -> tuple[Exchange, ...]:
        """The others."""
        return tuple(exchange for exchange in self.exchanges if exchange.status != 200)


def race_cancels(
    client: Client, stage: Stage, state: State = "pending", *, rounds: int, cancels: int
) -> tuple[Round, ...]:
    """Rounds of simultaneous cancels, each on a fresh session, over connections that are open beforehand."""
    lanes = [client.lane() for _ in range(cancels)]
    try:
        simultaneously([partial(_open, lane) for lane in lanes])
        return tuple(_round(lanes, stage.prepare(state)) for _ in range(rounds))
    finally:
        for lane in lanes:
            lane.close()


def verify_single_winner(race: Round) -> None:
    """The round is linearizable as a register that one cancel can win: exactly one 200, and nobody was told that the
    session is over before the winner had begun.

    Raises `Breach` when it is not, `Inconclusive` when it cannot be known: an unanswered cancel may be the winner, and
    so may the unseen first try of one that was retried.
    """
    winners = race.winners
    if len(winners) == 1:
        early = [loser for loser in race.losers if loser.status == 400 and loser.ended < winners[0].started]
        if early:
            raise Breach("no refusal before the winning cancel was sent", "one that came before", exchange=early[0])
        return
    if not winners and race.unanswered:
        raise race.unanswered[0]
    if not winners and any(exchange.attempts > 1 for exchange in race.exchanges):
        raise Inconclusive(
            Reason.THROTTLED, "cancels of the race were tried again, and an unseen first try may have won"
        )
    statuses = ", ".join(str(exchange.status) for exchange in sorted(race.exchanges, key=lambda each: each.ended))
    raise Breach("exactly one 200", f"{len(winners)}: {statuses}", exchange=race.exchanges[0])


def race_different_sessions(
    client: Client, stage: Stage, *, sessions: int, strangers: Sequence[str] = ()
) -> tuple[list[Attempt], list[Attempt]]:
    """One cancel of each of so many fresh sessions, all at once, and beside them one with each of the strangers' keys,
    of a session of its own: ours, and theirs."""
    keys = [*[None] * sessions, *strangers]
    lanes = [(client.lane(TRIES), stage.prepare("pending"), key) for key in keys]

    def cancel(lane: Client, session: Session, key: str | None) -> Attempt:
        return session, lane.cancel(session.id, key=key)

    try:
        attempts = simultaneously([partial(cancel, *each) for each in lanes])
    finally:
        for lane, _, _ in lanes:
            lane.close()
    return attempts[:sessions], attempts[sessions:]


def race_cancel_and_complete(client: Client, stage: Stage, lead_s: float) -> tuple[Session, Exchange, bool]:
    """Cancel and complete a fresh session at once, or the cancel so much ahead of the completion (behind it, if less
    than nothing): the session, the cancel's answer, whether the completion was told to have worked."""
    session = stage.prepare("pending")

    def cancel() -> Exchange:
        time.sleep(max(0.0, -lead_s))
        return client.cancel(session.id)

    def complete() -> bool:
        time.sleep(max(0.0, lead_s))
        return stage.try_complete(session)

    answers: Sequence[Exchange | bool] = simultaneously([cancel, complete])
    exchange, completed = answers
    assert isinstance(exchange, Exchange)  # noqa: S101 - narrows the type of the first action's result
    return session, exchange, bool(completed)


def race_to_expiry(client: Client, session: Session, *, expires_in_s: int, cancels: int) -> Round:
    """Cancels of one session, prepared to expire in `expires_in_s`, from just before it expires until just after."""
    lanes = [client.lane() for _ in range(cancels)]
    try:
        simultaneously([partial(_open, lane) for lane in lanes])
        first_s = max(0.0, session.left_s(expires_in_s) - EXPIRY_SPREAD_S / 2)
        return _round(lanes, session, first_s, EXPIRY_SPREAD_S)
    finally:
        for lane in lanes:
            lane.close()


def verify_one_winner(exchange: Exchange, *, completed: bool) -> None:
    """Of a cancel and a completion at once, one worked, and a cancel that came too late was told so. Raises
    `Inconclusive` for one that was tried again: its first try may have worked unseen."""
    if exchange.status == 200 and completed:
        raise Breach("either the cancel or the completion", "both", exchange=exchange)
    if exchange.status == 200:
        verify_attribute(exchange, "completed_at", None)
        return
    verify_first_try(exchange)
    verify_refused(exchange, "session_not_pending")


def verify_expiry_boundary(race: Round) -> None:
    """At most one cancel succeeded, and none that was sent after another had been told that the session has expired."""
    if len(race.winners) > 1:
        raise Breach("at most one 200", f"{len(race.winners)}", exchange=race.winners[1])
    expired = [exchange for exchange in race.losers if "session_expired" in codes_in(exchange)]
    for winner in race.winners:
        if any(refusal.ended < winner.started for refusal in expired):
            raise Breach("no 200 after a session_expired", "one", exchange=winner)
    for loser in race.losers:
        verify_status(loser, 400)
        verify_one_code(loser)


def _open(lane: Client) -> None:
    """Have its connection ready before the race; where that goes wrong, the race opens it."""
    with suppress(NoAnswer):
        lane.probe()


def _round(lanes: list[Client], session: Session, first_s: float = 0.0, spread_s: float = 0.0) -> Round:
    def cancel(lane: Client, pause_s: float) -> Exchange | NoAnswer:
        time.sleep(pause_s)
        try:
            return lane.cancel(session.id)
        except NoAnswer as signal:
            return signal

    answers = simultaneously(
        [partial(cancel, lane, first_s + spread_s * number / len(lanes)) for number, lane in enumerate(lanes)]
    )
    exchanges = tuple(answer for answer in answers if isinstance(answer, Exchange))
    return Round(session, exchanges, tuple(answer for answer in answers if isinstance(answer, NoAnswer)))


def simultaneously(actions: Sequence[Callable[[], Result]]) -> list[Result]:
    """Run all actions at once, from one barrier; their results in order. Raises what the first failed one raised."""
    barrier = threading.Barrier(len(actions))
    results: dict[int, Result] = {}
    errors: dict[int, BaseException] = {}

    def run(index: int) -> None:
        try:
            barrier.wait()
            results[index] = actions[index]()
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread, which raises it
            errors[index] = error

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[min(errors)]
    return [results[index] for index in range(len(actions))]
