"""All settings: one frozen dataclass, filled from flags and, where a flag is missing, from the environment.

The only reader of the environment. Flags, environment names, the help text and the README's table all come from the
fields below.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

MAXIMUM = 1_000_000_000
ENVIRONMENT_PREFIX = "MOCK_SERVER_"


def setting(default: Any, help: str, *, metavar: str = "", minimum: float | None = None, secret: bool = False) -> Any:  # noqa: A002 - argparse's word
    """A field with what the flag, the environment and the table say of it. A tuple is a flag to repeat."""
    return field(default=default, repr=not secret, metadata={"help": help, "metavar": metavar, "minimum": minimum})


class BadSettingError(ValueError):
    """A setting that cannot be used; the message names its flag."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{flag_of(name)} {problem}")
        self.name = name
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Settings:
    """Durations are seconds, sizes bytes; `--api-key` is `MOCK_SERVER_API_KEY`, and so on."""

    host: str = setting("127.0.0.1", "address to listen on", metavar="ADDRESS")
    port: int = setting(8099, "port to listen on; 0 picks a free one", metavar="N", minimum=0)
    database: str = setting("", "keep state in this file instead of in memory", metavar="FILE")
    api_key: tuple[str, ...] = setting(
        (), "accept only these keys; repeat for more tenants", metavar="KEY", secret=True
    )
    control_token: str = setting("", "what the control plane asks for beyond loopback", metavar="TOKEN", secret=True)
    webhook_url: str = setting("", "send every tenant's events here until it says otherwise", metavar="URL")
    webhook_secret: str = setting("", "sign them with this `whsec_...` secret", metavar="SECRET", secret=True)
    webhook_allow: tuple[str, ...] = setting((), "also send webhooks to this host; repeat for more", metavar="HOST")
    webhook_schedule: str = setting(
        "standard", "retries: `standard` (5 s to 10 h) or `fast` (milliseconds)", metavar="NAME"
    )
    webhook_timeout_s: float = setting(15.0, "for one delivery attempt", metavar="S", minimum=0.001)
    webhook_concurrency: int = setting(32, "delivery attempts at once", metavar="N", minimum=1)
    redirect_host: tuple[str, ...] = setting((), "allow only these hosts in return_url; repeat", metavar="HOST")
    allow_http_return_url: bool = setting(False, "accept http return_urls for loopback hosts")
    lifetime_s: int = setting(1800, "from a session's creation to its expires_at", metavar="S", minimum=1)
    expiry_lag_s: float = setting(60.0, "how long the expiry job leaves a session overdue", metavar="S", minimum=0)
    expiry_interval_s: float = setting(1.0, "how often the expiry job runs", metavar="S", minimum=0.01)
    quirk: tuple[str, ...] = setting((), "switch a quirk on for every tenant; repeat for more", metavar="NAME[=...]")
    seed: int = setting(0, "of the draws that decide when a quirk strikes", metavar="N")
    max_body_bytes: int = setting(65536, "of a request; more is 413", metavar="N", minimum=1)
    max_sessions: int = setting(1_000_000, "kept by one tenant; more is 503", metavar="N", minimum=1)
    max_outbox: int = setting(100_000, "deliveries of one tenant not yet ended; more is 503", metavar="N", minimum=1)
    max_journal: int = setting(10_000, "requests kept in a tenant's journal; older ones go", metavar="N", minimum=1)
    max_tenants: int = setting(10_000, "in memory at once; idle ones make room", metavar="N", minimum=1)
    drain_s: float = setting(10.0, "for open requests and deliveries at SIGTERM", metavar="S", minimum=0)

    def __post_init__(self) -> None:
        """Raises `BadSettingError` for what no flag may say."""
        for each in dataclasses.fields(self):
            minimum, value = each.metadata["minimum"], getattr(self, each.name)
            if minimum is not None and not value >= minimum:
                raise BadSettingError(each.name, f"must be at least {minimum:g}")
            if minimum is not None and value > MAXIMUM:
                raise BadSettingError(each.name, f"must be at most {MAXIMUM:,}")
        if self.port > 65535:
            raise BadSettingError("port", "must be at most 65535")
        if self.webhook_schedule not in {"standard", "fast"}:
            raise BadSettingError("webhook_schedule", "must be standard or fast")
        if self.webhook_secret and not self.webhook_url:
            raise BadSettingError("webhook_secret", "needs --webhook-url")


def flag_of(name: str) -> str:
    """`--webhook-url` for `webhook_url`; the unit in a name is the metavar's business."""
    return "--" + name.removesuffix("_s").replace("_", "-")


def variable_of(name: str) -> str:
    """`MOCK_SERVER_WEBHOOK_URL` for `webhook_url`."""
    return ENVIRONMENT_PREFIX + flag_of(name)[2:].replace("-", "_").upper()


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; the usage is a page of its own."""

    def error(self, message: str) -> NoReturn:
        """Exit 2 with the message."""
        self.exit(2, f"mock_server: {message} (--help shows all settings)\n")


def add_flags(parser: argparse.ArgumentParser) -> None:
    """One flag for each setting, without defaults: what was not said stays open for the environment."""
    for each in dataclasses.fields(Settings):
        has_default = each.default is not False and each.default not in ("", ())
        text = each.metadata["help"] + (f" (default {each.default})" if has_default else "")
        flag = flag_of(each.name)
        if isinstance(each.default, bool):
            parser.add_argument(flag, dest=each.name, action="store_true", default=None, help=text)
        elif isinstance(each.default, tuple):
            parser.add_argument(flag, dest=each.name, action="append", metavar=each.metadata["metavar"], help=text)
        else:
            parser.add_argument(flag, dest=each.name, metavar=each.metadata["metavar"], help=text)


def load_settings(options: argparse.Namespace, environment: Mapping[str, str]) -> Settings:
    """Flags first, then the environment, then the defaults. Raises `ValueError` naming the flag or variable at fault.

    In the environment, lists are separated by commas (quirks, which have commas inside, by spaces) and switches are `1`
    or `0`.
    """
    values: dict[str, Any] = {}
    from_environment: dict[str, str] = {}
    for each in dataclasses.fields(Settings):
        given = getattr(options, each.name, None)
        variable = variable_of(each.name)
        if given is not None:
            values[each.name] = _converted(given, each.default, flag_of(each.name))
        elif environment.get(variable):
            separator = " " if each.name == "quirk" else ","
            values[each.name] = _converted(environment[variable], each.default, variable, separator)
            from_environment[each.name] = variable
    try:
        return Settings(**values)
    except BadSettingError as error:
        if error.name not in from_environment:
            raise
        raise ValueError(f"{from_environment[error.name]} {error.problem}") from None


def _converted(given: str | bool | Sequence[str], default: Any, where: str, separator: str = ",") -> Any:
    if isinstance(default, bool):
        if given not in (True, "1", "0"):
            raise ValueError(f"{where} must be 1 or 0")
        return given in (True, "1")
    if isinstance(default, tuple):
        listed = given.split(separator) if isinstance(given, str) else given
        return tuple(filter(None, map(str.strip, listed)))  # type: ignore[arg-type]  # a list of texts here
    try:
        return type(default)(given)
    except ValueError:
        kind = "a whole number" if isinstance(default, int) else "a number"
        raise ValueError(f"{where} must be {kind}, not {given!r}") from None


def render_table() -> str:
    """The settings as a Markdown table, for the README."""
    lines = ["| flag | environment | default | meaning |", "|---|---|---|---|"]
    for each in dataclasses.fields(Settings):
        default = "off" if each.default is False else "" if each.default in ("", ()) else f"`{each.default}`"
        value = f" {each.metadata['metavar']}".rstrip()
        lines.append(
            f"| `{flag_of(each.name)}{value}` | `{variable_of(each.name)}` | {default} | {each.metadata['help']} |"
        )
    return "\n".join(lines)
