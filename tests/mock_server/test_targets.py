"""Where webhooks may go, and that the address checked is the address connected to."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore2
import pytest

from mock_server.targets import TargetRefusedError, Targets

LOCAL, PUBLIC, NAME = "127.0.0.1", "0.0.0.0", "receiver.example"
OWN_PORT, OTHER_PORT = 8099, 9000

Answer = Sequence[tuple[Any, ...]]


class Resolver:
    """Answers for one name, differently each time when it is told so; literal addresses stand for themselves."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def getaddrinfo(self, host: str, port: int, **_: Any) -> Answer:
        if host != NAME:
            return [_entry(host, port)]
        self.asked += 1
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [_entry(address, port) for address in addresses]


def _entry(address: str, port: int) -> tuple[Any, ...]:
    if ipaddress.ip_address(address).version == 4:
        return socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)
    return socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0)


class Connections(httpcore2.AsyncNetworkBackend):
    """Connects to nothing and remembers where to; some addresses refuse."""

    def __init__(self, refusing: Sequence[str] = ()) -> None:
        self.made: list[tuple[str, int]] = []
        self._refusing = refusing

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109, ARG002 - httpcore2's signature
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore2.AsyncNetworkStream:
        self.made.append((host, port))
        if host in self._refusing:
            raise httpcore2.ConnectError(host)
        return httpcore2.AsyncNetworkStream()


Resolving = Callable[..., Resolver]


@pytest.fixture
def resolving(monkeypatch: pytest.MonkeyPatch) -> Resolving:
    """Let the running loop's name resolution give these answers."""

    def answer(*answers: Sequence[str]) -> Resolver:
        resolver = Resolver(*answers)

        def getaddrinfo(_: asyncio.BaseEventLoop, host: str, port: int, **options: Any) -> Any:
            return resolver.getaddrinfo(host, port, **options)

        monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
        return resolver

    return answer


def targets(bind: str, *allowed: str) -> Targets:
    made = Targets(bind, allowed)
    made.own_port = OWN_PORT
    return made


def permits(made: Targets, host: str, port: int = OTHER_PORT) -> bool:
    try:
        return bool(asyncio.run(made.addresses(host, port)))
    except TargetRefusedError:
        return False


def connect(made: Targets, to: Connections, host: str = NAME) -> list[tuple[str, int]]:
    made._connect = to  # type: ignore[assignment]  # in place of the real one
    asyncio.run(made.connect_tcp(host, OTHER_PORT))
    return to.made


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


# --- allowed hosts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bind", [LOCAL, PUBLIC])
@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "93.184.216.34", "fd00::1"])
def test_an_allowed_host_may_be_anywhere(bind: str, address: str, resolving: Resolving) -> None:
    resolving([address])
    assert permits(targets(bind, NAME), NAME)


def test_an_allowed_host_is_known_whatever_its_case(resolving: Resolving) -> None:
    resolving(["10.0.0.1"])
    assert permits(targets(PUBLIC, NAME.upper()), NAME)


def test_an_allowed_address_is_permitted() -> None:
    assert permits(targets(PUBLIC, "10.0.0.1"), "10.0.0.1")
    assert not permits(targets(PUBLIC, "10.0.0.1"), "10.0.0.2")


@pytest.mark.parametrize("allowed", ["example", "other.example", "xreceiver.example", "10.0.0.1", ""])
def test_an_allowed_host_lets_no_other_host_through(allowed: str, resolving: Resolving) -> None:
    resolving(["10.0.0.1"])
    assert not permits(targets(PUBLIC, allowed), NAME)


# --- names ------------------------------------------------------------------------------------------------------------


def test_of_a_name_s_addresses_only_the_permitted_ones_are_used(resolving: Resolving) -> None:
    resolving(["10.0.0.1", "93.184.216.34", "127.0.0.1", "93.184.216.34"])
    assert asyncio.run(targets(PUBLIC).addresses(NAME, OTHER_PORT)) == ["93.184.216.34"]
    assert asyncio.run(targets(LOCAL).addresses(NAME, OTHER_PORT)) == ["127.0.0.1"]


def test_a_name_without_a_permitted_address_is_refused_and_not_connected_to(resolving: Resolving) -> None:
    resolving(["10.0.0.1", "169.254.169.254"])
    connections = Connections()
    with pytest.raises(TargetRefusedError):
        connect(targets(PUBLIC), connections)
    assert connections.made == []


def test_a_connection_goes_to_the_checked_address_and_not_to_the_name(resolving: Resolving) -> None:
    resolver = resolving(["127.0.0.2"], ["10.0.0.1"])
    assert connect(targets(LOCAL), Connections()) == [("127.0.0.2", OTHER_PORT)]
    assert resolver.asked == 1


def test_a_name_that_changes_its_mind_after_the_url_was_checked_is_refused(resolving: Resolving) -> None:
    resolving(["93.184.216.34"], ["169.254.169.254"])
    made, connections = targets(PUBLIC), Connections()
    asyncio.run(made.verify_url(f"http://{NAME}:{OTHER_PORT}/"))
    with pytest.raises(TargetRefusedError):
        connect(made, connections)
    assert connections.made == []


def test_a_name_that_changes_its_mind_gains_nothing_at_a_real_socket(resolving: Resolving) -> None:
    async def peer_of_connection() -> str:
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            stream = await targets(LOCAL).connect_tcp(NAME, port)
            peer: str = stream.get_extra_info("socket").getpeername()[0]
            await stream.aclose()
            return peer

    resolving(["127.0.0.1"], ["127.0.0.2"])
    assert asyncio.run(peer_of_connection()) == "127.0.0.1"


def test_the_next_address_is_tried_when_one_does_not_answer(resolving: Resolving) -> None:
    resolving(["127.0.0.2", "10.0.0.1", "127.0.0.3"])
    made = connect(targets(LOCAL), Connections(refusing=["127.0.0.2"]))
    assert made == [("127.0.0.2", OTHER_PORT), ("127.0.0.3", OTHER_PORT)]


def test_when_no_address_answers_the_last_failure_is_told(resolving: Resolving) -> None:
    resolving(["127.0.0.2", "127.0.0.3"])
    with pytest.raises(httpcore2.ConnectError, match=r"^127\.0\.0\.3$"):
        connect(targets(LOCAL), Connections(refusing=["127.0.0.2", "127.0.0.3"]))


# --- URLs -------------------------------------------------------------------------------------------------------------


def refusal(made: Targets, url: str) -> str:
    with pytest.raises(TargetRefusedError) as caught:
        asyncio.run(made.verify_url(url))
    return str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1",
        "http://127.0.0.1:9000/hooks?a=1",
        "https://127.0.0.1/",
        "HTTP://127.0.0.1/",
        "http://[::1]:9000/",
        "http://localhost:9000/",
    ],
)
def test_an_http_url_of_a_permitted_host_can_be_used(url: str) -> None:
    asyncio.run(targets(LOCAL).verify_url(url))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:9000",
        "//127.0.0.1/",
        "http:127.0.0.1",
        "http://",
        "http:///hooks",
        "http://:9000/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "http://user@127.0.0.1/",
        "http://user:password@127.0.0.1/",
        "http://@127.0.0.1/",
        "http://127.0.0.1:65536/",
        "http://127.0.0.1:port/",
        "http://[::1/",
        "http://[127.0.0.1]/",
        "http://127.0.0.1/a b",
        " http://127.0.0.1/",
        "http://127.0.0.1/\r\nX-Header: 1",
        "http://127.0.0.1/\t",
        "http://127.0.0.1/é",
        "http://réceiver.example/",
    ],
)
def test_what_is_no_http_url_is_refused_in_words_without_the_url(url: str) -> None:
    reason = refusal(targets(LOCAL), url)
    assert reason == "a webhook URL must be http or https, with a host and without credentials"


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "receiver..example", ".example"])
def test_a_host_that_can_be_no_name_is_refused(host: str) -> None:
    assert refusal(targets(LOCAL), f"http://{host}/")


@pytest.mark.parametrize(("bind", "host"), [(LOCAL, "10.0.0.1"), (PUBLIC, "127.0.0.1"), (PUBLIC, "[::1]")])
def test_a_url_of_a_host_that_is_not_permitted_is_refused(bind: str, host: str) -> None:
    assert "--webhook-allow" in refusal(targets(bind), f"http://{host}:{OTHER_PORT}/")


@pytest.mark.parametrize(("scheme", "port"), [("http", 80), ("https", 443)])
def test_a_url_without_a_port_means_that_of_its_scheme(scheme: str, port: int) -> None:
    made = targets(LOCAL)
    made.own_port = port
    assert "never to the mock itself" in refusal(made, f"{scheme}://127.0.0.1/")


def test_a_name_that_is_unknown_may_come_to_be(resolving: Resolving) -> None:
    resolver = resolving([])
    asyncio.run(targets(PUBLIC).verify_url(f"http://{NAME}/"))
    assert resolver.asked == 1


def test_an_unknown_name_cannot_be_connected_to(resolving: Resolving) -> None:
    resolving([])
    with pytest.raises(OSError, match="not known"):
        connect(targets(PUBLIC), Connections())
