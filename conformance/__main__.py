"""`python -m conformance`: judge an implementation of the cancel endpoint."""

from __future__ import annotations

import argparse
import inspect
import os
import sys
import textwrap
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from conformance.applicability import require
from conformance.check_provider.checking import check_provider, render_checks
from conformance.client import Client
from conformance.flags import Parser, build_parser
from conformance.inputs import (
    judging_of,
    manner_of,
    provider_of,
    requirement_named,
    selected_requirements,
    target_of,
)
from conformance.masking import Masker
from conformance.outcomes import HarnessError, Signal
from conformance.progress import Progress, coloured
from conformance.providers.answers import ProtocolProvider
from conformance.receiver import Receiver
from conformance.report.html import render_html
from conformance.report.json_report import render_json
from conformance.report.junit import render_junit
from conformance.report.markdown import render_markdown
from conformance.report.terminal import render_terminal
from conformance.run import run
from conformance.target import Target
from conformance.verdict import ExitCode, Verdict, decide
from openapi import Requirement


def main(arguments: list[str] | None = None) -> int:
    """Parse, do what was asked; returns the exit code."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    selected = selected_requirements(parser, options.only)
    if options.command == "explain":
        print(render_explanation(requirement_named(parser, options.id)))
        return ExitCode.CONFORMANT
    if options.list:
        for requirement in selected:
            print(f"{requirement.id:<14}{requirement.level:<8}{requirement.basis}  {requirement.statement}")
        return ExitCode.CONFORMANT
    progress = Progress()
    try:
        if options.command == "check-provider":
            return _check_provider(parser, options)
        if options.dry_run:
            return _dry_run(parser, options, selected)
        return _run(parser, options, selected, progress)
    except KeyboardInterrupt:
        progress("")
        print("interrupted: no verdict", file=sys.stderr)
        return ExitCode.INTERRUPTED


def _run(parser: Parser, options: argparse.Namespace, selected: tuple[Requirement, ...], progress: Progress) -> int:
    target = target_of(parser, options)
    judging = judging_of(parser, options)
    manner = manner_of(parser, options)
    masker = Masker()
    provider = provider_of(parser, options, target, masker)
    started = time.monotonic()
    findings = run(target, provider, selected, masker, manner, progress)
    progress("")
    verdict = decide(findings, strict=judging.strict, allow_untested=judging.allow_untested, baseline=judging.baseline)
    duration_s = time.monotonic() - started
    first, _, rest = render_terminal(verdict, masker, duration_s, manner.seed).partition("\n")
    print(coloured(first, good=verdict.exit_code == ExitCode.CONFORMANT), rest, sep="\n")
    return _write_reports(verdict, target, masker, duration_s, judging.report_dir, manner.seed)


def _write_reports(
    verdict: Verdict, target: Target, masker: Masker, duration_s: float, report_dir: Path | None, seed: int
) -> int:
    try:
        if report_dir is not None:
            for name, text in (
                ("report.json", render_json(verdict, target, masker, duration_s, seed=seed)),
                ("report.html", render_html(verdict, target, masker, duration_s, seed=seed)),
                ("junit.xml", render_junit(verdict, masker)),
            ):
                (report_dir / name).write_text(text, encoding="utf-8")
        if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(render_markdown(verdict, masker, duration_s, seed=seed))
    except OSError as error:
        print(f"conformance: {error.filename}: {error.strerror}", file=sys.stderr)
        return ExitCode.USAGE
    return verdict.exit_code


def _dry_run(parser: Parser, options: argparse.Namespace, selected: tuple[Requirement, ...]) -> int:
    """What could be exercised, by what the provider says of itself; nothing is prepared, nothing cancelled."""
    target = target_of(parser, options)
    provider = provider_of(parser, options, target, Masker())
    try:
        capabilities = provider.capabilities()
    except HarnessError as error:
        print(f"no verdict: {error.message}")
        return ExitCode.UNUSABLE
    finally:
        provider.close()
    for requirement in selected:
        try:
            require(requirement, capabilities, target.other_api_key)
            print(f"{requirement.id:<14}would be exercised")
        except Signal as signal:
            print(f"{requirement.id:<14}{signal.outcome}: {signal.message}")
    return ExitCode.CONFORMANT


def _check_provider(parser: Parser, options: argparse.Namespace) -> int:
    target = target_of(parser, options)
    manner = manner_of(parser, options)
    masker = Masker()
    provider = provider_of(parser, options, target, masker)
    if not isinstance(provider, ProtocolProvider):
        parser.error("check-provider needs --provider with a controller's URL or command:PROGRAM")
    try:
        receiver = Receiver(*manner.webhook_listen, manner.webhook_url)
    except OSError as error:
        parser.error(f"--webhook-listen: {error.strerror}")
    client = Client(target, masker) if target.base_url else None
    try:
        checks = check_provider(provider, client, receiver, webhook_timeout_s=manner.webhook_timeout_s)
    finally:
        provider.close()
        if client is not None:
            client.close()
    print(render_checks(checks, masker))
    return ExitCode.CONFORMANT if all(check.is_right for check in checks) else ExitCode.NOT_CONFORMANT


def render_explanation(requirement: Requirement) -> str:
    """What it demands, why it may be demanded, what it needs, and the scenario's own words."""
    basis = {
        "S": "stated on the page",
        "D": "follows from the page, by logic or by HTTP",
        "V": "the vendor's other documentation",
        "C": "the vendor's public clients",
        "A": "our assumption",
    }[requirement.basis]
    needs = [*requirement.states, *requirement.operations, *(["another tenant's key"] if requirement.other_key else [])]
    scenario = _scenario(requirement)
    judged = " ".join((inspect.getdoc(scenario) or "").split())
    lines = {
        "demands": requirement.statement,
        "page": requirement.place,
        "basis": f"{requirement.level}, {basis}",
        "needs": ", ".join(needs) or "nothing",
        "judged": judged,
        "in": f"conformance/scenarios/test_{requirement.area.lower()}.py, {scenario.__name__}",
    }
    wrapped = [
        textwrap.fill(text, 100, initial_indent=f"  {name:<9}", subsequent_indent=" " * 11)
        for name, text in lines.items()
    ]
    return "\n".join([requirement.id, *wrapped])


def _scenario(requirement: Requirement) -> Callable[..., None]:
    module = import_module(f"conformance.scenarios.test_{requirement.area.lower()}")
    for function in vars(module).values():
        for mark in getattr(function, "pytestmark", []):
            if mark.args == (requirement.id,):
                scenario: Callable[..., None] = function
                return scenario
    raise LookupError(requirement.id)


if __name__ == "__main__":
    sys.exit(main())
