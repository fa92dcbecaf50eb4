"""HTML in which nothing gets past the masker or the escaping: whatever is not `Markup` goes through both."""

from __future__ import annotations

import html
import re

from conformance.masking import Masker

VOID = frozenset({"meta", "input"})

# What no text file should hold, and what reorders the text around it.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)


class Markup(str):
    """HTML that is well-formed and masked already."""

    __slots__ = ()


class Html:
    """Builds elements; every text and attribute value is masked, made visible and escaped on its way in."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker

    def text(self, value: object) -> Markup:
        """`value` as it may stand in an element or an attribute."""
        if isinstance(value, Markup):
            return value
        return Markup(html.escape(visible(self._masker.mask(str(value)))))

    def tag(self, name: str, /, *children: object, **attributes: object) -> Markup:
        """An element. `class_` is `class`, `data_level` is `data-level`; `True` is an attribute without a value;
        `False` and `None` are none, and a child that is `None` is left out."""
        opened = name + "".join(map(self._attribute, attributes, attributes.values()))
        if name in VOID:
            return Markup(f"<{opened}>")
        return Markup(f"<{opened}>{self.join(*children)}</{name}>")

    def join(self, *children: object) -> Markup:
        """One after another, nothing in between."""
        return Markup("".join(self.text(child) for child in children if child is not None))

    def prose(self, text: str) -> Markup:
        """A sentence of the catalogue: what stands in backticks becomes code."""
        parts = text.split("`")
        return self.join(*(self.tag("code", part) if index % 2 else part for index, part in enumerate(parts)))

    def _attribute(self, name: str, value: object) -> str:
        if value is None or value is False:
            return ""
        spelt = name.rstrip("_").replace("_", "-")
        return f" {spelt}" if value is True else f' {spelt}="{self.text(value)}"'


def visible(text: str) -> str:
    """`text` with control characters, lone surrogates and marks of direction spelt out."""
    return _INVISIBLE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text.replace("\r\n", "\n"))
