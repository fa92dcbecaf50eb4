"""`check_provider` asks for everything, finds nothing wrong in a sound provider, and stops where no answers come."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from conformance.check_provider.asking import Check
from conformance.check_provider.checking import check_provider, render_checks
from conformance.masking import Masker
from conformance.providers.command import Command
from conformance.providers.controller import Controller
from tests.conformance.programs import BRIDGE, program
from tests.conformance.unsound import (
    COMPLETE,
    READ,
    OnlySaysCompleted,
    Shows,
    check,
    client_of,
    prepare,
    wrong_in,
)
from tests.mock_server.running import fresh_key, running_mock
from tests.targets.correct import KEY, Correct, Session
from tests.targets.variants import lawful
from tests.targets.wire import Answer, serving

CANCELLED = "the implementation's cancel of a session prepared as pending"


@pytest.mark.parametrize("name", ["Correct", *lawful()])
def test_a_sound_provider_has_nothing_wrong(name: str) -> None:
    target = ({"Correct": Correct} | lawful())[name]()
    assert wrong_in(check(target, itself=True)) == {}


def test_a_sound_provider_is_asked_for_everything() -> None:
    asked = [each.asked for each in check(Correct(), itself=True)]
    for part in ("capabilities", *map(prepare, ("pending", "completed", "cancelled", "expired", "overdue"))):
        assert any(part in each for each in asked), part
    for part in ("expires_in_s", READ, COMPLETE, "PUT /webhook-endpoint", "DELETE", "wrong key", "cancel", "event"):
        assert any(part in each for each in asked), part


def test_the_mocks_control_plane_has_nothing_wrong() -> None:
    key = fresh_key()
    with running_mock("--webhook-schedule", "fast") as mock, client_of(mock.url, key) as client:
        provider = Controller(mock.control_url, key)
        checks = check_provider(provider, client, overdue_hold_s=0.5)
        provider.close()
    assert wrong_in(checks) == {}
    assert len(checks) > 30


def test_a_program_is_checked_as_a_controller_is(tmp_path: Path) -> None:
    target = Correct()
    with serving(target.respond, target.clock) as url, client_of(url) as client:
        provider = Command(program(tmp_path, BRIDGE, url + "/provider"), KEY)
        checks = check_provider(provider, client, overdue_hold_s=0)
    assert wrong_in(checks) == {}
    assert [each.asked for each in checks][:2] == ["capabilities", 'prepare {"state": "pending"}']


def test_a_failing_program_is_told_with_what_it_said(tmp_path: Path) -> None:
    checks = check_provider(Command(program(tmp_path, "raise ValueError('no database')"), KEY))
    assert wrong_in(checks) == {"capabilities": "the program exited with 1: ValueError: no database"}


def test_a_provider_of_another_implementation_is_told() -> None:
    target, other = Correct(), Correct()
    with (
        serving(target.respond, target.clock) as url,
        serving(other.respond, other.clock) as other_url,
        client_of(url) as client,
    ):
        provider = Controller(other_url + "/provider", KEY)
        wrong = wrong_in(check_provider(provider, client, overdue_hold_s=0))
        provider.close()
    assert wrong == {CANCELLED: "404"}


def test_an_implementation_that_is_not_there_is_told() -> None:
    target = Correct()
    with serving(target.respond, target.clock) as url, client_of("http://127.0.0.1:9") as client:
        provider = Controller(url + "/provider", KEY)
        wrong = wrong_in(check_provider(provider, client, overdue_hold_s=0))
        provider.close()
    assert set(wrong) == {CANCELLED}
    assert "cannot connect to http://127.0.0.1:9" in wrong[CANCELLED]


def test_a_read_that_shows_old_data_is_told() -> None:
    class ReadsACopy(Correct):
        def read(self, session: Session) -> Any:
            now = super().read(session)
            return {**now, "status": "pending"} if session is list(self.sessions.values())[-1] else now

    assert f"{READ} after that cancel" in wrong_in(check(ReadsACopy(), itself=True))


def test_an_endpoint_that_is_set_and_not_used_is_told() -> None:
    class ForgetsEndpoint(Correct):
        def deliver(self, tenant: str, event: Any) -> None:
            """Deliver nothing."""

    wrong = wrong_in(check(ForgetsEndpoint(), itself=True, timeout_s=0.5))
    assert wrong == {"the event of that cancel, sent to the webhook endpoint that was set": "nothing within 0.5 s"}


def test_a_target_on_another_machine_is_not_expected_to_reach_our_loopback() -> None:
    class ForgetsEndpoint(Correct):
        def deliver(self, tenant: str, event: Any) -> None:
            """Deliver nothing."""

    target = ForgetsEndpoint()
    with serving(target.respond, target.clock) as url, client_of(url.replace("127.0.0.1", "0.0.0.0")) as client:
        provider = Controller(url + "/provider", KEY)
        checks = check_provider(provider, client, overdue_hold_s=0, webhook_timeout_s=0.5)
        provider.close()
    assert wrong_in(checks) == {}
    assert not any("event" in each.asked for each in checks)


def test_without_read_a_completion_is_seen_by_the_cancel() -> None:
    class NoReadNoCompletion(OnlySaysCompleted):
        operations = ("complete",)

    asked = "the implementation's cancel of a session that was completed"
    assert wrong_in(check(NoReadNoCompletion(), itself=True))[asked] == "200"


def test_a_provider_that_says_nothing_is_not_asked_for_long() -> None:
    class Hangs(Correct):
        def prepare(self, tenant: str, wanted: Any) -> Answer:
            time.sleep(0.5)
            return super().prepare(tenant, wanted)

    started = time.monotonic()
    checks = check(Hangs(), timeout_s=0.1)
    assert time.monotonic() - started < 3
    assert [each.is_right for each in checks] == [True, False, False, False, False]
    assert "got no answer: ReadTimeout" in checks[1].came
    assert checks[-1].asked == "the rest"


def test_a_provider_that_is_not_there_is_told_so() -> None:
    provider = Controller("http://127.0.0.1:9", KEY)
    checks = check_provider(provider)
    provider.close()
    assert len(checks) == 1
    assert checks[0].came.startswith("got no answer: ConnectError")


def test_a_line_for_each_check_and_one_that_counts() -> None:
    masker = Masker()
    masker.add("t9k_test_secret", "api key")
    checks = [Check("GET /capabilities", "200"), Check(prepare("expired"), "500 t9k_test_secret", "201")]
    assert render_checks(checks, masker).splitlines() == [
        "ok     GET /capabilities: 200",
        'WRONG  POST /sessions {"state": "expired"}: 500 [api key]; the protocol wants 201',
        "2 checks, 1 WRONG",
    ]
    assert render_checks(checks[:1], masker).endswith("1 check, all ok")


def test_no_secret_is_in_what_is_rendered() -> None:
    target = Shows(status="https://pay.example.test/setup/live_tokenThatNobodyMaySee")
    text = render_checks(check(target, itself=True), Masker())
    assert "live_token" not in text
    assert "whsec_" not in text
    assert KEY not in text
