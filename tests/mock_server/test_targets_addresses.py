"""Which addresses webhooks may go to, by the address the mock is bound to; never to the mock itself."""

from __future__ import annotations

import asyncio
import ipaddress

import pytest

from mock_server.targets import TargetRefusedError, Targets
from tests.mock_server.targeting import LOCAL, NAME, OTHER_PORT, OWN_PORT, PUBLIC, Resolving, permits, targets

LOOPBACK = ["127.0.0.1", "127.0.0.2", "127.255.255.254", "::1", "::ffff:127.0.0.1"]
INTERNET = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"]
PRIVATE = ["10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.0.1", "100.64.0.1", "fc00::1", "fd12::1", "fec0::1"]
LINK_LOCAL = ["169.254.0.1", "fe80::1"]
METADATA = ["169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"]
MULTICAST = ["224.0.0.1", "233.252.0.1", "239.255.255.250", "255.255.255.255", "ff02::1", "ff0e::1"]
NOWHERE = ["0.0.0.0", "::", "0.1.2.3", "192.0.2.1", "198.18.0.1", "203.0.113.1", "240.0.0.1", "2001:db8::1", "100::1"]
CARRYING_IPV4 = [
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::10.0.0.1",
    "2002:a00:1::1",
    "2001:0:a00:1::1",
]
NEVER_PUBLIC = [*PRIVATE, *LINK_LOCAL, *METADATA, *MULTICAST, *NOWHERE, *CARRYING_IPV4]


# --- by address -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bind", ["127.0.0.1", "::1", "localhost"])
@pytest.mark.parametrize("address", LOOPBACK)
def test_on_a_loopback_bind_loopback_is_permitted(bind: str, address: str) -> None:
    assert permits(targets(bind), address)


@pytest.mark.parametrize("address", [*INTERNET, *NEVER_PUBLIC])
def test_on_a_loopback_bind_nothing_else_is(address: str) -> None:
    assert not permits(targets(LOCAL), address)


@pytest.mark.parametrize("bind", ["0.0.0.0", "::", "192.168.0.7", "93.184.216.34", "mock.example", ""])
@pytest.mark.parametrize("address", INTERNET)
def test_on_any_other_bind_public_addresses_are_permitted(bind: str, address: str) -> None:
    assert permits(targets(bind), address)


@pytest.mark.parametrize("address", [*LOOPBACK, *NEVER_PUBLIC])
def test_on_any_other_bind_nothing_else_is(address: str) -> None:
    assert not permits(targets(PUBLIC), address)


def test_an_address_with_a_zone_is_judged_without_it(resolving: Resolving) -> None:
    resolving(["fe80::1%lo"])
    assert not permits(targets(PUBLIC), NAME)


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1"])
def test_an_address_in_disguise_is_judged_by_what_it_means(host: str) -> None:
    assert permits(targets(LOCAL), host)
    assert not permits(targets(PUBLIC), host)


def test_a_refusal_says_what_is_permitted_and_how_to_add_a_host() -> None:
    for bind, address, where in [(LOCAL, "10.0.0.1", "loopback"), (PUBLIC, "127.0.0.1", "public")]:
        with pytest.raises(TargetRefusedError, match=f"^webhooks go to {where} addresses only.*--webhook-allow HOST"):
            asyncio.run(targets(bind).addresses(address, OTHER_PORT))


# --- the mock itself --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", LOOPBACK)
def test_the_mock_s_own_port_is_refused_on_every_loopback_address(address: str) -> None:
    assert not permits(targets(LOCAL), address, OWN_PORT)
    assert not permits(targets(LOCAL, address), address, OWN_PORT)
    assert not permits(targets(PUBLIC, address), address, OWN_PORT)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "::ffff:0.0.0.0"])
def test_the_mock_s_own_port_is_refused_on_the_unspecified_address(address: str) -> None:
    assert not permits(targets(PUBLIC, address), address, OWN_PORT)


def test_the_mock_s_own_port_is_refused_on_this_machine_s_other_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    made = targets(PUBLIC, "10.0.0.1")
    assert permits(made, "10.0.0.1", OTHER_PORT)
    monkeypatch.setattr(Targets, "_is_ours", lambda _, address: str(address) == "10.0.0.1")
    assert not permits(made, "10.0.0.1", OWN_PORT)
    assert permits(made, "93.184.216.34", OWN_PORT)


@pytest.mark.parametrize(
    ("address", "is_ours"), [("127.0.0.1", True), ("::1", True), ("192.0.2.1", False), ("2001:db8::1", False)]
)
def test_an_address_is_ours_when_a_socket_can_be_bound_to_it(address: str, is_ours: bool) -> None:
    assert targets(LOCAL)._is_ours(ipaddress.ip_address(address)) is is_ours


def test_other_ports_of_this_machine_are_permitted() -> None:
    assert permits(targets(LOCAL), "127.0.0.1", OWN_PORT + 1)
