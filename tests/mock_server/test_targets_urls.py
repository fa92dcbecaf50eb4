"""What a webhook URL must be, and what is said of one that cannot be used."""

from __future__ import annotations

import asyncio

import pytest

from mock_server.targets import TargetRefusedError, Targets
from tests.mock_server.targeting import LOCAL, NAME, OTHER_PORT, PUBLIC, Connections, Resolving, connect, targets


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
