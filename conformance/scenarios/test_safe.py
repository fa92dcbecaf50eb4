"""CXL-SAFE: the secret in the creation URL, and methods that must not cancel."""

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from conformance.client import Client
from conformance.exchange import Exchange
from conformance.generated import covering_methods
from conformance.outcomes import NoAnswer, NotTestable, Reason
from conformance.plugin import Later
from conformance.providers import Session
from conformance.secrecy import Traces, verify_absent
from conformance.stage import Stage
from conformance.verify import verify_status
from conformance.webhooks import Webhooks


@pytest.fixture(scope="session")
def secrets(client: Client, stage: Stage) -> Callable[[], Traces]:
    """What gives away any creation secret of the run, to be asked for when it has ended. Until then there was at least
    a 200, a second cancel, a wrong key and an unknown id; and two sessions, so that what all URLs share can be told.

    Raises `NotTestable` when the provider tells no creation URL.
    """
    session, _ = stage.prepare("pending"), stage.prepare("pending")
    client.cancel_as(session.id, None)
    client.cancel(session.id)
    client.cancel(session.id)
    client.cancel(stage.unknown_id())
    if not any(session.url for session in stage.sessions):
        raise NotTestable(Reason.CREATION_UNKNOWN, "the provider does not tell the creation URL")
    return stage.traces


@pytest.mark.requirement("CXL-SAFE-1")
def test_no_body_shows_the_creation_url_again(client: Client, secrets: Callable[[], Traces], at_the_end: Later) -> None:
    """Not in the 200, not in a refusal, whoever asks; judged over every answer of the whole run."""
    at_the_end(lambda: verify_all_absent(secrets, client, lambda exchange: iter([("the body", exchange.text)])))


@pytest.mark.requirement("CXL-SAFE-2")
def test_no_header_shows_the_creation_url_again(
    client: Client, secrets: Callable[[], Traces], at_the_end: Later
) -> None:
    """Location, Link, Set-Cookie and all others; judged over every answer of the whole run."""
    at_the_end(lambda: verify_all_absent(secrets, client, lambda exchange: header_texts(exchange.headers)))


@pytest.mark.requirement("CXL-SAFE-3")
def test_no_webhook_shows_the_creation_url(
    secrets: Callable[[], Traces], webhooks: Webhooks, at_the_end: Later
) -> None:
    """Neither in the body nor in the headers of any delivery, whatever its event."""

    def judge() -> None:
        found = secrets()
        for delivery in webhooks.receiver.deliveries():
            body = delivery.body.decode("utf-8", "replace")
            verify_absent(found, iter([("a webhook's body", body), *header_texts(delivery.headers)]), None)

    at_the_end(judge)


@pytest.mark.requirement("CXL-SAFE-4")
def test_other_methods_cancel_nothing(client: Client, stage: Stage, after_a_while: Later) -> None:
    """Whatever they answer, a while later the session is still there to be cancelled. HEAD, and the methods of
    schemathesis's coverage phase: all on one session, and one by one where that is not there any more."""
    methods = ("HEAD", *covering_methods())
    session = asked_for_with(client, stage, methods)

    def judge() -> None:
        after_all = client.cancel(session.id)
        if after_all.status != 200:
            for method in methods:
                verify_status(client.cancel(asked_for_with(client, stage, (method,)).id), 200)
        verify_status(after_all, 200)

    after_a_while(judge)


def asked_for_with(client: Client, stage: Stage, methods: tuple[str, ...]) -> Session:
    """A session whose cancel was asked for with these methods."""
    session = stage.prepare("pending")
    for method in methods:
        # Not to answer it is a way to refuse it.
        with suppress(NoAnswer):
            client.cancel(session.id, method=method)
    return session


def verify_all_absent(
    secrets: Callable[[], Traces], client: Client, texts: Callable[[Exchange], Iterator[tuple[str, str]]]
) -> None:
    """No answer of the run shows a creation secret in any of its texts."""
    found = secrets()
    for exchange in client.exchanges:
        verify_absent(found, texts(exchange), exchange)


def header_texts(headers: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    """Each header's value with where it stands."""
    return ((f"the header {name}", value) for name, value in headers)
