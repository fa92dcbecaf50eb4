"""Defects that show to other methods: area SAFE."""

from __future__ import annotations

import threading

from tests.targets.correct import Correct
from tests.targets.defects.marks import breaks
from tests.targets.wire import Answer, Request


class OtherMethods(Correct):
    """Another method cancels as well."""

    method = ""

    def other_method(self, request: Request, session_id: str) -> Answer:
        if request.method == self.method:
            return self.cancel_request(request, session_id)
        return super().other_method(request, session_id)


@breaks("CXL-SAFE-4")
class GetCancels(OtherMethods):
    """A link that cancels."""

    method = "GET"


@breaks("CXL-SAFE-4")
class HeadCancels(OtherMethods):
    """A question that cancels."""

    method = "HEAD"


@breaks("CXL-SAFE-4")
class DeleteCancels(OtherMethods):
    """Another way to say it."""

    method = "DELETE"


@breaks("CXL-SAFE-4")
class PutCancels(OtherMethods):
    """Another one."""

    method = "PUT"


@breaks("CXL-SAFE-4")
class SilentGet(Correct):
    """GET answers 405, yet cancels."""

    def other_method(self, request: Request, session_id: str) -> Answer:
        session = self.sessions.get(session_id)
        if request.method == "GET" and session and not self.refusal(session):
            self.set_cancelled(session)
        return super().other_method(request, session_id)


@breaks("CXL-SAFE-4")
class GetCancelsLater(Correct):
    """GET answers 405, and what it has set going cancels a second later."""

    def other_method(self, request: Request, session_id: str) -> Answer:
        session = self.sessions.get(session_id)
        if request.method == "GET" and session:
            threading.Timer(1.0, self.cancel, (session,)).start()
        return super().other_method(request, session_id)
