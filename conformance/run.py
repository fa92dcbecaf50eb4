"""One run: check that anything can be judged at all, run the scenarios under pytest, return a finding for each."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis.configuration import set_hypothesis_home_dir

from conformance.client import Client
from conformance.masking import Masker
from conformance.outcomes import Finding, HarnessError, NotTestable, Reason, Signal, TargetLost
from conformance.plugin import ConformancePlugin, Workbench, unjudged
from conformance.providers import Capabilities, Provider
from conformance.receiver import Receiver
from conformance.stage import Stage
from conformance.target import Target
from conformance.webhooks import Webhooks
from openapi import Requirement

SCENARIOS = Path(__file__).parent / "scenarios"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
REFUSED_KEY = frozenset({401, 403})


Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Manner:
    """How to go about a run.

    `webhook_timeout_s` is how long to wait for an event, `webhook_quiet_s` how long a silence is judged. We listen for
    events on `webhook_listen`; where they cannot come by loopback, `webhook_url` is where they reach us.
    """

    webhook_timeout_s: float = 10.0
    webhook_quiet_s: float = 1.0
    webhook_listen: tuple[str, int] = ("127.0.0.1", 0)
    webhook_url: str = ""
    wait_for_target_s: float = 0.0
    seed: int = 0
    thorough: bool = False


def run(
    target: Target,
    provider: Provider,
    selected: tuple[Requirement, ...],
    masker: Masker,
    manner: Manner,
    progress: Progress,
) -> list[Finding]:
    """Judge the selected requirements: exactly one finding for each, in their order. Raises `KeyboardInterrupt`."""
    client = Client(target, masker, seed=manner.seed)
    try:
        progress("looking for the target")
        _await_target(client, manner.wait_for_target_s)
        capabilities = _preflight(client, provider)
        with _webhooks(client, provider, capabilities, masker, manner) as webhooks:
            stage = Stage(provider, capabilities, client, masker)
            bench = Workbench(client, stage, capabilities, webhooks, manner.thorough, progress)
            problem = _run_scenarios(ConformancePlugin(bench, selected))
        _explain_refused_key(client)
    except HarnessError as error:
        return [unjudged(requirement, error) for requirement in selected]
    finally:
        client.close()
        provider.close()
    return [bench.findings.get(requirement.id) or unjudged(requirement, problem) for requirement in selected]


def _await_target(client: Client, longest_s: float) -> None:
    """Return when the target answers HTTP, or when the time is over; what follows says so then."""
    deadline = time.monotonic() + longest_s
    while time.monotonic() < deadline:
        try:
            client.probe()
        except TargetLost:
            time.sleep(0.2)
        except Signal:
            return
        else:
            return


def _preflight(client: Client, provider: Provider) -> Capabilities:
    """Raises `HarnessError` when the provider or the target is out of reach, or the key is never accepted."""
    capabilities = provider.capabilities()
    # What else may go wrong here goes wrong in the scenarios too, and is told there.
    with contextlib.suppress(Signal):
        if client.probe().status in REFUSED_KEY:
            # Perhaps this implementation answers 403 for unknown ids: only a session of our own can tell.
            client.cancel(provider.prepare("pending").id)
    _explain_refused_key(client)
    return capabilities


def _explain_refused_key(client: Client) -> None:
    """Raises `HarnessError` when every answer to the valid key was a refusal of it: then nothing else was tested."""
    bearer = ("authorization", f"Bearer {client.target.api_key}")
    with_key = [x for x in client.exchanges if bearer in {(name.lower(), value) for name, value in x.request_headers}]
    if with_key and all(exchange.status in REFUSED_KEY for exchange in with_key):
        raise HarnessError(
            Reason.KEY_NOT_ACCEPTED,
            f"{client.target.base_url} answered {with_key[0].status} to every request with the given API key",
        )


@contextlib.contextmanager
def _webhooks(
    client: Client, provider: Provider, capabilities: Capabilities, masker: Masker, manner: Manner
) -> Iterator[Webhooks | Signal]:
    """A receiver that the tenant's events go to while the block runs, or the reason why there is none."""
    if "webhook-endpoint" not in capabilities.operations:
        yield NotTestable(Reason.OPERATION_NOT_OFFERED, "the provider does not offer the operation webhook-endpoint")
        return
    host, port = manner.webhook_listen
    try:
        receiver = Receiver(host, port, manner.webhook_url)
    except OSError as error:
        yield NotTestable(Reason.RECEIVER_UNREACHABLE, f"cannot listen on {host}:{port}: {error.strerror}")
        return
    try:
        is_near = client.target.host in LOOPBACK or host not in LOOPBACK or manner.webhook_url
        if not is_near or not receiver.is_reachable():
            yield NotTestable(
                Reason.RECEIVER_UNREACHABLE,
                f"{client.target.host} cannot reach a receiver on our loopback; see --webhook-listen and --webhook-url",
            )
            return
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
        masker.add(secret, "webhook secret")
        masker.add(receiver.url, "webhook url")
        try:
            provider.put_webhook_endpoint(receiver.url, secret)
        except Signal as signal:
            yield signal
            return
        yield Webhooks(receiver, client.ledger, secret, manner.webhook_timeout_s, manner.webhook_quiet_s)
        with contextlib.suppress(Signal):
            provider.delete_webhook_endpoint()
    finally:
        receiver.close()


def _run_scenarios(plugin: ConformancePlugin) -> str:
    """Run pytest so that nothing of the user's folder or environment takes part; returns why it went wrong, if so."""
    os.environ.pop("PYTEST_ADDOPTS", None)
    os.environ.pop("PYTEST_PLUGINS", None)
    arguments = [
        str(SCENARIOS),
        *("-c", os.devnull),
        f"--rootdir={SCENARIOS}",
        "--noconftest",
        "--disable-plugin-autoload",
        "--import-mode=importlib",
        "--assert=plain",
        "--strict-markers",
        # Leaves the progress to be seen, which holds on to the stream from before.
        "--capture=sys",
        *("-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:logging", "-p", "no:warnings"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        # What hypothesis remembers between runs stays out of the user's folder.
        set_hypothesis_home_dir(folder)
        code = pytest.main(arguments, plugins=[plugin])
    if code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    return f"pytest ended with {code!r} before this scenario ran"
