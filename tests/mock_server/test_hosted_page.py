"""The page behind `url`, as a browser without scripts meets it."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.mock_server.receiving import Receiver
from tests.mock_server.running import NO_TLS, RETURN_URL, SESSIONS, Caller, RunningMock, ask, running_mock


class Page(HTMLParser):
    """What of a page matters here: heading, text, forms and their buttons."""

    def __init__(self, answer: httpx2.Response) -> None:
        super().__init__()
        self.forms: list[dict[str, str | None]] = []
        self.buttons: dict[str, dict[str, str | None]] = {}
        self.tags: list[str] = []
        self.heading = ""
        self._button: dict[str, str | None] = {}
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        self.text = answer.text
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "form":
            self.forms.append(dict(attrs))
        if tag == "button":
            self._button = dict(attrs)

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "h1" and not self.heading:
            self.heading = data
        if self.tags and self.tags[-1] == "button" and data.strip():
            self.buttons[data] = self._button


@pytest.fixture
def browser() -> Iterator[httpx2.Client]:
    with httpx2.Client(trust_env=False, verify=NO_TLS) as browser:
        yield browser


def press(browser: httpx2.Client, url: str, label: str) -> httpx2.Response:
    """Open the page and press a button."""
    button = Page(browser.get(url)).buttons[label]
    return browser.post(url, data={str(button["name"]): button["value"]})


def test_the_page_has_one_form_with_two_buttons(caller: Caller, browser: httpx2.Client) -> None:
    page = Page(browser.get(caller.create().json()["url"]))
    assert page.forms == [{"method": "post"}]
    assert list(page.buttons) == ["Save card", "Cancel"]
    assert "main" in page.tags
    assert '<html lang="en">' in page.text
    assert "script" not in page.tags


def test_the_page_is_kept_by_nobody_and_tells_nobody_its_address(caller: Caller, browser: httpx2.Client) -> None:
    url = caller.create().json()["url"]
    answer = browser.get(url)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert url.rpartition("/")[2] not in answer.text


@pytest.mark.parametrize(
    ("label", "status", "time_of"),
    [("Save card", "completed", "completed_at"), ("Cancel", "cancelled", "cancelled_at")],
)
def test_either_button_ends_the_session_and_leads_back(
    caller: Caller, browser: httpx2.Client, receiver: Receiver, label: str, status: str, time_of: str
) -> None:
    secret = caller.listen(receiver.url)
    created = caller.create().json()
    answer = press(browser, created["url"], label)
    assert answer.status_code == 303
    place = urlsplit(answer.headers["location"])
    assert place._replace(query="").geturl() == RETURN_URL
    assert parse_qs(place.query) == {"hps_id": [created["id"]], "status": [status]}
    session = caller.read(f"/sessions/{created['id']}")["session"]
    assert session["status"] == status
    assert session[time_of] >= created["created"]
    (arrival,) = receiver.wait_for(1)
    arrival.verify(secret)
    assert arrival.event["event_type"] == f"payment.session.{status}"
    assert arrival.event["data"] == session


def test_what_the_return_url_asks_stays_in_it(caller: Caller, browser: httpx2.Client) -> None:
    created = caller.create(return_url=RETURN_URL + "?order=7&name=a%26b").json()
    place = urlsplit(press(browser, created["url"], "Cancel").headers["location"])
    assert place.query.startswith("order=7&name=a%26b&")
    assert parse_qs(place.query)["hps_id"] == [created["id"]]


def test_looking_at_the_page_changes_nothing(caller: Caller, browser: httpx2.Client) -> None:
    created = caller.create().json()
    for _ in range(3):
        assert browser.get(created["url"]).status_code == 200
    assert browser.head(created["url"]).content == b""
    assert caller.status_of(created["id"]) == "pending"


@pytest.mark.parametrize("label", ["Save card", "Cancel"])
def test_a_link_can_be_used_once(caller: Caller, browser: httpx2.Client, label: str) -> None:
    created = caller.create().json()
    press(browser, created["url"], label)
    status = caller.status_of(created["id"])
    for answer in (browser.get(created["url"]), browser.post(created["url"], data={"action": "save"})):
        assert answer.status_code == 410
        page = Page(answer)
        assert page.heading == "This link was used"
        assert status in page.text
        assert page.forms == []
    assert caller.status_of(created["id"]) == status
    assert len(caller.events()) == 1


def test_a_session_that_was_cancelled_by_the_api_cannot_be_used(caller: Caller, browser: httpx2.Client) -> None:
    created = caller.create().json()
    caller.cancel(created["id"])
    assert browser.post(created["url"], data={"action": "save"}).status_code == 410
    assert caller.status_of(created["id"]) == "cancelled"


@pytest.mark.parametrize("seconds", [1800, 86400], ids=["overdue", "flipped"])
def test_an_expired_link_says_so(caller: Caller, browser: httpx2.Client, seconds: int) -> None:
    caller.freeze()
    created = caller.create().json()
    caller.advance(seconds + 1)
    status = caller.status_of(created["id"])
    for answer in (browser.get(created["url"]), browser.post(created["url"], data={"action": "save"})):
        assert answer.status_code == 410
        page = Page(answer)
        assert page.heading == "This link has expired"
        assert page.forms == []
    assert caller.status_of(created["id"]) == status


@pytest.mark.parametrize("token", ["live_unknown", "", "..%2f", "%00%ff", "a" * 3000, "live_x/y"])
def test_an_unknown_link_says_so(mock: RunningMock, browser: httpx2.Client, token: str) -> None:
    for method in ("GET", "POST"):
        answer = browser.request(method, f"{mock.url}/payment/setup/{token}")
        assert answer.status_code == 404
        page = Page(answer)
        assert page.heading == "This link is not known"
        assert page.forms == []
        assert token not in page.text or not token


@pytest.mark.parametrize("data", [{}, {"action": "nonsense"}, {"other": "save"}, {"action": ""}])
def test_a_form_that_says_neither_does_nothing(caller: Caller, browser: httpx2.Client, data: dict[str, Any]) -> None:
    created = caller.create().json()
    answer = browser.post(created["url"], data=data)
    assert (answer.status_code, Page(answer).heading) == (400, "Nothing was done")
    assert caller.status_of(created["id"]) == "pending"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_told_which_there_are(caller: Caller, browser: httpx2.Client, method: str) -> None:
    answer = browser.request(method, caller.create().json()["url"])
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")


def test_a_form_that_is_too_large_does_nothing(caller: Caller, browser: httpx2.Client) -> None:
    created = caller.create().json()
    answer = browser.post(created["url"], data={"action": "save", "more": "x" * 70_000})
    assert answer.status_code == 413
    assert caller.status_of(created["id"]) == "pending"


def test_what_a_contractor_is_called_is_text_and_no_markup(caller: Caller, browser: httpx2.Client) -> None:
    name = f"<script>{caller.key}</script>"
    page = Page(browser.get(caller.seed(contractor=name)["url"]))
    assert "script" not in page.tags
    assert caller.key in page.text


def test_a_seeded_session_has_a_page_too(caller: Caller, browser: httpx2.Client) -> None:
    session = caller.seed()
    assert press(browser, session["url"], "Save card").status_code == 303
    assert caller.status_of(session["id"]) == "completed"


def test_the_url_leads_to_where_the_client_reached_the_mock(mock: RunningMock, caller: Caller) -> None:
    body = {"contractor": "cn_" + caller.key, "return_url": RETURN_URL}
    for host in (f"localhost:{mock.port}", "mock.example:8080", "[::1]:80"):
        answer = caller.api.post(SESSIONS, json=body, headers={"Host": host})
        assert answer.json()["url"].startswith(f"http://{host}/payment/setup/live_")
    odd = caller.api.post(SESSIONS, json=body, headers={"Host": 'x"><b>'}).json()["url"]
    assert odd.startswith("http://127.0.0.1/payment/setup/live_")


def test_a_loopback_return_url_may_be_http_where_the_flag_says_so() -> None:
    back = "http://127.0.0.1:9/done"
    with running_mock("--allow-http-return-url", "--redirect-host", "127.0.0.1") as mock, mock.caller() as caller:
        created = caller.create(return_url=back).json()
        answer = ask("POST", created["url"], data={"action": "save"})
        assert answer.headers["location"].startswith(back + "?hps_id=")
        assert caller.create().json()["error_code"] == "invalid_return_url"
