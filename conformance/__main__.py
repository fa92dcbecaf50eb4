"""`python -m conformance`: judge an implementation of the cancel endpoint."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import NoReturn

from conformance.baseline import load_baseline
from conformance.masking import Masker
from conformance.providers import Provider
from conformance.providers.contract import DocumentedEndpoints
from conformance.providers.controller import Controller
from conformance.report.json_report import render_json
from conformance.report.junit import render_junit
from conformance.report.terminal import render_terminal
from conformance.run import WebhookTimes, run
from conformance.target import Target, checked_url
from conformance.verdict import Accepted, ExitCode, Verdict, decide
from openapi import Requirement, requirements

EPILOG = """\
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


def main(arguments: list[str] | None = None) -> int:
    """Parse, run, report; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    selected = _selected(parser, options.only)
    if options.list:
        for requirement in selected:
            print(f"{requirement.id:<14}{requirement.level:<8}{requirement.basis}  {requirement.statement}")
        return ExitCode.CONFORMANT
    target = _target(parser, options)
    baseline = _baseline(parser, options.baseline)
    report_dir = _report_dir(parser, options.report_dir)
    masker = Masker()
    provider = _provider(parser, options, target, masker)
    started = time.monotonic()
    times = WebhookTimes(options.webhook_timeout, options.webhook_quiet)
    try:
        findings = run(target, provider, selected, masker, times)
    except KeyboardInterrupt:
        print("interrupted: no verdict", file=sys.stderr)
        return ExitCode.INTERRUPTED
    allow_untested = _known_ids(parser, "--allow-untested", options.allow_untested)
    verdict = decide(findings, strict=options.strict, allow_untested=allow_untested, baseline=baseline)
    duration_s = time.monotonic() - started
    print(render_terminal(verdict, masker, duration_s))
    return _write_reports(verdict, target, masker, duration_s, report_dir)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m conformance",
        description="Judge an implementation of POST /api/v1/payment/sessions/{session_id}/cancel.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    target = parser.add_argument_group("target")
    target.add_argument("--base-url", metavar="URL", help="what the documented paths are appended to")
    target.add_argument("--api-key", metavar="KEY", help="the tenant's key; better in CONFORMANCE_API_KEY")
    target.add_argument("--other-api-key", metavar="KEY", help="another tenant's key; or CONFORMANCE_OTHER_API_KEY")
    target.add_argument("--allow-live", action="store_true", help="accept keys that contain _live_")
    target.add_argument("--timeout", type=_seconds, default=10.0, metavar="S", help="for each request (default 10)")
    target.add_argument(
        "--max-clock-skew", type=_seconds, default=5.0, metavar="S", help="the target's Date against ours (default 5)"
    )
    states = parser.add_argument_group("state provider")
    states.add_argument(
        "--provider",
        default="contract",
        metavar="URL|contract",
        help="a controller's base URL, or only the documented calls",
    )
    states.add_argument(
        "--provider-header", action="append", default=[], metavar="'NAME: VALUE'", help="added to each provider request"
    )
    states.add_argument("--contractor", default="cn_conformance", metavar="ID", help="for --provider contract")
    states.add_argument(
        "--return-url", default="https://example.com/return", metavar="URL", help="for --provider contract"
    )
    judging = parser.add_argument_group("judging")
    judging.add_argument(
        "--only",
        nargs="+",
        action="extend",
        default=[],
        metavar="ID",
        help="just these requirements, or areas such as HOOK",
    )
    judging.add_argument("--strict", action="store_true", help="let a SHOULD fail as a MUST does")
    judging.add_argument(
        "--allow-untested", action="append", default=[], metavar="ID", help="a MUST that may stay open"
    )
    judging.add_argument("--baseline", type=Path, metavar="FILE", help="YAML: accepted failures (id, reason, expires)")
    judging.add_argument(
        "--webhook-timeout", type=_seconds, default=10.0, metavar="S", help="for an event (default 10)"
    )
    judging.add_argument("--webhook-quiet", type=_seconds, default=1.0, metavar="S", help="silence judged (default 1)")
    parser.add_argument("--list", action="store_true", help="list the requirements and stop")
    parser.add_argument("--report-dir", type=Path, metavar="DIR", help="write report.json and junit.xml there")
    return parser


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds above 0, up to 3600")
    return value


def _selected(parser: argparse.ArgumentParser, only: list[str]) -> tuple[Requirement, ...]:
    names = {name.upper().removeprefix("CXL-") for name in only}
    known = {name for requirement in requirements() for name in (requirement.id.removeprefix("CXL-"), requirement.area)}
    if unknown := sorted(names - known):
        parser.error(f"--only: no requirement or area is called {unknown[0]}; --list shows them all")
    return tuple(r for r in requirements() if not names or names & {r.id.removeprefix("CXL-"), r.area})


def _known_ids(parser: argparse.ArgumentParser, flag: str, ids: list[str]) -> set[str]:
    if unknown := sorted(set(ids) - {requirement.id for requirement in requirements()}):
        parser.error(f"{flag}: no requirement is called {unknown[0]}; --list shows them all")
    return set(ids)


def _target(parser: argparse.ArgumentParser, options: argparse.Namespace) -> Target:
    if not options.base_url:
        parser.error("--base-url is needed: the address of the implementation to judge")
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
    try:
        base_url = checked_url(options.base_url)
    except ValueError as error:
        parser.error(f"--base-url: {error}")
    return Target(base_url, api_key, other_api_key, options.timeout, options.max_clock_skew)


def _provider(parser: argparse.ArgumentParser, options: argparse.Namespace, target: Target, masker: Masker) -> Provider:
    if options.provider == "contract":
        return DocumentedEndpoints(target, options.contractor, options.return_url)
    try:
        url = checked_url(options.provider)
    except ValueError as error:
        parser.error(f"--provider: {error}, nor the word contract")
    headers = []
    for header in options.provider_header:
        name, colon, value = header.partition(":")
        if not colon or not name.strip() or not (header.isascii() and header.isprintable()):
            parser.error("--provider-header must look like 'Name: value'")
        masker.add(value.strip(), "provider header")
        headers.append((name.strip(), value.strip()))
    return Controller(url, target.api_key, headers, target.timeout_s)


def _baseline(parser: argparse.ArgumentParser, path: Path | None) -> dict[str, Accepted]:
    if path is None:
        return {}
    try:
        return load_baseline(path)
    except OSError as error:
        parser.error(f"--baseline {path}: {error.strerror}")
    except ValueError as error:
        parser.error(f"--baseline {path}: {error}")


def _report_dir(parser: argparse.ArgumentParser, path: Path | None) -> Path | None:
    """The folder, made beforehand: a run of minutes must not end in a report that cannot be written."""
    if path is not None:
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            parser.error(f"--report-dir {path}: {error.strerror}")
    return path


def _write_reports(verdict: Verdict, target: Target, masker: Masker, duration_s: float, report_dir: Path | None) -> int:
    if report_dir is not None:
        try:
            (report_dir / "report.json").write_text(render_json(verdict, target, masker, duration_s), encoding="utf-8")
            (report_dir / "junit.xml").write_text(render_junit(verdict, masker), encoding="utf-8")
        except OSError as error:
            print(f"conformance: --report-dir {report_dir}: {error.strerror}", file=sys.stderr)
            return ExitCode.USAGE
    return verdict.exit_code


if __name__ == "__main__":
    sys.exit(main())
