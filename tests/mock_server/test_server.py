"""The command: how it starts, what it says when it cannot, how it stops."""

from __future__ import annotations

import json
import shlex
import signal
import socket
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import httpx2
import pytest

from mock_server.quirks import KINDS
from tests.mock_server.receiving import Receiver
from tests.mock_server.running import SESSIONS, Caller, RunningMock, ask, eventually, run_mock, running_mock

QUICKLY_S = 3.0


def assert_refused(*arguments: str, says: str, **variables: str) -> str:
    """The command says why in one line, which is returned, and ends with 2."""
    done = run_mock(*arguments, **variables)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert done.stderr.startswith("mock_server: ")
    assert done.stderr.count("\n") == 1, done.stderr
    assert says in done.stderr
    return done.stderr


def test_the_first_line_says_where_it_listens_and_the_rest_how_to_try_it(mock: RunningMock, caller: Caller) -> None:
    lines = mock.stdout().splitlines()
    assert lines[0] == f"Listening on {mock.url}"
    assert ask("GET", mock.control_url + "/health").status_code == 200
    assert caller.create().status_code == 201
    _, _, sample = mock.stdout().partition("Try:")
    arguments = shlex.split(sample.partition("Control plane")[0])
    assert arguments[:2] == ["curl", "-s"]
    headers = dict(value.split(": ") for flag, value in pairwise(arguments) if flag == "-H")
    answer = ask("POST", arguments[2], headers=headers, content=arguments[-1])
    assert answer.status_code == 201, answer.text


def test_a_port_in_use_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert_refused("--port", str(port), says=f"port {port}: another program uses it")


def test_an_address_that_is_not_ours_is_one_line() -> None:
    assert_refused("--port", "0", "--host", "203.0.113.7", says="203.0.113.7")


def test_a_flag_that_does_not_exist_is_one_line() -> None:
    assert_refused("--nonsense", says="--nonsense")


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        *(("--port", "x"), ("--drain", "inf")),
        *(("--webhook-url", "ftp://x"), ("--quirk", "nonsense"), ("--quirk", "latency=x:1")),
    ],
)
def test_a_bad_value_names_its_setting(flag: str, value: str) -> None:
    assert_refused("--port", "0", flag, value, says=flag)


def test_a_bad_webhook_secret_is_refused_at_the_start_and_not_repeated() -> None:
    arguments = ("--port", "0", "--webhook-url", "http://127.0.0.1:9/", "--webhook-secret", "canary")
    assert "canary" not in assert_refused(*arguments, says="--webhook-secret")


def test_a_bad_value_of_the_environment_names_its_variable() -> None:
    assert_refused(says="MOCK_SERVER_PORT", MOCK_SERVER_PORT="many")


def test_a_flag_goes_before_the_environment() -> None:
    with (
        running_mock("--lifetime", "7", MOCK_SERVER_LIFETIME="9", MOCK_SERVER_SEED="5") as mock,
        mock.caller() as caller,
    ):
        session = caller.create().json()
        assert session["expires_at"] - session["created"] == 7
        assert caller.read("/quirks")["seed"] == 5


def test_a_quirk_with_two_parameters_can_be_switched_on_by_the_environment() -> None:
    with running_mock(MOCK_SERVER_QUIRK="latency=s:0.01,probability:0.5") as mock, mock.caller() as caller:
        (quirk,) = caller.read("/quirks")["quirks"]
        assert (quirk["parameters"], quirk["probability"]) == ({"s": 0.01}, 0.5)


def test_healthcheck_tells_a_mock_that_is_up_from_none(mock: RunningMock) -> None:
    assert run_mock("healthcheck", "--port", str(mock.port)).returncode == 0
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        done = run_mock("healthcheck", MOCK_SERVER_PORT=str(closed.getsockname()[1]))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


def test_quirks_lists_every_quirk_with_its_parameters_and_how_to_switch_it_off() -> None:
    done = run_mock("quirks")
    assert done.returncode == 0
    for name, kind in KINDS.items():
        (line,) = (line for line in done.stdout.splitlines() if line.split(" ")[0] == name)
        assert kind.description in line
        assert all(parameter in line for parameter in kind.parameters)
    assert '"quirks": []' in done.stdout


def test_settings_prints_every_flag_and_no_secret() -> None:
    done = run_mock("settings", MOCK_SERVER_CONTROL_TOKEN="canary")
    flags = [line.split("`")[1].split(" ")[0] for line in done.stdout.splitlines()[2:]]
    assert {"--host", "--port", "--database", "--quirk", "--drain"} <= set(flags)
    described = run_mock("--help").stdout
    assert [flag for flag in flags if flag not in described] == []
    assert "canary" not in done.stdout


def test_an_interrupt_ends_it_with_0_and_without_a_word() -> None:
    with running_mock() as mock:
        assert mock.stop(signal.SIGINT) == 0
        assert mock.stderr() == ""


def test_sigterm_ends_an_open_long_poll_quickly() -> None:
    with running_mock() as mock, mock.caller() as caller, ThreadPoolExecutor(2) as pool:
        polls = [pool.submit(caller.control.get, f"/{each}/wait?timeout_s=60") for each in ("journal", "deliveries")]
        eventually(lambda: caller.read("/health")["tenants"] == 1)
        time.sleep(0.1)
        started = time.monotonic()
        code = mock.stop()
        assert time.monotonic() - started < QUICKLY_S
        assert [poll.result().status_code for poll in polls] == [200, 200]
        assert code == 0


def test_sigterm_lets_a_request_that_is_under_way_end() -> None:
    with running_mock("--quirk", "latency=s:0.3") as mock, mock.caller() as caller, ThreadPoolExecutor(1) as pool:
        session_id = caller.seeded()
        cancel = pool.submit(caller.cancel, session_id)
        time.sleep(0.1)
        mock.process.terminate()
        assert cancel.result().json()["status"] == "cancelled"


def test_sigterm_lets_a_delivery_that_is_under_way_end(tmp_path: Path, receiver: Receiver) -> None:
    receiver.gate.clear()
    file = tmp_path / "mock.db"
    with running_mock("--database", str(file)) as mock, mock.caller() as caller:
        caller.listen(receiver.url)
        caller.cancel(caller.seeded())
        receiver.wait_for(1)
        mock.process.terminate()
        time.sleep(0.1)
        receiver.gate.set()
        mock.process.wait(QUICKLY_S)
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT state FROM deliveries").fetchall() == [("delivered",)]
    connection.close()


def test_every_line_of_the_log_is_one_json_object(caller: Caller, mock: RunningMock) -> None:
    session_id = caller.seeded()
    caller.switch_on({"name": "drop-before-commit", "next": 1})
    with pytest.raises(httpx2.TransportError):
        caller.cancel(session_id)
    caller.cancel(session_id)
    with socket.create_connection(("127.0.0.1", mock.port)) as connection:
        connection.sendall(b"NOT HTTP\r\n\r\n")
        connection.recv(4096)
    caller.api.get("/nowhere", headers={"Connection": "Upgrade", "Upgrade": "websocket"})
    eventually(lambda: '"status":404' in mock.stderr(), 1)
    for line in mock.stderr().splitlines():
        assert isinstance(json.loads(line), dict), line


def test_the_log_has_one_line_for_a_request_with_its_route_in_place_of_ids(caller: Caller, mock: RunningMock) -> None:
    session_id = caller.create().json()["id"]
    caller.cancel(session_id)
    route = f'"route":"{SESSIONS}/{{session_id}}/cancel"'
    eventually(lambda: route in mock.stderr(), 1)
    assert session_id not in mock.stderr()
    (line,) = (line for line in mock.stderr().splitlines() if route in line and '"status":200' in line)
    assert set(json.loads(line)) >= {"at", "method", "route", "status", "ms", "tenant"}
