"""Defects of the session that the 200 shows: area BODY, all but its times of ending."""

from __future__ import annotations

from typing import Any

from tests.targets.correct import Attributes, Correct, Session
from tests.targets.defects.answers import OtherBody
from tests.targets.defects.marks import breaks


@breaks("CXL-BODY-1")
class NoContractor(OtherBody):
    """`contractor_id` is missing."""

    def spoil(self, attributes: Attributes) -> Any:
        del attributes["contractor_id"]


@breaks("CXL-BODY-1")
class NoCompletedAt(OtherBody):
    """Nulls are left out."""

    def spoil(self, attributes: Attributes) -> Any:
        del attributes["completed_at"]


@breaks("CXL-BODY-1")
class NoExpiresAt(OtherBody):
    """`expires_at` is gone once it no longer matters."""

    def spoil(self, attributes: Attributes) -> Any:
        del attributes["expires_at"]


@breaks("CXL-BODY-1")
class CreatedAsText(OtherBody):
    """A number in quotes."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["created"] = str(attributes["created"])


@breaks("CXL-BODY-1")
class CreatedAsFloat(OtherBody):
    """Seconds with a fraction of nothing."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["created"] = float(attributes["created"])


@breaks("CXL-BODY-1")
class UrlNull(OtherBody):
    """`url` is typed string and not nullable."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["url"] = None


@breaks("CXL-BODY-1")
class WrappedInData(OtherBody):
    """The session one level down."""

    def spoil(self, attributes: Attributes) -> Any:
        return {"data": attributes}


@breaks("CXL-BODY-2")
class OneL(OtherBody):
    """`canceled`."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["status"] = "canceled"


@breaks("CXL-BODY-2")
class StillPending(OtherBody):
    """The session as it was before."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["status"] = "pending"


@breaks("CXL-BODY-5")
class PreviousId(OtherBody):
    """The id of the session before, from a cache."""

    last = ""

    def spoil(self, attributes: Attributes) -> Any:
        self.last, attributes["id"] = attributes["id"], self.last or attributes["id"]


@breaks("CXL-BODY-5")
class ShoutedId(OtherBody):
    """The id in capitals."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["id"] = attributes["id"].upper()


@breaks("CXL-BODY-6")
class OtherProcessor(OtherBody):
    """A processor that the page does not list."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["processor"] = "Checkout"


@breaks("CXL-BODY-7")
class CreatedNow(OtherBody):
    """`created` moves with every change."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["created"] = int(self.clock())


@breaks("CXL-BODY-7")
class ExpiresNow(OtherBody):
    """A cancelled session expires at once."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["expires_at"] = attributes["cancelled_at"]


@breaks("CXL-BODY-7")
class ExpiresByDefault(OtherBody):
    """Half an hour after creation, whatever the session's own lifetime."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["expires_at"] = attributes["created"] + 1800


@breaks("CXL-BODY-7")
class TidiedReturnUrl(OtherBody):
    """The query of `return_url` is lost."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["return_url"] = attributes["return_url"].partition("?")[0]


@breaks("CXL-BODY-7")
class OtherContractor(OtherBody):
    """Somebody else's session, or so it says."""

    def spoil(self, attributes: Attributes) -> Any:
        attributes["contractor_id"] += "x"


@breaks("CXL-BODY-8")
class PlainReturnUrl(Correct):
    """`http`."""

    def return_url(self) -> str:
        return "http://shop.example.test/done"


@breaks("CXL-BODY-8")
class ReturnUrlWithFragment(Correct):
    """A fragment."""

    def return_url(self) -> str:
        return "https://shop.example.test/done#top"


@breaks("CXL-BODY-8")
class ReturnUrlWithCredentials(Correct):
    """A user and a password."""

    def return_url(self) -> str:
        return "https://user:pass@shop.example.test/done"


@breaks("CXL-BODY-9")
class EmptyContractor(Correct):
    """An id that identifies nobody."""

    def make(self, tenant: str, state: str, lifetime_s: int) -> Session:
        session = super().make(tenant, state, lifetime_s)
        session.attributes["contractor_id"] = ""
        return session
