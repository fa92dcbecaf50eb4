"""Defects that show with a key that is almost valid: area AUTH."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from tests.targets.correct import KEY, Correct
from tests.targets.defects.marks import breaks


@breaks("CXL-AUTH-5")
class AnyCase(Correct):
    """The key compared case-insensitively."""

    def tenant_of_key(self, key: str) -> str | None:
        return {known.lower(): tenant for known, tenant in self.keys.items()}.get(key.lower())


@breaks("CXL-AUTH-5")
class PrefixIsEnough(Correct):
    """A key that begins like a valid one."""

    def tenant_of_key(self, key: str) -> str | None:
        return next((tenant for known, tenant in self.keys.items() if key.startswith(known)), None)


@breaks("CXL-AUTH-5")
class PartIsEnough(Correct):
    """A key that a valid one begins with."""

    def tenant_of_key(self, key: str) -> str | None:
        return next((tenant for known, tenant in self.keys.items() if len(key) > 9 and known.startswith(key)), None)


@breaks("CXL-AUTH-5")
class TestKeysAreFree(Correct):
    """Any key of the right form is the first tenant's."""

    def tenant_of_key(self, key: str) -> str | None:
        return super().tenant_of_key(key) or ("one" if key.startswith(KEY[:9]) else None)


@breaks("CXL-AUTH-5")
class EndIsEnough(Correct):
    """Only the last 8 characters are compared."""

    def tenant_of_key(self, key: str) -> str | None:
        return next((tenant for known, tenant in self.keys.items() if key[-8:] == known[-8:]), None)


@breaks("CXL-AUTH-5")
class StemIsIgnored(Correct):
    """What stands before the last underscore is ignored."""

    def tenant_of_key(self, key: str) -> str | None:
        return next(
            (tenant for known, tenant in self.keys.items() if key.rpartition("_")[2] == known.rpartition("_")[2]), None
        )


@breaks("CXL-AUTH-5")
class SortedKeys(Correct):
    """The characters count, their order does not."""

    def tenant_of_key(self, key: str) -> str | None:
        return next((tenant for known, tenant in self.keys.items() if sorted(key) == sorted(known)), None)


@breaks("CXL-AUTH-5")
class LikeKeys(Correct):
    """The key goes into a LIKE."""

    def tenant_of_key(self, key: str) -> str | None:
        return next(
            (
                tenant
                for known, tenant in self.keys.items()
                if fnmatchcase(known, key.replace("%", "*").replace("_", "?"))
            ),
            None,
        )


@breaks("CXL-AUTH-5")
class PatternKeys(Correct):
    """The key is taken for a regular expression."""

    def tenant_of_key(self, key: str) -> str | None:
        return next(
            (
                tenant
                for known, tenant in self.keys.items()
                if key and re.fullmatch(re.escape(key).replace(r"\.", "."), known)
            ),
            None,
        )


@breaks("CXL-AUTH-5")
class KeyUpToTheDot(Correct):
    """What follows a dot is dropped."""

    def tenant_of_key(self, key: str) -> str | None:
        return next((tenant for known, tenant in self.keys.items() if key.partition(".")[0] == known), None)


@breaks("CXL-AUTH-5")
class NoPunctuation(Correct):
    """Dashes are dropped."""

    def tenant_of_key(self, key: str) -> str | None:
        return next((tenant for known, tenant in self.keys.items() if key.replace("-", "") == known), None)


@breaks("CXL-AUTH-5")
class NullIsAdmin(Correct):
    """A key that a careless program sends is the first tenant's."""

    def tenant_of_key(self, key: str) -> str | None:
        return "one" if key in {"null", "undefined"} else super().tenant_of_key(key)


@breaks("CXL-AUTH-5")
class InjectedKey(Correct):
    """A statement put together by hand."""

    def tenant_of_key(self, key: str) -> str | None:
        return "one" if "' OR '" in key else super().tenant_of_key(key)


@breaks("CXL-AUTH-5")
class FirstCharacterIsSkipped(Correct):
    """The comparison begins at 1."""

    def tenant_of_key(self, key: str) -> str | None:
        return next((tenant for known, tenant in self.keys.items() if key[1:] == known[1:]), None)


@breaks("CXL-AUTH-5")
class QuotesAreStripped(Correct):
    """As from a configuration file."""

    def tenant_of_key(self, key: str) -> str | None:
        return super().tenant_of_key(key.strip('"'))
