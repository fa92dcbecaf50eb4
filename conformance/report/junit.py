"""`junit.xml`: a test case per requirement, an area per suite. Only a pass or a note is a green case."""

from __future__ import annotations

import re
from itertools import groupby
from xml.etree import ElementTree as ET

from conformance.masking import Masker
from conformance.outcomes import Finding, Outcome
from conformance.report.curl import render_script
from conformance.report.evidence import render_exchange
from conformance.verdict import Verdict

# What XML 1.0 cannot hold, however escaped.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(verdict: Verdict, masker: Masker) -> str:
    """The report as JUnit XML: failures as `failure`, setup and harness errors as `error`, gaps as `skipped`, warnings
    in `system-out`."""
    root = ET.Element("testsuites", name="conformance")
    for area, findings in groupby(verdict.findings, key=lambda finding: finding.requirement.area):
        cases = [_case(finding, masker) for finding in findings]
        suite = ET.SubElement(root, "testsuite", name=area, tests=str(len(cases)))
        for tag in ("failure", "error", "skipped"):
            counted = {"failure": "failures", "error": "errors"}.get(tag, tag)
            suite.set(counted, str(sum(case.find(tag) is not None for case in cases)))
        suite.extend(cases)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _case(finding: Finding, masker: Masker) -> ET.Element:
    requirement = finding.requirement
    case = ET.Element(
        "testcase",
        classname=f"conformance.{requirement.area}",
        name=f"{requirement.id} {requirement.statement}",
        time=f"{finding.duration_s:.3f}",
    )
    message = _printable(masker.mask(finding.message))
    match finding.outcome:
        case Outcome.FAIL:
            _child(case, "failure", message, _details(finding, masker))
        case Outcome.SETUP_ERROR | Outcome.HARNESS_ERROR:
            _child(case, "error", f"{finding.outcome}: {message}", _details(finding, masker))
        case Outcome.NOT_TESTABLE | Outcome.NOT_APPLICABLE | Outcome.INCONCLUSIVE:
            _child(case, "skipped", f"{finding.outcome}: {message}", "")
        case Outcome.WARN:
            ET.SubElement(case, "system-out").text = f"warning: {message}\n{_details(finding, masker)}"
    return case


def _child(case: ET.Element, tag: str, message: str, details: str) -> None:
    ET.SubElement(case, tag, message=message, type=tag).text = details


def _details(finding: Finding, masker: Masker) -> str:
    lines = [finding.requirement.statement, f"page: {finding.requirement.place}"]
    if finding.expected:
        lines += [f"expected: {finding.expected}", f"actual: {finding.actual} {finding.pointer}".rstrip()]
    if finding.exchange is not None:
        shown = render_exchange(finding.exchange, masker)
        lines += [str(shown["request"]), f"{shown['status']} {shown['body']}", str(shown["curl"])]
    lines += render_script(finding.script, masker)
    return _printable(masker.mask("\n".join(lines)))


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
