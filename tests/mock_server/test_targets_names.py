"""Hosts by name: those that are allowed, and that the address checked is the address connected to."""

from __future__ import annotations

import asyncio

import httpcore2
import pytest

from mock_server.targets import TargetRefusedError
from tests.mock_server.targeting import (
    LOCAL,
    NAME,
    OTHER_PORT,
    PUBLIC,
    Connections,
    Resolving,
    connect,
    permits,
    targets,
)

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
