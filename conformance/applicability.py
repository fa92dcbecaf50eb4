"""What of the catalogue can be exercised here, by what the provider says of itself."""

from __future__ import annotations

from conformance.outcomes import NotApplicable, NotTestable, Reason
from conformance.providers import Capabilities
from openapi import Requirement


def require(requirement: Requirement, capabilities: Capabilities, other_key: str | None) -> None:
    """Raise `NotApplicable` or `NotTestable` when what the requirement needs is impossible or not offered."""
    for state in requirement.states:
        if state in capabilities.impossible:
            raise NotApplicable(Reason.STATE_IMPOSSIBLE, f"no session can be {state} here, says the provider")
        if state not in capabilities.states:
            raise NotTestable(Reason.STATE_NOT_OFFERED, f"the provider cannot prepare a session that is {state}")
    for operation in requirement.operations:
        if operation not in capabilities.operations:
            raise NotTestable(Reason.OPERATION_NOT_OFFERED, f"the provider does not offer the operation {operation}")
    if requirement.other_key and not other_key:
        raise NotTestable(Reason.NO_OTHER_KEY, "no --other-api-key was given")
