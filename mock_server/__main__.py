"""The command: `python -m mock_server`. Exit codes: 0 stopped, 1 healthcheck failed, 2 it could not start."""

from __future__ import annotations

import argparse
import http.client
import os
import socket
import sys

from mock_server.database import DatabaseUnusableError
from mock_server.quirks import KINDS
from mock_server.settings import Parser, Settings, add_flags, load_settings, render_table

DESCRIPTION = """A stateful mock of 1099Policy's payment sessions.

Other commands: `quirks` lists the hostility that can be switched on, `settings` prints every setting as a table,
`healthcheck` exits 0 when the mock at --host and --port is ready."""


def main(arguments: list[str] | None = None) -> int:
    """Parse, then serve until SIGTERM or SIGINT; returns the exit code."""
    parser = Parser(
        prog="python -m mock_server", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = ("serve", "quirks", "settings", "healthcheck")
    parser.add_argument(
        "command", nargs="?", default="serve", choices=commands, metavar="COMMAND", help=", ".join(commands)
    )
    add_flags(parser)
    options = parser.parse_args(arguments)
    try:
        settings = load_settings(options, os.environ)
        match options.command:
            case "quirks":
                print(render_quirks())
                return 0
            case "settings":
                print(render_table())
                return 0
            case "healthcheck":
                return healthcheck(settings)
            case _:
                # Only now: the other commands need not wait for connexion.
                from mock_server.server import serve

                return serve(settings)
    except (ValueError, DatabaseUnusableError) as error:
        print(f"mock_server: {error}", file=sys.stderr)
        return 2


def render_quirks() -> str:
    """Every quirk with what it does, its parameters and how it is switched on and off."""
    lines = []
    for name, kind in KINDS.items():
        parameters = ", ".join(f"{key}:{value:g}" for key, value in kind.parameters.items())
        lines.append(f"{name:22} {kind.description}" + (f" [{parameters}]" if parameters else ""))
    lines += [
        "",
        "On:  --quirk NAME or --quirk NAME=probability:0.5,s:2 for every tenant, or for one, also while it runs:",
        '     PUT /_mock/v1/quirks {"quirks": [{"name": NAME, "probability": 0.5, "next": 3, "parameters": {"s": 2}}]}',
        'Off: PUT /_mock/v1/quirks {"quirks": []}',
        "The same --seed and the same calls meet the same quirks, never the same one more than twice in a row.",
    ]
    return "\n".join(lines)


def healthcheck(settings: Settings) -> int:
    """0 when the mock answers that it is ready, else 1 and a line that says why."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    headers = {"Mock-Control-Token": settings.control_token} if settings.control_token else {}
    connection = http.client.HTTPConnection(host, settings.port, timeout=5)
    try:
        connection.request("GET", "/_mock/v1/health", headers=headers)
        answer = connection.getresponse()
        is_up = answer.status == 200 or b"control_plane_closed" in answer.read()
    except (OSError, http.client.HTTPException, socket.gaierror) as error:
        print(f"mock_server: nothing healthy at {host}:{settings.port}: {error}", file=sys.stderr)
        return 1
    finally:
        connection.close()
    # Refused beyond loopback without the token, it was still the mock that refused: it is up.
    return 0 if is_up else 1


if __name__ == "__main__":
    sys.exit(main())
