"""Lawful answers to other methods and paths, and other places for the API."""

from __future__ import annotations

from tests.targets.correct import Correct
from tests.targets.wire import Answer, Request


class OtherMethod(Correct):
    """Differs in the answer to other methods."""

    status = 404

    def other_method(self, request: Request, session_id: str) -> Answer:
        return Answer(self.status, {"detail": "no"})


class MethodsNotFound(OtherMethod):
    """404 for other methods."""


class MethodsNotImplemented(OtherMethod):
    """501 for other methods."""

    status = 501


class MethodsForbidden(OtherMethod):
    """403 for other methods."""

    status = 403


class GetReads(Correct):
    """GET and HEAD show the session and change nothing."""

    def other_method(self, request: Request, session_id: str) -> Answer:
        session = self.sessions.get(session_id)
        if request.method in {"GET", "HEAD"} and session:
            return Answer(200, self.read(session))
        return super().other_method(request, session_id)


class RedirectsOddPaths(Correct):
    """A permanent redirect for every path that is not in its normal form."""

    def odd_path(self, request: Request) -> Answer:
        return Answer(308, headers=[("Location", "/normal/form")])


class UnderAPath(Correct):
    """The API lives under a path of its own."""

    prefix = "/payments-eu"
