"""The command line: its commands, its flags, its help. Whatever is wrong with it is one line and exit code 2."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NoReturn

from conformance.verdict import ExitCode

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
    add("--thorough", action="store_true", help="longer races and sequences, more requests made up")
    add("--seed", type=int, metavar="N", help="of all that is left to chance; printed")
    add("--strict", action="store_true", help="let a SHOULD fail as a MUST does")
    add("--allow-untested", action="append", default=[], metavar="ID", help="a MUST that may stay open; repeat")
    add("--baseline", type=Path, metavar="FILE", help="YAML: accepted failures (id, reason, expires)")
    add("--webhook-timeout", type=_seconds, default=10.0, metavar="S", help="for an event (default 10)")
    add("--webhook-quiet", type=_seconds, default=1.0, metavar="S", help="silence judged (default 1)")


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds above 0, up to 3600")
    return value
