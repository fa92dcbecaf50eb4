"""The command line: flags and environment in, checked values out. Whatever is wrong is one line and exit code 2."""

from __future__ import annotations

import argparse
import os
import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from conformance.baseline import load_baseline
from conformance.masking import Masker
from conformance.providers import Provider
from conformance.providers.command import Command
from conformance.providers.contract import DocumentedEndpoints
from conformance.providers.controller import Controller
from conformance.providers.pool import load_pool
from conformance.run import Manner
from conformance.target import Target, checked_url
from conformance.verdict import Accepted, ExitCode
from openapi import Requirement, requirements

COMMANDS = ("run", "check-provider", "explain")
EPILOG = """\
commands:
  run             judge the implementation (the default)
  check-provider  see whether the state provider keeps its protocol, before the suite is blamed
  explain ID      what a requirement demands, on which words of the page, and how it is judged

exit codes:
  0    conformant: every applicable MUST was exercised and holds
  1    not conformant: a MUST failed, or a baseline entry is out of date
  2    usage: a bad flag, a malformed URL, an unreadable file
  3    incomplete: a MUST could not be exercised or judged
  4    no verdict: target or provider out of reach, key never accepted, or the suite itself failed
  130  interrupted
"""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; the usage is a page of its own."""

    def error(self, message: str) -> NoReturn:
        """Exit 2 with the message."""
        self.exit(ExitCode.USAGE, f"conformance: {message} (--help shows all flags)\n")


@dataclass(frozen=True, slots=True)
class Judging:
    """How findings become a verdict, and where it is written."""

    strict: bool
    allow_untested: set[str]
    baseline: dict[str, Accepted]
    report_dir: Path | None


def build_parser() -> Parser:
    """Every flag."""
    parser = Parser(
        prog="python -m conformance",
        description="Judge an implementation of POST /api/v1/payment/sessions/{session_id}/cancel.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "command", nargs="?", default="run", choices=COMMANDS, metavar="COMMAND", help=argparse.SUPPRESS
    )
    parser.add_argument("id", nargs="?", metavar="ID", help=argparse.SUPPRESS)
    _add_target(parser.add_argument_group("target"))
    _add_provider(parser.add_argument_group("state provider"))
    _add_judging(parser.add_argument_group("judging"))
    parser.add_argument("--list", action="store_true", help="list the requirements and stop")
    parser.add_argument("--dry-run", action="store_true", help="say what could be exercised, cancel nothing")
    parser.add_argument("--report-dir", type=Path, metavar="DIR", help="write report.json, .html and junit.xml there")
    return parser


def _add_target(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--base-url", metavar="URL", help="what the documented paths are appended to")
    add("--api-key", metavar="KEY", help="the tenant's key; better in CONFORMANCE_API_KEY")
    add("--other-api-key", metavar="KEY", help="another tenant's key; or CONFORMANCE_OTHER_API_KEY")
    add("--allow-live", action="store_true", help="accept keys that contain _live_")
    add("--header", action="append", default=[], metavar="'NAME: VALUE'", help="added to each request; repeat")
    add("--ca-bundle", default="", metavar="FILE", help="trust these certificates")
    add("--timeout", type=_seconds, default=10.0, metavar="S", help="for each request (default 10)")
    add("--wait-for-target", type=_seconds, default=0.0, metavar="S", help="wait until it answers, so long at most")
    add("--max-clock-skew", type=_seconds, default=5.0, metavar="S", help="the target's Date against ours (default 5)")


def _add_provider(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    what = "a controller's base URL, pool:FILE, command:PROGRAM, or contract: the documented calls alone (the default)"
    add("--provider", default="contract", metavar="WHAT", help=what)
    add("--provider-header", action="append", default=[], metavar="'NAME: VALUE'", help="for a controller; repeat")
    add("--contractor", default="cn_conformance", metavar="ID", help="for --provider contract")
    add("--return-url", default="https://example.com/return", metavar="URL", help="for --provider contract")
    add("--webhook-listen", default="127.0.0.1:0", metavar="HOST:PORT", help="where we listen for events (loopback)")
    add("--webhook-url", default="", metavar="URL", help="where a tunnel or a container's host makes that reachable")


def _add_judging(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    areas = "just these requirements, or areas such as HOOK"
    add("--only", nargs="+", action="extend", default=[], metavar="ID", help=areas)
    add("--thorough", action="store_true", help="longer races")
    add("--seed", type=int, metavar="N", help="of all that is left to chance; printed")
    add("--strict", action="store_true", help="let a SHOULD fail as a MUST does")
    add("--allow-untested", action="append", default=[], metavar="ID", help="a MUST that may stay open; repeat")
    add("--baseline", type=Path, metavar="FILE", help="YAML: accepted failures (id, reason, expires)")
    add("--webhook-timeout", type=_seconds, default=10.0, metavar="S", help="for an event (default 10)")
    add("--webhook-quiet", type=_seconds, default=1.0, metavar="S", help="silence judged (default 1)")


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


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds above 0, up to 3600")
    return value
