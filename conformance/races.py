"""Several requests at once: the rounds that the RACE scenarios judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from conformance.client import Client, Exchange, simultaneously
from conformance.outcomes import Breach, Inconclusive, Reason
from conformance.providers import Session
from conformance.stage import Stage


@dataclass(frozen=True, slots=True)
class Round:
    """One session and the answers to its simultaneous cancels."""

    session: Session
    exchanges: tuple[Exchange, ...]

    @property
    def winners(self) -> tuple[Exchange, ...]:
        """The cancels that answered 200."""
        return tuple(exchange for exchange in self.exchanges if exchange.status == 200)

    @property
    def losers(self) -> tuple[Exchange, ...]:
        """The others."""
        return tuple(exchange for exchange in self.exchanges if exchange.status != 200)


def race_cancels(client: Client, stage: Stage, *, rounds: int, cancels: int) -> tuple[Round, ...]:
    """Rounds of simultaneous cancels, each on a fresh session, over connections that are open beforehand."""
    lanes = [client.lane() for _ in range(cancels)]
    try:
        simultaneously([lane.probe for lane in lanes])
        return tuple(_round(lanes, stage.prepare("pending")) for _ in range(rounds))
    finally:
        for lane in lanes:
            lane.close()


def verify_single_winner(race: Round) -> None:
    """Exactly one of the cancels answered 200."""
    if len(race.winners) == 1:
        return
    if any(exchange.attempts > 1 for exchange in race.exchanges):
        raise Inconclusive(Reason.THROTTLED, "cancels of the race were retried after the target said it was busy")
    statuses = ", ".join(str(exchange.status) for exchange in race.exchanges)
    raise Breach("exactly one 200", f"{len(race.winners)}: {statuses}", exchange=race.exchanges[0])


def race_cancel_and_complete(client: Client, stage: Stage) -> tuple[Session, Exchange, bool]:
    """Cancel and complete a fresh session at once: the session, the cancel's answer, whether the completion was told
    to have worked."""
    session = stage.prepare("pending")
    answers: Sequence[Exchange | bool] = simultaneously(
        [partial(client.cancel, session.id), partial(stage.complete, session)]
    )
    exchange, completed = answers
    assert isinstance(exchange, Exchange)  # noqa: S101 - narrows the type of the first action's result
    return session, exchange, bool(completed)


def _round(lanes: list[Client], session: Session) -> Round:
    return Round(session, tuple(simultaneously([partial(lane.cancel, session.id) for lane in lanes])))
