"""What flags and environment amount to: checked values, or one line that says what is wrong, and exit code 2."""

from __future__ import annotations

import argparse
import os
import random
import re
from dataclasses import dataclass
from pathlib import Path

from conformance.baseline import load_baseline
from conformance.flags import Parser
from conformance.masking import Masker
from conformance.providers import Provider
from conformance.providers.command import Command
from conformance.providers.contract import DocumentedEndpoints
from conformance.providers.controller import Controller
from conformance.providers.pool import load_pool
from conformance.run import Manner
from conformance.target import Target, checked_url
from conformance.verdict import Accepted
from openapi import Requirement, requirements


@dataclass(frozen=True, slots=True)
class Judging:
    """How findings become a verdict, and where it is written."""

    strict: bool
    allow_untested: set[str]
    baseline: dict[str, Accepted]
    report_dir: Path | None


def selected_requirements(parser: Parser, only: list[str]) -> tuple[Requirement, ...]:
    """Those named by id or area, or all."""
    names = {name.upper().removeprefix("CXL-") for name in only}
    known = {name for requirement in requirements() for name in (requirement.id.removeprefix("CXL-"), requirement.area)}
    if unknown := sorted(names - known):
        parser.error(f"--only: no requirement or area is called {unknown[0]}; --list shows them all")
    return tuple(r for r in requirements() if not names or names & {r.id.removeprefix("CXL-"), r.area})


def requirement_named(parser: Parser, name: str | None) -> Requirement:
    """The one requirement of that id."""
    found = [
        each for each in requirements() if each.id.removeprefix("CXL-") == (name or "").upper().removeprefix("CXL-")
    ]
    if not found:
        parser.error(f"explain: no requirement is called {name or '(nothing)'}; --list shows them all")
    return found[0]


def judging_of(parser: Parser, options: argparse.Namespace) -> Judging:
    """How to judge, with the report's folder made beforehand: a run must not end in a report that cannot be written."""
    if options.report_dir is not None:
        try:
            options.report_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            parser.error(f"--report-dir {options.report_dir}: {error.strerror}")
    known = {requirement.id for requirement in requirements()}
    if unknown := sorted(set(options.allow_untested) - known):
        parser.error(f"--allow-untested: no requirement is called {unknown[0]}; --list shows them all")
    baseline = _baseline(parser, options.baseline)
    return Judging(options.strict, set(options.allow_untested), baseline, options.report_dir)


def target_of(parser: Parser, options: argparse.Namespace) -> Target:
    """What is judged, and with which keys."""
    if not options.base_url and options.command != "check-provider":
        parser.error("--base-url is needed: the address of the implementation to judge")
    api_key, other_api_key = keys_of(parser, options)
    try:
        base_url = checked_url(options.base_url) if options.base_url else ""
    except ValueError as error:
        parser.error(f"--base-url: {error}")
    headers = tuple(_headers(parser, "--header", options.header))
    target = Target(
        base_url, api_key, other_api_key, options.timeout, options.max_clock_skew, headers, options.ca_bundle
    )
    try:
        target.trust()
    except OSError as error:
        parser.error(f"--ca-bundle {options.ca_bundle}: {error.strerror or 'holds no certificates'}")
    return target


def keys_of(parser: Parser, options: argparse.Namespace) -> tuple[str, str | None]:
    """The key, and another tenant's if there is one."""
    api_key = options.api_key or os.environ.get("CONFORMANCE_API_KEY", "")
    other_api_key = options.other_api_key or os.environ.get("CONFORMANCE_OTHER_API_KEY") or None
    if not api_key:
        parser.error("an API key is needed: --api-key, or CONFORMANCE_API_KEY in the environment")
    for key in filter(None, (api_key, other_api_key)):
        if not (key.isascii() and key.isprintable()) or " " in key:
            parser.error("an API key must be printable ASCII without spaces")
        if "_live_" in key and not options.allow_live:
            parser.error("the API key is a live one; this suite cancels sessions. --allow-live if you mean it")
    if api_key == other_api_key:
        parser.error("--other-api-key must be another tenant's key, not the same")
    return api_key, other_api_key


def provider_of(parser: Parser, options: argparse.Namespace, target: Target, masker: Masker) -> Provider:
    """How the target is put into a state."""
    kind, _, rest = options.provider.partition(":")
    try:
        if options.provider == "contract":
            return DocumentedEndpoints(target, options.contractor, options.return_url)
        if kind == "pool":
            return load_pool(Path(rest))
        if kind == "command":
            return Command(rest, target.api_key, masker, target.timeout_s)
        url = checked_url(options.provider)
    except OSError as error:
        parser.error(f"--provider {options.provider}: {error.strerror}")
    except ValueError as error:
        parser.error(f"--provider: {error}")
    headers = _headers(parser, "--provider-header", options.provider_header)
    for _, value in headers:
        masker.add(value, "provider header")
    return Controller(url, target.api_key, headers, target.timeout_s, target.trust())


def manner_of(parser: Parser, options: argparse.Namespace) -> Manner:
    """How to go about a run."""
    host, _, port = options.webhook_listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        parser.error("--webhook-listen must look like 127.0.0.1:9000; port 0 picks a free one")
    try:
        url = checked_url(options.webhook_url) if options.webhook_url else ""
    except ValueError as error:
        parser.error(f"--webhook-url: {error}")
    return Manner(
        webhook_timeout_s=options.webhook_timeout,
        webhook_quiet_s=options.webhook_quiet,
        webhook_listen=(host.strip("[]"), int(port)),
        webhook_url=url,
        wait_for_target_s=options.wait_for_target,
        seed=random.randrange(10**6) if options.seed is None else options.seed,  # noqa: S311 - printed, to be repeated
        thorough=options.thorough,
    )


def _headers(parser: Parser, flag: str, given: list[str]) -> list[tuple[str, str]]:
    headers = []
    for header in given:
        name, colon, value = header.partition(":")
        if not colon or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name.strip()) or not _is_plain(value):
            parser.error(f"{flag} must look like 'Name: value'")
        headers.append((name.strip(), value.strip()))
    return headers


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _baseline(parser: Parser, path: Path | None) -> dict[str, Accepted]:
    if path is None:
        return {}
    try:
        return load_baseline(path)
    except OSError as error:
        parser.error(f"--baseline {path}: {error.strerror}")
    except ValueError as error:
        parser.error(f"--baseline {path}: {error}")
