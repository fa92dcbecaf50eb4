"""State providers that lawfully lack an operation."""

from __future__ import annotations

from tests.targets.correct import Correct


class NoRead(Correct):
    """The provider cannot read."""

    operations = ("complete", "webhook-endpoint")


class NoComplete(Correct):
    """The provider cannot complete."""

    operations = ("read", "webhook-endpoint")


class NoWebhookEndpoint(Correct):
    """No endpoint can be set."""

    operations = ("read", "complete")
