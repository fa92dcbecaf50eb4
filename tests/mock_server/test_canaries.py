"""Keys, setup tokens and webhook secrets are shown nowhere: no output, no journal, no error, no control answer."""

from __future__ import annotations

import base64
import time
from typing import Any

import httpx2
import pytest

from tests.mock_server.receiving import Receiver
from tests.mock_server.running import (
    RETURN_URL,
    SESSIONS,
    Caller,
    RunningMock,
    ask,
    fresh_key,
    fresh_secret,
    running_mock,
)

CONTROL_PAGES = ("/sessions", "/clock", "/events", "/deliveries", "/journal", "/quirks", "/capabilities", "/health")
# Wrongly typed bodies, by where they go; `CANARY` stands for the secret.
WRONG_BODIES: list[tuple[str, str, str]] = [
    ("POST", SESSIONS, '{"contractor": {"id": "CANARY"}, "return_url": "https://app.example.com/"}'),
    ("POST", SESSIONS, '{"contractor": ["CANARY"], "return_url": 5}'),
    ("POST", SESSIONS, '{"contractor": " ", "return_url": "CANARY"}'),
    ("POST", SESSIONS, '{"contractor": "cn_1", "return_url": "https://u:CANARY@app.example.com/"}'),
    ("POST", SESSIONS, '{"contractor": "cn_1", "return_url": "https://app.example.com/#CANARY"}'),
    ("POST", SESSIONS, '"CANARY"'),
    ("POST", SESSIONS, "CANARY"),
    ("POST", "/sessions", '{"state": "CANARY"}'),
    ("POST", "/sessions", '{"state": "pending", "CANARY": 1}'),
    ("POST", "/sessions", '{"state": "pending", "count": "CANARY"}'),
    ("PUT", "/webhook-endpoint", '{"url": "CANARY", "secret": "CANARY"}'),
    ("PUT", "/webhook-endpoint", '{"url": "http://127.0.0.1:9/", "secret": ["CANARY"]}'),
    ("PUT", "/webhook-endpoint", '{"url": {"CANARY": "CANARY"}}'),
    ("PUT", "/webhook-endpoint", '{"url": "http://127.0.0.1:9/", "secret": "CANARY!"}'),
    ("PUT", "/webhook-endpoint", '{"url": "http://u:CANARY@127.0.0.1:9/"}'),
    ("PUT", "/clock", '{"mode": "CANARY"}'),
    ("PUT", "/clock", '{"mode": "frozen", "CANARY": 1}'),
    ("PUT", "/clock", '{"mode": "frozen", "now": "CANARY"}'),
    ("POST", "/clock/advance", '{"CANARY": 5}'),
    ("PUT", "/quirks", '{"quirks": [{"name": "CANARY"}]}'),
    ("PUT", "/quirks", '{"quirks": [{"name": "latency", "parameters": {"CANARY": 1}}]}'),
    ("PUT", "/quirks", '{"quirks": [{"name": "latency", "parameters": {"s": "CANARY"}}]}'),
    ("PUT", "/quirks", '{"quirks": [{"name": "latency", "CANARY": 1}]}'),
    ("POST", "/deliveries/resend", '{"event_id": "CANARY"}'),
    ("POST", "/reset", '{"parts": ["CANARY"]}'),
]


def shown_by(mock: RunningMock, caller: Caller) -> str:
    """Everything that the mock shows: its output, and every page of the control plane."""
    time.sleep(0.1)  # the log is written a moment later
    pages = [caller.control.get(path).text for path in CONTROL_PAGES]
    return "\n".join([mock.stdout(), mock.stderr(), *pages])


def sent(caller: Caller, method: str, path: str, content: str) -> httpx2.Response:
    """Send JSON to the contract's path or to the control plane."""
    client = caller.api if path == SESSIONS else caller.control
    return client.request(method, path, content=content, headers={"content-type": "application/json"})


def test_a_key_is_shown_nowhere_in_none_of_its_forms(mock: RunningMock) -> None:
    key = fresh_key()
    encoded = base64.b64encode(f"{key}:".encode()).decode()
    with mock.caller(key) as caller:
        answers = [caller.create(), caller.cancel(caller.seeded()), caller.cancel("ps_unkn0wn000")]
        for authorization in (f"Basic {key}", f"Basic {encoded}", f"Token {key}", key):
            headers = {"Authorization": authorization, "Idempotency-Key": key, "User-Agent": key}
            for path in (SESSIONS, f"{SESSIONS}/ps_1/cancel", "/nowhere"):
                answers.append(caller.api.post(f"{path}?key={key}", headers=headers, json={"contractor": 5}))
        shown = shown_by(mock, caller) + "".join(answer.text for answer in answers)
    assert f'"route":"{SESSIONS}"' in shown
    assert key not in shown
    assert encoded not in shown


@pytest.mark.parametrize("key", ["t9k_live_canary", "t9sk_live_canary", "canary"])
def test_a_refused_key_is_shown_nowhere(mock: RunningMock, caller: Caller, key: str) -> None:
    answers = []
    for authorization in (f"Bearer {key}", f"Basic {key}"):
        answers.append(caller.api.post(SESSIONS, headers={"Authorization": authorization}))
        answers.append(caller.control.get("/clock", headers={"Authorization": authorization}))
    assert {answer.status_code for answer in answers} == {403}
    assert key not in shown_by(mock, caller) + "".join(answer.text for answer in answers)


def test_a_setup_token_is_shown_at_creation_alone(mock: RunningMock, caller: Caller, receiver: Receiver) -> None:
    caller.listen(receiver.url)
    created = [caller.create().json(), caller.create().json(), caller.create().json(), caller.seed()]
    tokens = [session["url"].rpartition("/")[2] for session in created]
    saved, left, cancelled, seeded = created
    answers = [ask("GET", session["url"]) for session in created]
    for session, action in ((saved, "save"), (left, "cancel"), (saved, "save"), (seeded, "nonsense")):
        answers.append(ask("POST", session["url"], data={"action": action}))
    answers += [ask("PUT", seeded["url"]), caller.cancel(cancelled["id"])]
    answers += [caller.control.get(f"/sessions/{session['id']}") for session in created]
    caller.deliveries()
    shown = shown_by(mock, caller) + "".join(f"{answer.headers} {answer.text}" for answer in answers)
    shown += "".join(arrival.body.decode() for arrival in receiver.arrived)
    assert [token for token in tokens if token in shown] == []
    assert len(receiver.arrived) == 3


def test_an_unknown_setup_token_is_shown_nowhere(mock: RunningMock, caller: Caller) -> None:
    answers = [ask(method, f"{mock.url}/payment/setup/live_canary") for method in ("GET", "POST")]
    assert "live_canary" not in shown_by(mock, caller) + "".join(answer.text for answer in answers)


def test_a_webhook_secret_is_shown_nowhere(mock: RunningMock, caller: Caller, receiver: Receiver) -> None:
    receiver.answers = [(500, {})]
    secret = caller.listen(receiver.url)
    caller.cancel(caller.seeded())
    caller.deliveries()
    assert secret.removeprefix("whsec_") not in shown_by(mock, caller) + str(receiver.arrived)


@pytest.mark.parametrize(("method", "path", "body"), WRONG_BODIES, ids=range(len(WRONG_BODIES)))
def test_a_secret_in_a_wrongly_typed_body_is_not_repeated(caller: Caller, method: str, path: str, body: str) -> None:
    canary = fresh_secret()
    answer = sent(caller, method, path, body.replace("CANARY", canary))
    assert answer.is_client_error, answer.text
    assert canary not in answer.text


def test_secrets_in_wrongly_typed_bodies_are_shown_nowhere_else(mock: RunningMock, caller: Caller) -> None:
    canary = fresh_secret()
    for method, path, body in WRONG_BODIES:
        sent(caller, method, path, body.replace("CANARY", canary))
    assert canary not in shown_by(mock, caller)


@pytest.mark.parametrize(
    ("query", "status"), [("limit=CANARY", 400), ("after=CANARY", 400), ("route=CANARY", 200), ("CANARY=1", 200)]
)
def test_a_secret_in_a_query_is_not_repeated(mock: RunningMock, caller: Caller, query: str, status: int) -> None:
    canary = fresh_key()
    answer = caller.control.get("/journal?" + query.replace("CANARY", canary))
    assert answer.status_code == status
    assert canary not in answer.text + shown_by(mock, caller)


def test_secrets_of_the_command_line_are_shown_nowhere(receiver: Receiver) -> None:
    secrets: dict[str, str] = {"--api-key": "canary-key", "--control-token": "canary-token"}
    secrets["--webhook-secret"] = fresh_secret()
    flags: list[Any] = [part for pair in secrets.items() for part in pair]
    with running_mock(*flags, "--webhook-url", receiver.url) as mock:
        headers = {"Mock-Control-Token": secrets["--control-token"]}
        with mock.caller(secrets["--api-key"], **headers) as caller:
            caller.cancel(caller.seeded(return_url=RETURN_URL))
            receiver.wait_for(1)
            shown = shown_by(mock, caller)
        mock.stop()
        shown += mock.stdout() + mock.stderr()
    assert [flag for flag, secret in secrets.items() if secret in shown] == []
