"""What of a creation URL is secret, and how it is found again."""

import base64

import pytest

from conformance.masking import Masker
from conformance.outcomes import Breach
from conformance.secrecy import Traces, traces_of_creation, traces_of_run, verify_absent

TOKEN = "Zk3vQ9x_Lw7-Rb2mTn5yHc8sJd4gPf6a"
URL = f"https://pay.example/setup/live_{TOKEN}"
SESSION = {"id": "ps_0123456789abcdef", "return_url": "https://shop.example/done?order=17", "url": URL}
TRACES = Traces(traces_of_creation(SESSION))

SHOWN = {
    "alone": TOKEN,
    "cut at the end": TOKEN[:28] + "****",
    "cut at the start": TOKEN[-24:],
    "a window": TOKEN[7:23],
    "escaped": "".join(f"\\u{ord(c):04x}" for c in TOKEN),
    "escaped twice": "".join(f"\\\\u{ord(c):04X}" for c in TOKEN),
    "entities": "".join(f"&#x{ord(c):x};" for c in TOKEN),
    "percent": "".join(f"%{ord(c):02x}" for c in TOKEN),
    "percent twice": "".join(f"%25{ord(c):02x}" for c in TOKEN),
    "hex": TOKEN.encode().hex(),
    "HEX": TOKEN.encode().hex().upper(),
    **{f"base64 at {n}": base64.b64encode(b"x" * n + TOKEN.encode()).decode() for n in range(3)},
    "base64 for URLs": base64.urlsafe_b64encode(URL.encode()).decode(),
}


@pytest.mark.parametrize("shown", SHOWN.values(), ids=SHOWN)
def test_a_token_is_found_and_masked_however_it_is_shown(shown: str) -> None:
    masker = Masker()
    masker.add_creation(SESSION)
    for text in (f'{{"debug": "{shown}"}}', f"before {shown} after", shown):
        with pytest.raises(Breach) as breach:
            verify_absent(TRACES, [("the body", text)], None)
        assert "16 or more characters of a path segment of the creation URL" in breach.value.message
        assert shown not in breach.value.message
        assert TRACES.kind_in(masker.mask(text)) == ""


@pytest.mark.parametrize(
    "text", ["https://pay.example/setup/live_[redacted]", TOKEN[:15], "ps_0123456789abcdef", "", "%", "&#;", "\\u00"]
)
def test_what_is_no_secret_is_let_be(text: str) -> None:
    verify_absent(TRACES, [("the body", text)], None)
    masker = Masker()
    masker.add_creation(SESSION)
    assert masker.mask(text) == text


@pytest.mark.parametrize(
    ("public", "shown"),
    [
        ({"id": "ps_0123456789abcdef"}, "0123456789abcdef"),
        ({"order": [{"id": "ord_0123456789abcdef"}]}, "ord_0123456789abcdef"),
        ({"id": "session:0123456789abcdef"}, "session%3A0123456789abcdef"),
        ({"id": "session%3A0123456789abcdef"}, "session:0123456789abcdef"),
    ],
)
def test_what_the_session_shows_anyway_is_no_secret(public: dict[str, object], shown: str) -> None:
    traces = Traces(traces_of_creation({**public, "url": f"https://pay.example/s/{shown}?token={TOKEN}"}))
    assert traces.kind_in(shown) == ""
    assert "a query value" in traces.kind_in(TOKEN)


def test_a_token_that_creation_repeats_stays_secret() -> None:
    assert Traces(traces_of_creation({**SESSION, "token": TOKEN, "hint": URL})).kind_in(TOKEN)


def test_what_several_urls_hold_is_no_secret() -> None:
    words = "https://pay.example/hosted-payment-setup/payment_session_"
    traces = traces_of_run([{"url": words + TOKEN}, {"url": words + TOKEN[::-1]}, {}])
    assert traces.kind_in("hosted-payment-setup payment_session_" + TOKEN[:7]) == ""
    assert traces.kind_in(TOKEN)


def test_a_url_without_a_token_is_looked_for_as_a_whole() -> None:
    url = "https://pay.example/s/ps_0123456789abcdef"
    traces = Traces(traces_of_creation({"id": "ps_0123456789abcdef", "url": url}))
    assert traces.kind_in(url.replace("/", "\\/")) == "a whole creation URL"
    assert traces.kind_in("ps_0123456789abcdef") == ""
