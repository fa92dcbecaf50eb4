"""The words in which reports explain themselves to people who did not write the suite."""

from __future__ import annotations

from conformance.outcomes import Outcome
from conformance.verdict import UNTESTED, ExitCode, Verdict

OUTCOMES = {
    Outcome.PASS: "It was exercised and holds.",
    Outcome.FAIL: "A MUST that does not hold.",
    Outcome.WARN: "A SHOULD that does not hold; it decides only under --strict.",
    Outcome.NOT_APPLICABLE: "This implementation cannot be in the state the requirement speaks of.",
    Outcome.NOT_TESTABLE: "Something the test needs is not offered here.",
    Outcome.INCONCLUSIVE: "It was exercised, but what was seen allows no judgement.",
    Outcome.SETUP_ERROR: "The provider did not bring about the state it was asked for.",
    Outcome.HARNESS_ERROR: "Target, provider or suite failed, so nothing can be judged.",
}

BASIS = {
    "S": "stated on the page",
    "D": "follows from the page or from HTTP",
    "V": "other documentation of the vendor",
    "C": "the vendor's public clients",
    "A": "our assumption",
}

AREAS = {
    "OK": "A pending session is cancelled",
    "BODY": "What the 200 says",
    "STATE": "A session in a terminal status",
    "EXP": "Past expires_at, not yet flipped",
    "AUTH": "The API key",
    "NF": "No such session",
    "ERR": "How a refusal is told",
    "HOOK": "The webhook",
    "RACE": "Several requests at once",
    "SAFE": "Secrets and other methods",
}


def spaced(name: str) -> str:
    """`not_testable` as people read it."""
    return name.replace("_", " ")


def meaning(verdict: Verdict) -> str:
    """The verdict in a sentence for somebody who has to decide."""
    failed = verdict.count(Outcome.FAIL)
    left_open = any(f.outcome in UNTESTED and f.requirement.level == "MUST" for f in verdict.findings)
    match verdict.exit_code:
        case ExitCode.NOT_CONFORMANT if failed:
            return f"{failed} of {len(verdict.findings)} requirements failed."
        case ExitCode.NOT_CONFORMANT:
            return "A SHOULD failed under --strict, or an entry of the baseline is out of date."
        case ExitCode.INCOMPLETE:
            return "No failure decides, but a MUST could not be exercised or judged."
        case ExitCode.CONFORMANT if failed or left_open:
            return "Every applicable MUST holds, but for those that the notes accept by name."
        case ExitCode.CONFORMANT:
            return "Every applicable MUST was exercised and holds."
    return (
        "Nothing can be said of the implementation: it or the provider was out of reach, the key was never accepted, "
        "or the suite itself failed."
    )
