"""The reports for people elsewhere than on the terminal: the page and the summary."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.outcomes import Finding, Inconclusive, NotTestable, Outcome, Reason, finding_of
from conformance.report.html import render_html
from conformance.report.markdown import render_markdown
from conformance.report.timeline import rounds_of
from conformance.verdict import decide
from tests.conformance.exchanges import answer
from tests.conformance.reported import CATALOGUE, TARGET, Page, everything, failed, masker, page_of, raced
from tests.targets.correct import KEY, OTHER_KEY
from tests.targets.defects import BROKEN
from tests.targets.judged import QUICK, run_suite
from tests.targets.wire import serving

SCRIPT = "<script>alert(1)</script>"


# --- report.html ------------------------------------------------------------------------------------------------------


def test_the_page_has_every_requirement_once_as_a_row() -> None:
    page = Page(render_html(everything(), TARGET, masker(), 1.5, seed=7))
    assert page.rows() == list(CATALOGUE)
    ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    assert set(ids.values()) == {1}
    links = {str(link["href"]).removeprefix("#") for link in page.attributes("a")}
    assert links <= ids.keys(), "every link leads somewhere"


@pytest.mark.parametrize(
    ("finding", "word"),
    [
        (Finding(CATALOGUE["CXL-OK-1"], Outcome.PASS, Reason.HELD), "Conformant"),
        (failed(answer(status=409)), "Not conformant"),
        (Finding(CATALOGUE["CXL-OK-1"], Outcome.NOT_TESTABLE, Reason.NO_OTHER_KEY, "no key"), "Incomplete"),
        (Finding(CATALOGUE["CXL-OK-1"], Outcome.HARNESS_ERROR, Reason.TARGET_LOST, "gone"), "No verdict"),
    ],
)
def test_the_page_begins_with_the_verdict(finding: Finding, word: str) -> None:
    html = page_of(finding)
    assert f"<h1>{word}</h1>" in html
    assert f"<dt>Exit code</dt><dd>{int(decide([finding]).exit_code)}</dd>" in html


def test_a_failure_shows_all_that_is_needed_to_mend_it() -> None:
    exchange = answer({"error_code": "conflict"}, 409)
    text = Page(page_of(failed(exchange))).text
    for shown in (
        CATALOGUE["CXL-STATE-2"].place,
        "status 400",
        "/status",
        f"POST {exchange.url}",
        "409 Conflict",
        "Content-Type: application/json",
        '{"error_code": "conflict"}',
        '-H "Authorization: Bearer $CONFORMANCE_API_KEY"',
        "--only CXL-STATE-2",
        "100.0 ms",
    ):
        assert shown in text


def test_what_a_target_says_is_text_and_never_markup() -> None:
    hostile = answer(f'{SCRIPT}"><img src=x onerror=alert(1)>'.encode(), 409)
    hostile = replace(hostile, headers=(("X-Note", SCRIPT),), url=f"http://127.0.0.1/{SCRIPT}")
    html = page_of(failed(hostile, actual=SCRIPT))
    page = Page(html)
    assert SCRIPT not in html
    assert page.text.count(SCRIPT) >= 4
    assert len(page.attributes("script")) == 1
    assert page.attributes("img") == []


def test_what_no_file_should_hold_is_spelt_out() -> None:
    html = page_of(failed(answer(b"\x00\x1b[31m \xe2\x80\xae", 409), actual="\ud800"))
    assert Page(html).text.count("\\x00\\x1b[31m \\u202e") >= 1
    assert "\\ud800" in html
    html.encode("utf-8")


def test_the_page_loads_nothing() -> None:
    html = page_of(failed(answer({"url": "https://example.com/"}, 409)))
    page = Page(html)
    loading = {"src", "srcset", "data", "action", "formaction", "poster", "background", "style", "xlink:href"}
    for tag, attributes in page.elements:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base"}
        assert not loading & attributes.keys()
        assert (attributes.get("href") or "#").startswith("#")
    inlined = "".join(re.findall(r"<(?:style|script)>.*?</(?:style|script)>", html, re.DOTALL))
    assert not re.search(r"url\(|@import|https?:|fetch|XMLHttpRequest", inlined)
    assert "default-src &#x27;none&#x27;" in html


def test_no_secret_stands_in_any_report() -> None:
    told = masker()
    secrets = {
        "creation url": "live_tokenThatNobodyMaySee",
        "webhook secret": "whsec_c2VjcmV0",
        "odd key": "a<b&c\"d'e",
    }
    for label, secret in secrets.items():
        told.add(secret, label)
    hidden = [*secrets.values(), TARGET.api_key, str(TARGET.other_api_key)]
    all_of_them = " ".join(hidden)
    leaky = replace(
        answer(all_of_them.encode(), 409),
        headers=(("Server", all_of_them),),
        url=f"http://127.0.0.1/{all_of_them}",
        request_headers=(("Authorization", f"Bearer {all_of_them}"),),
    )
    finding = replace(failed(leaky, actual=all_of_them), pointer=f"/{all_of_them}", message=all_of_them)
    verdict = replace(decide([finding]), notes=(all_of_them,))
    html = render_html(verdict, TARGET, told, 1.5, seed=7)
    for text in (html, Page(html).text, render_markdown(verdict, told, 1.5, seed=7)):
        for secret in hidden:
            assert secret not in text
    assert "Server: [creation url]" in html, "a header that is left out elsewhere is shown when it leaks"


def test_a_real_run_writes_a_page_without_its_secrets(tmp_path: Path) -> None:
    served = BROKEN["UrlInTheAnswer"][0]()
    with serving(served.respond, served.clock) as url:
        flags = ("--base-url", url, "--provider", url + "/provider", "--only", "OK", "SAFE", "RACE", *QUICK)
        judged = run_suite(*flags, report=tmp_path)
    assert judged.exit_code == 1, judged.output
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    page = Page(html)
    assert page.rows() == [each.id for each in CATALOGUE.values() if each.area in {"OK", "SAFE", "RACE"}]
    assert len(page.attributes("svg")) >= 5
    assert "[creation url]" in html
    for secret in (KEY, OTHER_KEY, "whsec_"):
        assert secret not in html


def test_a_race_is_drawn_with_its_winner() -> None:
    finding = finding_of(CATALOGUE["CXL-RACE-1"], None, exchanges=raced(400, 200, 400))
    shared = finding_of(CATALOGUE["CXL-RACE-2"], None)
    html = page_of(finding, shared)
    drawn = Page(html).attributes("svg")
    assert len(drawn) == 1
    assert "200 from 1.0 to 50.0 ms" in str(drawn[0]["aria-label"])
    assert "Round 1: 3 calls within 50.0 ms, 1 answered 200" in html
    assert html.count('<g class="won">') == 1
    assert "Judged on the races that are drawn at" in html


def test_a_round_is_what_was_under_way_together() -> None:
    first = raced(200, 400)
    later = tuple(replace(call, started=call.started + 9, ended=call.ended + 9) for call in first)
    other = tuple(replace(call, url=call.url.replace("ps_1", "ps_2")) for call in later)
    alone = replace(first[0], started=20.0, ended=20.1)
    assert rounds_of((*later, *first, alone)) == [first, later]
    assert rounds_of((*first, *other)) == [first, other]


# --- Markdown ---------------------------------------------------------------------------------------------------------


def test_the_summary_says_verdict_counts_and_what_to_look_at() -> None:
    open_ = finding_of(CATALOGUE["CXL-NF-2"], NotTestable(Reason.NO_OTHER_KEY, "no --other-api-key was given"))
    vague = finding_of(CATALOGUE["CXL-OK-2"], Inconclusive(Reason.THROTTLED, "the target kept answering 503"))
    held = finding_of(CATALOGUE["CXL-OK-1"], None)
    text = render_markdown(decide([held, vague, open_, failed(answer(status=409))]), masker(), 1.5, seed=7)
    assert text.startswith("## Conformance: not conformant (exit 1)\n")
    assert "4 requirements: 1 pass, 1 fail, 1 not testable, 1 inconclusive (1.5 s, seed 7)" in text
    rows = [line.split(" | ")[0] for line in text.splitlines() if line.startswith("| CXL-")]
    assert rows == ["| CXL-STATE-2", "| CXL-OK-2", "| CXL-NF-2"]
    assert "`--only CXL-STATE-2 CXL-OK-2 CXL-NF-2`" in text


def test_the_summary_of_a_conformant_run_has_no_table() -> None:
    assert "|" not in render_markdown(decide([finding_of(CATALOGUE["CXL-OK-1"], None)]), masker(), 1.5, seed=7)


def test_what_a_target_says_cannot_break_the_table() -> None:
    hostile = "a | b\n\n# c `d` <img src=x> ![e](f) \\"
    text = render_markdown(decide([failed(answer(status=409), actual=hostile)]), masker(), 1.5, seed=7)
    rows = [line for line in text.splitlines() if line.startswith("| CXL-")]
    assert len(rows) == 1
    assert len(re.split(r"(?<!\\)\|", rows[0].replace("\\\\", ""))) == 7
    assert "a \\| b # c \\`d\\` \\<img src=x\\> !\\[e\\](f) \\\\" in rows[0]


def test_the_seed_is_told_where_it_is_known() -> None:
    verdict = decide([failed(answer(status=409))])
    assert "(1.5 s, seed 7)" in render_markdown(verdict, masker(), 1.5, seed=7)
    assert "<dt>Seed</dt><dd>7</dd>" in render_html(verdict, TARGET, masker(), 1.5, seed=7)


def test_a_long_answer_is_cut() -> None:
    text = render_markdown(decide([failed(answer(status=409), actual="x" * 5000)]), masker(), 1.5, seed=7)
    assert len(text) < 1000
