"""CXL-SAFE: the secret in the creation URL, and methods that must not cancel."""

from collections.abc import Callable, Iterator

import pytest

from conformance.client import Client
from conformance.exchange import Exchange
from conformance.generated import covering_methods
from conformance.outcomes import NotTestable, Reason
from conformance.plugin import Later
from conformance.secrecy import Traces, verify_absent
from conformance.stage import Stage
from conformance.verify import verify_status
from conformance.webhooks import Webhooks


@pytest.mark.requirement("CXL-SAFE-1")
def test_no_body_shows_the_creation_url_again(client: Client, stage: Stage, at_the_end: Later) -> None:
    """Not in the 200, not in a refusal, whoever asks; judged over every answer of the whole run."""
    ask_in_every_way(client, stage)
    secrets = creation_secrets(stage)
    at_the_end(lambda: verify_all_absent(secrets, client, lambda exchange: iter([("the body", exchange.text)])))


@pytest.mark.requirement("CXL-SAFE-2")
def test_no_header_shows_the_creation_url_again(client: Client, stage: Stage, at_the_end: Later) -> None:
    """Location, Link, Set-Cookie and all others; judged over every answer of the whole run."""
    ask_in_every_way(client, stage)
    secrets = creation_secrets(stage)
    at_the_end(lambda: verify_all_absent(secrets, client, lambda exchange: header_texts(exchange.headers)))


@pytest.mark.requirement("CXL-SAFE-3")
def test_no_webhook_shows_the_creation_url(client: Client, stage: Stage, webhooks: Webhooks, at_the_end: Later) -> None:
    """Neither in the body nor in the headers of any delivery, whatever its event."""
    ask_in_every_way(client, stage)
    secrets = creation_secrets(stage)

    def judge() -> None:
        found = secrets()
        for delivery in webhooks.receiver.deliveries():
            body = delivery.body.decode("utf-8", "replace")
            verify_absent(found, iter([("a webhook's body", body), *header_texts(delivery.headers)]), None)

    at_the_end(judge)


@pytest.mark.requirement("CXL-SAFE-4")
def test_other_methods_cancel_nothing(client: Client, stage: Stage) -> None:
    """Whatever they answer, the session is still there to be cancelled. HEAD, and the methods of schemathesis's
    coverage phase: all on one session, and one by one where that is not there any more."""
    methods = ("HEAD", *covering_methods())
    after_all = cancelled_after(client, stage, methods)
    if after_all.status != 200:
        for method in methods:
            verify_status(cancelled_after(client, stage, (method,)), 200)
    verify_status(after_all, 200)


def cancelled_after(client: Client, stage: Stage, methods: tuple[str, ...]) -> Exchange:
    """The answer to the cancel of a session that was asked for with these methods before."""
    session = stage.prepare("pending")
    for method in methods:
        client.cancel(session.id, method=method)
    return client.cancel(session.id)


def ask_in_every_way(client: Client, stage: Stage) -> None:
    """A 200, a second cancel, a wrong key, an unknown id; two sessions, so that what all URLs share can be told."""
    session, _ = stage.prepare("pending"), stage.prepare("pending")
    client.cancel_as(session.id, None)
    client.cancel(session.id)
    client.cancel(session.id)
    client.cancel(stage.unknown_id())


def creation_secrets(stage: Stage) -> Callable[[], Traces]:
    """What gives away any creation secret of the run, to be asked for when it has ended.

    Raises `NotTestable` when the provider tells no creation URL.
    """
    if not any(session.url for session in stage.sessions):
        raise NotTestable(Reason.CREATION_UNKNOWN, "the provider does not tell the creation URL")
    return stage.traces


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
