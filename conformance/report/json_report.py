"""`report.json`: one entry per requirement, versioned."""

from __future__ import annotations

import json
from typing import Any

from conformance.masking import Masker
from conformance.outcomes import Finding
from conformance.report.curl import render_script
from conformance.report.evidence import render_exchange
from conformance.target import Target
from conformance.verdict import Verdict

VERSION = 1


def render_json(verdict: Verdict, target: Target, masker: Masker, duration_s: float, *, seed: int) -> str:
    """The report as JSON text. `version` grows when a field changes its meaning or goes."""
    report = {
        "version": VERSION,
        "target": masker.mask(target.base_url),
        "verdict": verdict.word,
        "exit_code": int(verdict.exit_code),
        "notes": [masker.mask(note) for note in verdict.notes],
        "duration_s": round(duration_s, 3),
        "seed": seed,
        "requirements": [_entry(finding, masker) for finding in verdict.findings],
    }
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def _entry(finding: Finding, masker: Masker) -> dict[str, Any]:
    requirement = finding.requirement
    return {
        "id": requirement.id,
        "area": requirement.area,
        "level": requirement.level,
        "basis": requirement.basis,
        "statement": requirement.statement,
        "place": requirement.place,
        "outcome": finding.outcome,
        "reason": finding.reason,
        "evidence": {
            "message": masker.mask(finding.message),
            "expected": masker.mask(finding.expected),
            "actual": masker.mask(finding.actual),
            "pointer": masker.mask(finding.pointer),
            "exchange": render_exchange(finding.exchange, masker) if finding.exchange else None,
            "script": render_script(finding.script, masker),
            "exchanges": [
                {
                    "request": f"{exchange.method} {masker.mask(exchange.url)}",
                    "status": exchange.status,
                    "duration_ms": round((exchange.ended - exchange.started) * 1000, 1),
                }
                for exchange in finding.exchanges
            ],
        },
        "duration_s": round(finding.duration_s, 3),
    }
