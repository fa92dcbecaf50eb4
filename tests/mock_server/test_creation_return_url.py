"""What a `return_url` must be."""

from __future__ import annotations

import pytest

from mock_server.creation import Wanted
from mock_server.errors import InvalidReturnUrlError
from mock_server.settings import Settings
from tests.mock_server.creating import RETURN_URL, World

UNUSABLE = "The return_url must be an HTTPS URL on an allowed host."
REVEALING = "The return_url must have no credentials and no fragment."
NOT_LISTED = "The host of the return_url is not on the list of allowed redirect hosts."


def refusal(url: str, settings: Settings | None = None) -> str | None:
    """What is said of the return_url; `None` when it is accepted."""
    world = World(settings or Settings())
    try:
        (made,) = world.make(Wanted("cn_1", url))
    except InvalidReturnUrlError as error:
        assert world.store.sessions("one", after=0, limit=9) == []
        return str(error)
    finally:
        world.store.close()
    assert made.session.return_url == url
    return None


@pytest.mark.parametrize(
    "url",
    [
        RETURN_URL,
        "https://app.example.com",
        "https://app.example.com:8443/done?order=1&next=%2Fhome",
        "https://app.example.com?order=1",
        "HTTPS://APP.EXAMPLE.COM/done",
        "https://xn--exmple-cua.com/done",
        "https://localhost/done",
        "https://192.0.2.1/done",
        "https://[2001:db8::1]:8443/done",
        "https://app.example.com/?mail=a@example.com",
        "https://app.example.com/" + "x" * 2000,
    ],
)
def test_an_https_url_is_accepted_as_it_is(url: str) -> None:
    assert refusal(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "app.example.com/done",
        "/done",
        "//app.example.com/done",
        "https:",
        "https://",
        "https:///done",
        "https:app.example.com",
        "https:/app.example.com",
        "https://:443/done",
        "http://app.example.com/done",
        "http://localhost/done",
        "ftp://app.example.com/done",
        "javascript:alert(1)",
        "javascript://app.example.com/%0aalert(1)",
        "data:text/html,done",
        "httpss://app.example.com/done",
        " https://app.example.com/done",
        "https://app.example.com/done ",
        "https://app.example.com/a b",
        "https://app.example.com/\n",
        "https://app.exa\tmple.com/",
        "https://app.example.com/\x00",
        "https://app.example.com/\x7f",
        "https://app.example.com\\@attacker.example/",
        "https://app.example.com/<script>",
        'https://app.example.com/"',
        "https://app.example.com/{id}",
        "https://app.example.com/é",
        "https://éxample.com/done",
        "https://app.example.com\u3002attacker.example/",
        "https://app.example.com:65536/",
        "https://app.example.com:port/",
        "https://[::1/done",
        "https://[app.example.com]/done",
    ],
)
def test_what_is_no_https_url_is_refused(url: str) -> None:
    assert refusal(url) == UNUSABLE


@pytest.mark.parametrize(
    "url",
    [
        "https://user@app.example.com/done",
        "https://user:password@app.example.com/done",
        "https://@app.example.com/done",
        "https://app.example.com@attacker.example/done",
        "https://app.example.com/done#part",
        "https://app.example.com/done#",
    ],
)
def test_credentials_and_fragments_are_refused(url: str) -> None:
    assert refusal(url) == REVEALING


LISTED = Settings(redirect_host=("app.example.com", "2001:db8::1"))


@pytest.mark.parametrize(
    "url",
    [
        "https://app.example.com/done",
        "https://app.example.com:8443/done",
        "https://APP.Example.com/done",
        "https://[2001:db8::1]/done",
    ],
)
def test_a_host_on_the_list_is_accepted_on_every_port_and_in_any_case(url: str) -> None:
    assert refusal(url, LISTED) is None


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "www.app.example.com",
        "xapp.example.com",
        "app.example.com.attacker.example",
        "app.example.com.",
        "app.example.org",
        "app%2eexample.com",
        "localhost",
    ],
)
def test_a_host_that_is_not_exactly_on_the_list_is_refused(host: str) -> None:
    assert refusal(f"https://{host}/done", LISTED) == NOT_LISTED


def test_a_listed_host_is_known_whatever_its_case() -> None:
    assert refusal(RETURN_URL, Settings(redirect_host=("App.Example.COM",))) is None


HTTP_TOO = Settings(allow_http_return_url=True)


@pytest.mark.parametrize(
    "url",
    ["http://localhost:3000/done", "http://LOCALHOST/", "http://127.0.0.1:3000/done", "http://[::1]/done", RETURN_URL],
)
def test_http_is_accepted_for_loopback_hosts_when_it_is_allowed(url: str) -> None:
    assert refusal(url, HTTP_TOO) is None


@pytest.mark.parametrize(
    "host", ["app.example.com", "localhost.example", "10.0.0.1", "0.0.0.0", "127.0.0.1.example", "127.1", ""]
)
def test_http_is_never_accepted_for_other_hosts(host: str) -> None:
    assert refusal(f"http://{host}/done", HTTP_TOO) == UNUSABLE


def test_http_frees_nobody_from_the_other_rules() -> None:
    assert refusal("http://user@localhost/", HTTP_TOO) == REVEALING
    assert refusal("http://localhost/#part", HTTP_TOO) == REVEALING
    listed = Settings(allow_http_return_url=True, redirect_host=("app.example.com",))
    assert refusal("http://localhost/", listed) == NOT_LISTED
