"""What of a creation URL is secret, and where it shows again: in part, and in other spellings, too."""

from __future__ import annotations

import base64
import html
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

from conformance.exchange import Exchange
from conformance.outcomes import Breach
from openapi import json_schema

# Shorter pieces of a URL are words, not secrets; so many characters of a secret do not stand anywhere by chance.
SECRET_LENGTH = 16
# So many characters in a row that are public are no part of a secret: all tokens may begin alike.
RUN = 8
# Every stretch of SECRET_LENGTH holds a whole run that begins at a multiple of this.
STRIDE = SECRET_LENGTH - RUN + 1
# The same bytes as base64 (the characters that do not depend on their neighbours, wherever they begin), and as hex.
BASE64_LENGTH, HEX_LENGTH = 20, 32

_ESCAPE = re.compile(r"\\+(?:[ux]((?<=u)[0-9a-fA-F]{4}|(?<=x)[0-9a-fA-F]{2})|/)")


class Traces:
    """What gives a secret away, each with what it is a part of, and where it stands in a text."""

    def __init__(self, traces: Mapping[str, str] | None = None) -> None:
        self._kinds: dict[str, str] = {}
        self._lengths: set[int] = set()
        self._runs: set[str] = set()
        self.add(traces or {})

    def add(self, traces: Mapping[str, str]) -> None:
        """Look for these, too."""
        for trace, kind in traces.items():
            self._kinds.setdefault(trace, kind)
            self._lengths.add(len(trace))
            self._runs |= runs(trace)

    def spans(self, text: str) -> list[tuple[int, int, str]]:
        """Where a trace stands: from, to, and what it is a part of, in order."""
        # Few texts hold any; a look at every ninth place tells the others.
        if self._runs.isdisjoint(text[at : at + RUN] for at in range(0, len(text), STRIDE)):
            return []
        found = [
            (at, at + length, self._kinds[text[at : at + length]])
            for length in self._lengths
            for at in range(len(text) - length + 1)
            if text[at : at + length] in self._kinds
        ]
        return sorted(found)

    def kind_in(self, text: str) -> str:
        """What the text shows a part of, however it is spelled; empty when it shows nothing."""
        found = (span for spelling in spellings(text) for span in self.spans(spelling))
        return next((kind for _, _, kind in found), "")


def spellings(text: str) -> Iterator[str]:
    """The text, and what it says when JSON's escapes, HTML's entities and percent-encoding are undone, by turns."""
    yield text
    for _ in range(2):
        for undone in (_ESCAPE.sub(_unescaped, text), html.unescape(text), unquote(text)):
            if undone != text:
                yield undone
        text = unquote(html.unescape(_ESCAPE.sub(_unescaped, text)))
        yield text


def traces_of_creation(attributes: Mapping[str, Any], common: Collection[str] = ()) -> dict[str, str]:
    """What gives the secret of a session's creation URL away: every window of it that is not public.

    Public are the attributes' values and `common`, the runs that other URLs hold too. An undocumented attribute may
    repeat the token: where nothing else would be left, only documented ones are public. A URL whose pieces are all
    public, or short, is looked for as a whole.
    """
    url = str(attributes.get("url") or "")
    pieces = {unquote(piece): kind for piece, kind in named_pieces(url).items()}
    for known in (_values(attributes), _values(attributes, documented=True)):
        public = set(common).union(*(runs(value) for value in known))
        traces = {
            trace: f"{SECRET_LENGTH} or more characters of {kind} of the creation URL{spelled}"
            for piece, kind in pieces.items()
            for stretch in _stretches(piece, public)
            for trace, spelled in _windows(stretch)
        }
        if traces:
            return traces
    return {whole: "a whole creation URL" for whole in (url, unquote(url)) if len(whole) >= SECRET_LENGTH}


def traces_of_run(creations: Collection[Mapping[str, Any]]) -> Traces:
    """The traces of all sessions of a run; what stands in several sessions' URLs tells nobody anything."""
    seen = Counter(
        run
        for attributes in creations
        for run in set().union(*(runs(unquote(piece)) for piece in named_pieces(str(attributes.get("url") or ""))))
    )
    common = {run for run, times in seen.items() if times > 1}
    traces = Traces()
    for attributes in creations:
        traces.add(traces_of_creation(attributes, common))
    return traces


def named_pieces(url: str) -> dict[str, str]:
    """The parts of a creation URL that may be secret, as they are spelled, each with what it is; short ones too."""
    parts = urlsplit(url)
    segments = dict.fromkeys(parts.path.split("/"), "a path segment")
    values = {field.partition("=")[2] or field: "a query value" for field in parts.query.split("&")}
    return {**segments, parts.fragment: "the fragment", **values}


def pieces_of_url(url: str) -> set[str]:
    """The same that are long enough, in both spellings."""
    pieces = named_pieces(url).keys()
    return {piece for piece in {*pieces, *map(unquote, pieces)} if len(piece) >= SECRET_LENGTH}


def secrets_of_creation(url: str, attributes: Mapping[str, Any], other_urls: Iterable[str]) -> set[str]:
    """What of a creation URL must never be seen again: the whole of it, and each piece that is this session's alone."""
    pieces = pieces_of_url(url).difference(*map(pieces_of_url, other_urls))
    for known in (_values(attributes), _values(attributes, documented=True)):
        own = {piece for piece in pieces if not any(unquote(piece) in value for value in known)}
        if own:
            return {url} | own
    return {url}


def runs(text: str) -> set[str]:
    """All parts of `RUN` characters."""
    return {text[at : at + RUN] for at in range(len(text) - RUN + 1)}


def verify_absent(traces: Traces, texts: Iterable[tuple[str, str]], exchange: Exchange | None) -> None:
    """No trace stands in any of the (where, text) pairs, however it is spelled."""
    for where, text in texts:
        kind = traces.kind_in(text)
        if kind:
            raise Breach("no part of the creation URL's secret", f"{kind} in {where}", exchange=exchange)


def _values(attributes: Mapping[str, Any], *, documented: bool = False) -> set[str]:
    """The values at any depth but the URL, as they are and decoded."""
    names: Iterable[str] = _documented() if documented else attributes
    texts = {text for name in names if name != "url" for text in _scalars(attributes.get(name))}
    return texts | set(map(unquote, texts))


@cache
def _documented() -> frozenset[str]:
    return frozenset(json_schema("PaymentSession")["properties"])


def _scalars(node: Any) -> Iterator[str]:
    if isinstance(node, dict | list):
        for value in node.values() if isinstance(node, dict) else node:
            yield from _scalars(value)
    else:
        yield str(node)


def _stretches(piece: str, public: Collection[str]) -> Iterator[str]:
    """The longest parts of a piece that hold no public run."""
    start = 0
    for at in range(len(piece) - RUN + 1):
        if piece[at : at + RUN] in public:
            yield piece[start : at + RUN - 1]
            start = at + 1
    yield piece[start:]


def _windows(stretch: str) -> Iterator[tuple[str, str]]:
    """All windows of a stretch, plain and encoded, each with how it is spelled; none when it is too short."""
    if len(stretch) < SECRET_LENGTH:
        return
    yield from ((window, "") for window in _slices(stretch, SECRET_LENGTH))
    encoded = stretch.encode("utf-8", "surrogatepass")
    for shift in range(3):
        # What comes before and after the stretch changes the characters at its ends: they are left out.
        after = base64.b64encode(bytes(shift) + encoded)[-(-8 * shift // 6) : 8 * (shift + len(encoded)) // 6].decode()
        for text in (after, after.translate(str.maketrans("+/", "-_"))):
            yield from ((window, ", in base64") for window in _slices(text, BASE64_LENGTH))
    for text in (encoded.hex(), encoded.hex().upper()):
        yield from ((window, ", in hex") for window in _slices(text, HEX_LENGTH))


def _slices(text: str, length: int) -> Iterator[str]:
    return (text[at : at + length] for at in range(len(text) - length + 1))


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else "/"
