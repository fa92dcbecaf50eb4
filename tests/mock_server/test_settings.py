"""Settings: where each comes from, what it may say, and how it is shown."""

from __future__ import annotations

import argparse
import dataclasses
import re

import pytest

from mock_server.settings import (
    Parser,
    Settings,
    add_flags,
    flag_of,
    load_settings,
    render_table,
    variable_of,
)

NAMES = [each.name for each in dataclasses.fields(Settings)]


def parser() -> Parser:
    made = Parser()
    add_flags(made)
    return made


def load(*flags: str, **environment: str) -> Settings:
    return load_settings(parser().parse_args(flags), environment)


def test_without_flags_and_environment_every_setting_has_its_default() -> None:
    assert load() == Settings()


def test_a_flag_beats_the_environment_and_that_the_default() -> None:
    assert load(MOCK_SERVER_PORT="2").port == 2
    assert load("--port", "1", MOCK_SERVER_PORT="2").port == 1


def test_an_empty_variable_counts_as_none() -> None:
    assert load(MOCK_SERVER_PORT="").port == Settings().port


def test_other_variables_are_not_looked_at() -> None:
    assert load(PORT="2", API_KEY="t9k_test_x") == Settings()


def test_a_flag_that_is_repeated_makes_a_list() -> None:
    assert load("--api-key", "a", "--api-key", "b").api_key == ("a", "b")


def test_a_flag_takes_its_value_as_it_is_commas_included() -> None:
    assert load("--quirk", "latency=s:1,next:2").quirk == ("latency=s:1,next:2",)


def test_a_variable_separates_a_list_by_commas() -> None:
    assert load(MOCK_SERVER_API_KEY="a,b").api_key == ("a", "b")


def test_spaces_and_empty_places_in_a_variable_are_no_values() -> None:
    assert load(MOCK_SERVER_API_KEY="a, b,").api_key == ("a", "b")


def test_flags_replace_a_list_of_the_environment() -> None:
    assert load("--api-key", "a", MOCK_SERVER_API_KEY="b,c").api_key == ("a",)


@pytest.mark.parametrize(("value", "is_on"), [("1", True), ("0", False)])
def test_a_switch_of_the_environment_is_1_or_0(value: str, is_on: bool) -> None:
    assert load(MOCK_SERVER_ALLOW_HTTP_RETURN_URL=value).allow_http_return_url is is_on


def test_a_switch_given_as_a_flag_is_on() -> None:
    assert load("--allow-http-return-url", MOCK_SERVER_ALLOW_HTTP_RETURN_URL="0").allow_http_return_url is True


def test_durations_lose_their_unit_in_flag_and_variable() -> None:
    assert flag_of("webhook_timeout_s") == "--webhook-timeout"
    assert variable_of("webhook_timeout_s") == "MOCK_SERVER_WEBHOOK_TIMEOUT"
    assert load("--webhook-timeout", "0.5").webhook_timeout_s == 0.5


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--port", "many"], "--port must be a whole number, not 'many'"),
        (["--port", "1.5"], "--port must be a whole number, not '1.5'"),
        (["--port", "-1"], "--port must be at least 0"),
        (["--port", "65536"], "--port must be at most 65535"),
        (["--webhook-timeout", "soon"], "--webhook-timeout must be a number, not 'soon'"),
        (["--webhook-timeout", "0"], "--webhook-timeout must be at least 0.001"),
        (["--expiry-lag", "nan"], "--expiry-lag must be at least 0"),
        (["--lifetime", "0"], "--lifetime must be at least 1"),
        (["--max-body-bytes", "0"], "--max-body-bytes must be at least 1"),
        (["--max-journal", "0"], "--max-journal must be at least 1"),
        (["--webhook-schedule", "slow"], "--webhook-schedule must be standard or fast"),
        (["--webhook-secret", "whsec_x"], "--webhook-secret needs --webhook-url"),
    ],
)
def test_a_bad_value_names_its_flag(flags: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        load(*flags)


@pytest.mark.parametrize("name", [each.name for each in dataclasses.fields(Settings) if each.metadata["minimum"]])
def test_a_least_value_can_be_set_and_nothing_below(name: str) -> None:
    (least,) = [each.metadata["minimum"] for each in dataclasses.fields(Settings) if each.name == name]
    assert getattr(load(flag_of(name), str(least)), name) == least
    with pytest.raises(ValueError, match=f"^{flag_of(name)} must be at least "):
        load(flag_of(name), str(least * 0))


@pytest.mark.parametrize("port", [0, 65535])
def test_every_port_can_be_set(port: int) -> None:
    assert load("--port", str(port)).port == port


@pytest.mark.parametrize(
    ("flag", "value"), [("--drain", "inf"), ("--lifetime", "1" + "0" * 30), ("--max-journal", "1" + "0" * 30)]
)
def test_a_number_too_large_to_be_used_names_its_flag(flag: str, value: str) -> None:
    with pytest.raises(ValueError, match=flag):
        load(flag, value)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("MOCK_SERVER_PORT", "many", "MOCK_SERVER_PORT must be a whole number, not 'many'"),
        ("MOCK_SERVER_DRAIN", "long", "MOCK_SERVER_DRAIN must be a number, not 'long'"),
        ("MOCK_SERVER_ALLOW_HTTP_RETURN_URL", "yes", "MOCK_SERVER_ALLOW_HTTP_RETURN_URL must be 1 or 0"),
    ],
)
def test_a_bad_value_names_its_variable(variable: str, value: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        load(**{variable: value})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MOCK_SERVER_PORT", "65536"),
        ("MOCK_SERVER_LIFETIME", "0"),
        ("MOCK_SERVER_WEBHOOK_SCHEDULE", "slow"),
    ],
)
def test_a_value_out_of_its_range_names_the_variable_it_came_from(variable: str, value: str) -> None:
    with pytest.raises(ValueError, match=variable):
        load(**{variable: value})


def test_a_flag_that_does_not_exist_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parser().parse_args(["--prot", "1"])
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("mock_server: ")
    assert "--prot" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_has_a_flag_with_a_help_text(name: str) -> None:
    action = next(action for action in parser()._actions if action.dest == name)
    assert action.option_strings == [flag_of(name)]
    assert action.help
    assert action.default is None


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_has_one_row_in_the_table(name: str) -> None:
    rows = render_table().splitlines()[2:]
    assert len(rows) == len(NAMES)
    flag = re.compile(rf"\| `{flag_of(name)}[ `]")
    (row,) = [row for row in rows if flag.match(row)]
    assert row.split(" | ")[1] == f"`{variable_of(name)}`"


def test_a_row_shows_value_default_and_meaning() -> None:
    assert "| `--port N` | `MOCK_SERVER_PORT` | `8099` | port to listen on; 0 picks a free one |" in render_table()
    assert "| `--database FILE` | `MOCK_SERVER_DATABASE` |  | keep state" in render_table()
    assert "| `--allow-http-return-url` | `MOCK_SERVER_ALLOW_HTTP_RETURN_URL` | off |" in render_table()


def test_help_renders_with_every_default() -> None:
    text = " ".join(parser().format_help().split())
    assert "(default 8099)" in text
    assert "(default 1800)" in text
    assert "when a quirk strikes (default 0)" in text


def test_settings_need_no_command_line() -> None:
    assert load_settings(argparse.Namespace(), {"MOCK_SERVER_SEED": "7"}) == Settings(seed=7)


def test_settings_do_not_show_their_secrets() -> None:
    made = Settings(
        api_key=("shown-1",), control_token="shown-2", webhook_url="http://127.0.0.1:9/", webhook_secret="shown-3"
    )
    assert "shown" not in repr(made)
