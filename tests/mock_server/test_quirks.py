"""Quirks: reproducible, never endless, and wrong rules refused in words."""

from __future__ import annotations

import itertools
import json
import re
import time
from typing import Any

import pytest

from mock_server.quirks import KINDS, MOST_IN_A_ROW, Quirks, Rule, Strike, load_rules, parse_rule, rule_of

NOW = 1_767_226_000.0
CANCEL = "cancelPaymentSession"


def quirks(*rules: str, seed: int = 0, tenant: str = "one") -> Quirks:
    return Quirks(seed, tenant, [parse_rule(rule) for rule in rules])


def pattern(of: Quirks, ordinals: range = range(1, 40), attempts: int = 3) -> str:
    """One letter for each attempt on each session: `x` struck, `.` not."""
    drawn = [of.draw("request", CANCEL, ordinal) for ordinal in ordinals for _ in range(attempts)]
    return "".join("x" if strikes else "." for strikes in drawn)


def test_without_rules_nothing_strikes() -> None:
    assert quirks().draw("request", CANCEL, 1) == []


def test_a_strike_has_the_name_and_the_parameters_of_its_rule() -> None:
    assert quirks("latency=s:2").draw("request", CANCEL, 1) == [Strike("latency", {"s": 2.0})]


def test_rules_strike_together_in_the_order_they_were_given() -> None:
    both = quirks("unavailable", "latency").draw("request", CANCEL, 1)
    assert [strike.name for strike in both] == ["unavailable", "latency"]


@pytest.mark.parametrize("name", KINDS)
def test_a_quirk_strikes_on_its_own_side_alone(name: str) -> None:
    struck = {side for side in ("request", "answer", "webhook") if quirks(name).draw(side, CANCEL, 1)}
    assert struck == {KINDS[name].side}


def test_the_same_seed_draws_the_same() -> None:
    drawn = pattern(quirks("latency=probability:0.5"))
    assert drawn == pattern(quirks("latency=probability:0.5"))
    assert {"x", "."} == set(drawn)


def test_seed_and_tenant_each_change_the_draws() -> None:
    rule = "latency=probability:0.5"
    assert len({pattern(quirks(rule)), pattern(quirks(rule, seed=1)), pattern(quirks(rule, tenant="two"))}) == 3


def test_each_session_has_draws_of_its_own() -> None:
    assert {"x", "."} == set(pattern(quirks("latency=probability:0.5"), attempts=1))


def test_each_quirk_has_draws_of_its_own() -> None:
    latency, unavailable = quirks("latency=probability:0.5"), quirks("unavailable=probability:0.5")
    assert pattern(latency) != pattern(unavailable)


def test_each_operation_has_draws_of_its_own() -> None:
    drawn = quirks("latency=probability:0.5")
    of_create, of_cancel = (
        [drawn.draw("request", operation, ordinal) for ordinal in range(1, 40)]
        for operation in ("createPaymentSession", CANCEL)
    )
    assert of_create != of_cancel


def test_what_one_session_meets_does_not_depend_on_the_calls_in_between() -> None:
    alone, mixed = quirks("latency=probability:0.5"), quirks("latency=probability:0.5")
    drawn = [mixed.draw("request", CANCEL, ordinal) for ordinal in [1, 7, 2, 7, 7, 3, 7, 7, 1, 7]]
    assert [drawn[place] for place in (1, 3, 4, 6, 7, 9)] == [alone.draw("request", CANCEL, 7) for _ in range(6)]


def test_a_certain_quirk_strikes_twice_in_a_row_and_then_lets_one_through() -> None:
    assert pattern(quirks("drop-before-commit"), range(1, 2), 9) == "xx.xx.xx."


def test_no_quirk_strikes_more_than_twice_in_a_row_whatever_its_probability() -> None:
    assert MOST_IN_A_ROW == 2
    for seed in range(20):
        drawn = pattern(quirks("drop-before-commit=probability:0.9", seed=seed), range(1, 2), 30)
        assert max(len(list(run)) for struck, run in itertools.groupby(drawn) if struck == "x") == 2


def test_rows_are_counted_for_each_session_and_operation_on_its_own() -> None:
    assert pattern(quirks("drop-before-commit"), range(1, 5), 2) == "xx" * 4
    every = quirks("drop-before-commit")
    assert all(every.draw("request", operation, 1) for operation in ("a", "a", "b", "b"))


def test_a_quirk_of_probability_zero_never_strikes() -> None:
    assert "x" not in pattern(quirks("latency=probability:0"))


def test_a_probability_is_kept_on_the_average() -> None:
    share = pattern(quirks("latency=probability:0.25"), range(1, 2001), 1).count("x") / 2000
    assert 0.2 < share < 0.3


def test_next_n_strikes_n_times_and_is_then_off() -> None:
    counted = quirks("latency=next:3")
    assert pattern(counted, range(1, 6), 1) == "xxx.."
    assert counted.rules == []


def test_next_counts_strikes_and_not_draws() -> None:
    assert pattern(quirks("latency=next:5,probability:0.3"), range(1, 200), 1).count("x") == 5


def test_next_0_never_strikes() -> None:
    assert pattern(quirks("latency=next:0"), range(1, 4)) == "." * 9


def test_a_quirk_with_a_time_limit_ends_at_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    limited = Quirks(0, "one", [rule_of({"name": "latency", "for_s": 10}, NOW)])
    monkeypatch.setattr(time, "time", lambda: NOW + 9.9)
    assert limited.draw("request", CANCEL, 1)
    monkeypatch.setattr(time, "time", lambda: NOW + 10)
    assert limited.draw("request", CANCEL, 2) == []
    assert limited.rules == []


def test_replaced_rules_begin_to_draw_anew() -> None:
    again = quirks("latency=probability:0.5")
    first = pattern(again)
    again.replace([parse_rule("latency=probability:0.5")])
    assert pattern(again) == first


def test_replacing_by_nothing_switches_everything_off() -> None:
    off = quirks("latency")
    off.replace([])
    assert off.draw("request", CANCEL, 1) == []


@pytest.mark.parametrize("name", KINDS)
def test_every_quirk_is_switched_on_by_its_name_with_its_defaults(name: str) -> None:
    assert parse_rule(name) == Rule(name, KINDS[name].parameters)


def test_a_rule_of_the_command_line_has_probability_next_and_parameters() -> None:
    rule = parse_rule("webhook-delayed=probability:0.25,next:3,s:2.5")
    assert rule == Rule("webhook-delayed", {"s": 2.5}, 0.25, 3)


def test_a_rule_does_not_change_the_defaults() -> None:
    parse_rule("latency=s:9")
    assert parse_rule("latency").parameters == {"s": 0.5}


def test_a_rule_of_the_control_plane_has_a_time_limit_too() -> None:
    assert rule_of({"name": "latency", "for_s": 5}, NOW).until == NOW + 5
    assert rule_of({"name": "latency", "until": NOW + 7}, NOW).until == NOW + 7
    assert rule_of({"name": "latency"}, NOW).until is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is no quirk of that name; `python -m mock_server quirks` lists them"),
        ("slow", "there is no quirk of that name; `python -m mock_server quirks` lists them"),
        ("latency=ms:5", "latency has no such parameter; it has: s"),
        ("url-empty=s:5", "url-empty has no such parameter; it has: none"),
        ("latency=5", "latency has no such parameter; it has: s"),
        ("latency=s", "latency: s must be a number"),
        ("latency=s:long", "latency: s must be a number"),
        ("latency=s:-1", "latency: s must be from 0 to 86400"),
        ("latency=s:nan", "latency: s must be from 0 to 86400"),
        ("latency=s:inf", "latency: s must be from 0 to 86400"),
        ("latency=probability:1.1", "latency: probability must be from 0 to 1"),
        ("latency=probability:often", "latency: probability must be a number"),
        ("latency=next:-1", "latency: next must be from 0 to 1e+09"),
    ],
)
def test_a_wrong_rule_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_rule(text)


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"name": None},
        {"name": "latency", "parameters": {"s": None}},
        {"name": "latency", "parameters": {"s": [1]}},
        {"name": "latency", "probability": None},
        {"name": "latency", "for_s": -1},
    ],
)
def test_a_wrong_rule_of_the_control_plane_is_refused_in_words(attributes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"there is no quirk of that name|latency: "):
        rule_of(attributes, NOW)


def test_rules_survive_the_store_as_text() -> None:
    rules = [
        parse_rule("latency"),
        parse_rule("unavailable=probability:0.25,next:3,retry_after_s:7"),
        rule_of({"name": "webhook-stale", "until": NOW + 0.5}, NOW),
    ]
    text = Quirks(0, "one", rules).as_text()
    assert load_rules(text) == rules
    assert json.loads(text)[0] == {"name": "latency", "probability": 1.0, "parameters": {"s": 0.5}}


def test_no_rules_survive_the_store_as_none() -> None:
    assert load_rules(quirks().as_text()) == []


def test_strikes_left_survive_the_store() -> None:
    counted = quirks("latency=next:3")
    counted.draw("request", CANCEL, 1)
    (rule,) = load_rules(counted.as_text())
    assert rule.left == 2
