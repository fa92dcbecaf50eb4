"""The rules of judgement, one by one: what they allow and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.documented import verify_documented
from conformance.outcomes import Breach, Inconclusive, NotTestable
from conformance.providers import Session
from conformance.secrecy import Traces, traces_of_creation, verify_absent
from conformance.verify import (
    codes_in,
    documented_processor,
    verify_as_at_creation,
    verify_attribute,
    verify_attribute_types,
    verify_client_error_or_redirect,
    verify_json_media_type,
    verify_kept,
    verify_not_successful,
    verify_object,
    verify_one_code,
    verify_refused,
    verify_return_url,
    verify_status,
    verify_unchanged,
)
from tests.conformance.exchanges import NOW, answer, cancelled_session

PENDING = "session_not_pending"
EXPIRED = "session_expired"


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ({"message": "no", "error_code": PENDING}, {PENDING}),
        ({"error": {"code": EXPIRED}}, {EXPIRED}),
        ({"errors": [{"code": PENDING}]}, {PENDING}),
        ({"errors": {PENDING: ["already cancelled"]}}, {PENDING}),
        ([PENDING], {PENDING}),
        (PENDING, {PENDING}),
        ({"type": f"https://example.com/problems/{EXPIRED}"}, {EXPIRED}),
        ({"type": f"https://example.com/problems#{EXPIRED}"}, {EXPIRED}),
        ({"type": f"urn:problem:{PENDING}"}, {PENDING}),
        ({"type": f"URN:problem:{PENDING}"}, {PENDING}),
        ({"type": f"/problems/{PENDING}/"}, {PENDING}),
        ({"type": f"problems/{PENDING}"}, {PENDING}),
        ({"type": f"#{EXPIRED}"}, {EXPIRED}),
        (PENDING.encode(), {PENDING}),
        (f"Refused: {PENDING}. Nothing was changed.".encode(), {PENDING}),
        (f"Refused: {PENDING}.".encode(), {PENDING}),
        (f"<error><code>{PENDING}</code></error>".encode(), {PENDING}),
        (f"code={EXPIRED}&x=1".encode(), {EXPIRED}),
        ({"error_code": PENDING, "also": EXPIRED}, {PENDING, EXPIRED}),
        ({"error_code": PENDING, "message": f"this is not {EXPIRED}"}, {PENDING}),
        ({"error_code": "not_pending"}, set()),
        ({"error_code": PENDING.upper()}, set()),
        ({"message": f"see {PENDING}_v2"}, set()),
        ({"message": f"see: /problems/{PENDING}"}, set()),
        ({"type": f"/problems/{PENDING}X"}, set()),
        (f"{PENDING}_v2".encode(), set()),
        (f"{PENDING}.v2".encode(), set()),
        (f"{PENDING}-v2".encode(), set()),
        (b"", set()),
    ],
)
def test_a_code_is_found_where_a_program_would_find_it(body: Any, codes: set[str]) -> None:
    assert codes_in(answer(body, 400)) == codes


def test_both_codes_or_none_are_not_one() -> None:
    verify_one_code(answer({"error_code": PENDING}, 400))
    for body in ({"error_code": PENDING, "also": EXPIRED}, {"error_code": "gone"}):
        with pytest.raises(Breach):
            verify_one_code(answer(body, 400))


def test_a_refusal_needs_the_status_and_the_code() -> None:
    verify_refused(answer({"error_code": PENDING}, 400), PENDING)
    for body, status in (({"error_code": PENDING}, 409), ({"error_code": EXPIRED}, 400), ({}, 400)):
        with pytest.raises(Breach):
            verify_refused(answer(body, status), PENDING)


def test_another_status_is_a_breach_and_after_a_retry_no_judgement() -> None:
    verify_status(answer(status=403), 403)
    with pytest.raises(Breach):
        verify_status(answer(status=401), 403)
    with pytest.raises(Inconclusive):
        verify_status(answer(status=400, attempts=2), 200)


@pytest.mark.parametrize("status", [300, 301, 404, 499])
def test_odd_ids_may_be_redirected_or_refused(status: int) -> None:
    verify_client_error_or_redirect(answer(status=status))


@pytest.mark.parametrize("status", [200, 204, 299, 500])
def test_odd_ids_may_not_succeed_and_not_break_the_server(status: int) -> None:
    with pytest.raises(Breach):
        verify_client_error_or_redirect(answer(status=status))


@pytest.mark.parametrize(("status", "successful"), [(199, False), (200, True), (299, True), (300, False), (500, False)])
def test_a_success_is_any_2xx_and_nothing_else(status: int, successful: bool) -> None:
    if successful:
        with pytest.raises(Breach):
            verify_not_successful(answer(status=status))
    else:
        verify_not_successful(answer(status=status))


@pytest.mark.parametrize(
    "body", [b"", b"not json", b'{"a": NaN}', b"\xef\xbb\xbf{}", b"[" * 100_000, "{}".encode("utf-16"), [], "text", 1]
)
def test_only_a_json_object_is_an_answer(body: Any) -> None:
    with pytest.raises(Breach):
        verify_object(answer(body))


def test_the_200_is_application_json_and_a_refusal_any_json() -> None:
    verify_json_media_type(answer(content_type="application/json; charset=utf-8"), exactly=True)
    verify_json_media_type(answer(content_type="application/problem+json"), exactly=False)
    for content_type, exactly in (("application/problem+json", True), ("text/plain", False), ("", True)):
        with pytest.raises(Breach):
            verify_json_media_type(answer(content_type=content_type), exactly=exactly)


@pytest.mark.parametrize(
    "extra", [{}, {"url": ""}, {"url": "https://x.example/…"}, {"more": [1]}, {"cancelled_at": None}]
)
def test_documented_attributes_with_documented_types_are_accepted(extra: dict[str, Any]) -> None:
    verify_attribute_types(answer(cancelled_session(**extra)))


@pytest.mark.parametrize(
    "change",
    [
        {"id": 1},
        {"contractor_id": None},
        {"created": "1767226000"},
        {"created": 1.5},
        {"created": 1.0},
        {"url": None},
        {"expires_at": True},
    ],
)
def test_another_type_is_a_breach_at_its_place(change: dict[str, Any]) -> None:
    with pytest.raises(Breach) as breach:
        verify_attribute_types(answer(cancelled_session(**change)))
    assert breach.value.pointer == f"/{next(iter(change))}"


@pytest.mark.parametrize("name", sorted(cancelled_session()))
def test_a_missing_attribute_is_a_breach(name: str) -> None:
    body = cancelled_session()
    del body[name]
    with pytest.raises(Breach):
        verify_attribute_types(answer(body))
    with pytest.raises(Breach):
        verify_documented(answer(body))


def test_the_documented_200_validates_and_a_wrong_one_does_not() -> None:
    verify_documented(answer(cancelled_session(extra=1)))
    for change in ({"status": "canceled"}, {"completed_at": 1}, {"cancelled_at": None}, {"cancelled_at": 1.0}):
        with pytest.raises(Breach):
            verify_documented(answer(cancelled_session(**change)))


def test_values_are_compared_with_their_type() -> None:
    verify_attribute(answer({"completed_at": None}), "completed_at", None)
    for body in ({"n": 1.0}, {"n": True}, {"n": "1"}, {}):
        with pytest.raises(Breach):
            verify_attribute(answer(body), "n", 1)


def test_what_the_provider_did_not_tell_cannot_be_compared() -> None:
    body = cancelled_session()
    verify_as_at_creation(answer(body), Session("ps_1", body, NOW))
    with pytest.raises(NotTestable):
        verify_as_at_creation(answer(body), Session("ps_1", {"id": "ps_1"}, NOW))
    with pytest.raises(Breach):
        verify_as_at_creation(answer(body), Session("ps_1", body | {"expires_at": 1}, NOW))


@pytest.mark.parametrize(
    "url",
    [
        "http://x.example/",
        "https://u:p@x.example/",
        "https://x.example/#",
        "https:///p",
        "/p",
        "https://[x",
        None,
        1,
        ["https://x.example/"],
        {"https://x.example/": 1},
    ],
)
def test_a_return_url_that_creation_refuses_is_a_breach(url: object) -> None:
    verify_return_url(answer(cancelled_session(return_url="HTTPS://x.example:8443/p?q=a@b")))
    with pytest.raises(Breach):
        verify_return_url(answer(cancelled_session(return_url=url)))


def test_a_session_reads_the_same_but_for_its_url() -> None:
    verify_unchanged(cancelled_session(), cancelled_session(url="", extra=1))
    with pytest.raises(Breach) as breach:
        verify_unchanged(cancelled_session(), cancelled_session(cancelled_at=1))
    assert breach.value.pointer == "/cancelled_at"


def test_a_secret_is_found_with_its_slashes_escaped_too() -> None:
    secret = "https://pay.example/setup/live_0123456789abcdef"
    traces = Traces(traces_of_creation({"url": secret}))
    verify_absent(traces, iter([("the body", "https://pay.example/setup/")]), None)
    for text in (f'{{"url": "{secret}"}}', secret.replace("/", "\\/")):
        with pytest.raises(Breach) as breach:
            verify_absent(traces, iter([("the body", text)]), None)
        assert secret not in breach.value.message


def test_a_session_keeps_the_second_it_was_told() -> None:
    told, before = answer(cancelled_session()), cancelled_session(status="pending", cancelled_at=None)
    verify_kept(told, before, cancelled_session())
    verify_kept(told, before, cancelled_session(cancelled_at="2026-01-01T00:06:40Z"))
    for changed in (
        {"status": "pending"},
        {"cancelled_at": None},
        {"cancelled_at": int(NOW) + 1},
        {"processor": None},
        {"completed_at": int(NOW)},
    ):
        with pytest.raises(Breach):
            verify_kept(told, before, cancelled_session(**changed))


def test_the_documented_processor_is_the_one_of_the_contract() -> None:
    assert documented_processor() == "checkout"
