"""From key to tenant, and who may use the control plane."""

from __future__ import annotations

import base64

import pytest

from mock_server.errors import ControlClosedError, InvalidApiKeyError
from mock_server.security import FORWARDING, ControlGate, Headers, Keys, is_loopback
from mock_server.tenants import tenant_id_of

KEY, OTHER_KEY = "t9k_test_one", "t9sk_test_two"
LIVE_KEY = "t9k_live_one"
TOKEN = "token-of-the-control-plane"
OPEN, CLOSED = Keys(()), Keys((KEY, LIVE_KEY))


def basic(user: str, password: str = "") -> bytes:
    return b"Basic " + base64.b64encode(f"{user}:{password}".encode())


def is_admitted(gate: ControlGate, headers: Headers) -> bool:
    try:
        gate.admit(headers)
    except ControlClosedError:
        return False
    return True


@pytest.mark.parametrize("keys", [OPEN, CLOSED])
@pytest.mark.parametrize(
    "authorization",
    [
        f"Bearer {KEY}".encode(),
        f"bearer {KEY}".encode(),
        f"BEARER  {KEY} ".encode(),
        f"Basic {KEY}".encode(),
        f"basic {KEY}".encode(),
        basic(KEY),
        basic(KEY, "password"),
        b"Basic " + base64.b64encode(KEY.encode()),
    ],
)
def test_a_key_travels_as_bearer_token_as_user_name_and_raw(keys: Keys, authorization: bytes) -> None:
    assert keys.tenant_id(authorization) == tenant_id_of(KEY)


@pytest.mark.parametrize(
    "authorization",
    [
        b"",
        b" ",
        b"Bearer",
        b"Bearer ",
        b"Basic ",
        b"Basic Og==",
        KEY.encode(),
        f"Token {KEY}".encode(),
        f"Bearer {KEY}x, Bearer {KEY}".encode(),
        f"Bearer: {KEY}".encode(),
        f"Bearer\t{KEY}".encode(),
        f"Bearer {KEY}:".encode(),
        f"Bearer {KEY} {KEY}".encode(),
        f"Bearer {KEY}\n".encode(),
        b"Bearer " + base64.b64encode(f"{KEY}:".encode()),
        f"Basic {KEY}:".encode(),
        basic("", KEY),
        basic(f" {KEY}"),
        b"Bearer \xff\xfe",
        b"Basic \xff\xfe",
        b"\xff",
    ],
)
@pytest.mark.parametrize("keys", [OPEN, CLOSED])
def test_a_key_in_any_other_form_is_invalid(keys: Keys, authorization: bytes) -> None:
    with pytest.raises(InvalidApiKeyError):
        keys.tenant_id(authorization)


@pytest.mark.parametrize("key", [KEY, OTHER_KEY, "t9k_test_-_9Z", "t9k_test_" + "x" * 200])
def test_without_a_list_every_test_key_is_valid(key: str) -> None:
    assert OPEN.tenant_id(f"Bearer {key}".encode()) == tenant_id_of(key)


@pytest.mark.parametrize(
    "key",
    [
        LIVE_KEY,
        "t9sk_live_two",
        "t9k_test_",
        "t9k_test",
        "t9k_test_" + "x" * 201,
        "t9k_test_a b",
        "t9k_test_a.b",
        "t9k_test_é",
        "T9K_TEST_one",
        "t9xk_test_one",
        "t9ssk_test_one",
        "xt9k_test_one",
        "sk_test_one",
    ],
)
def test_without_a_list_every_other_key_is_invalid(key: str) -> None:
    with pytest.raises(InvalidApiKeyError):
        OPEN.tenant_id(f"Bearer {key}".encode())


@pytest.mark.parametrize("key", [KEY, LIVE_KEY])
def test_a_list_admits_what_is_on_it(key: str) -> None:
    assert CLOSED.tenant_id(f"Bearer {key}".encode()) == tenant_id_of(key)


@pytest.mark.parametrize(
    "key", [OTHER_KEY, KEY[:-1], KEY + "x", KEY.upper(), KEY[1:], KEY.replace("one", "0ne"), f"{KEY},{LIVE_KEY}"]
)
def test_a_list_admits_no_near_miss(key: str) -> None:
    with pytest.raises(InvalidApiKeyError):
        CLOSED.tenant_id(f"Bearer {key}".encode())


@pytest.mark.parametrize("authorization", [b"", b"Bearer ", b"Basic ", b"Basic Og=="])
def test_an_empty_key_on_the_list_admits_nobody(authorization: bytes) -> None:
    with pytest.raises(InvalidApiKeyError):
        Keys((KEY, "")).tenant_id(authorization)


def test_keys_have_tenants_of_their_own() -> None:
    tenants = {OPEN.tenant_id(f"Bearer {key}".encode()) for key in (KEY, OTHER_KEY, KEY + "x")}
    assert len(tenants) == 3


def test_a_tenant_does_not_show_its_key() -> None:
    assert KEY not in tenant_id_of(KEY)
    assert len(tenant_id_of(KEY)) == 64


@pytest.mark.parametrize("bind", ["127.0.0.1", "127.0.0.2", "::1", "localhost", "LOCALHOST"])
@pytest.mark.parametrize(
    "host", [b"127.0.0.1:8099", b"127.0.0.1", b"localhost:8099", b"localhost", b"LocalHost", b"[::1]:8099", b"[::1]"]
)
def test_on_a_loopback_bind_a_local_program_needs_no_token(bind: str, host: bytes) -> None:
    assert is_admitted(ControlGate(bind, TOKEN, token_was_chosen=False), {b"host": host})


@pytest.mark.parametrize(
    "host",
    [
        b"",
        b"attacker.example",
        b"attacker.example:8099",
        b"localhost.attacker.example",
        b"127.0.0.1.attacker.example",
        b"127.0.0.1@attacker.example",
        b"192.168.0.7:8099",
        b"0.0.0.0:8099",
        b"[::]:8099",
        b"[fe80::1]",
        b"[::1",
        b"[::1].attacker.example",
        b"[::1]x",
        b"localhost:attacker.example",
        b":8099",
        b"\xff",
    ],
)
def test_a_host_that_is_not_loopback_needs_the_token(host: bytes) -> None:
    gate = ControlGate("127.0.0.1", TOKEN, token_was_chosen=False)
    assert not is_admitted(gate, {b"host": host})
    assert is_admitted(gate, {b"host": host, b"mock-control-token": TOKEN.encode()})


def test_a_request_without_host_needs_the_token() -> None:
    gate = ControlGate("127.0.0.1", TOKEN, token_was_chosen=False)
    assert not is_admitted(gate, {})


@pytest.mark.parametrize("name", FORWARDING)
@pytest.mark.parametrize("value", [b"127.0.0.1", b""])
def test_a_forwarded_request_needs_the_token(name: bytes, value: bytes) -> None:
    gate = ControlGate("127.0.0.1", TOKEN, token_was_chosen=False)
    assert not is_admitted(gate, {b"host": b"localhost", name: value})
    assert is_admitted(gate, {b"host": b"localhost", name: value, b"mock-control-token": TOKEN.encode()})


@pytest.mark.parametrize("bind", ["0.0.0.0", "::", "192.168.0.7", "mock.example", ""])
def test_on_any_other_bind_everybody_needs_the_token(bind: str) -> None:
    gate = ControlGate(bind, TOKEN, token_was_chosen=False)
    assert not is_admitted(gate, {b"host": b"localhost"})
    assert is_admitted(gate, {b"host": b"mock.example", b"mock-control-token": TOKEN.encode()})


def test_a_chosen_token_is_needed_on_a_loopback_bind_too() -> None:
    gate = ControlGate("127.0.0.1", TOKEN, token_was_chosen=True)
    assert not is_admitted(gate, {b"host": b"localhost"})
    assert is_admitted(gate, {b"host": b"localhost", b"mock-control-token": TOKEN.encode()})


@pytest.mark.parametrize("token", [b"", TOKEN[:-1].encode(), TOKEN.encode() + b" ", TOKEN.upper().encode(), b"\xff"])
def test_another_token_is_no_token(token: bytes) -> None:
    gate = ControlGate("0.0.0.0", TOKEN, token_was_chosen=False)
    assert not is_admitted(gate, {b"host": b"localhost", b"mock-control-token": token})


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.255.255.254", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("localhost.example", False),
        ("", False),
        ("127.1", False),
    ],
)
def test_loopback_is_what_can_only_mean_this_machine(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
