"""Races drawn, for the page and in plain text: each call a bar from its start to its answer, a round on one axis."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from conformance.client import UNKNOWN_ID
from conformance.exchange import Exchange
from conformance.report.markup import Html, Markup

LANE_PX = 22
BAR_PX = 12
TOP_PX = 20
# Calls of one round start within milliseconds of another's end, even where the target answers one after another.
ROUND_GAP_S = 0.25
BAR_CHARACTERS = 50

Round = tuple[Exchange, ...]


def rounds_of(exchanges: Iterable[Exchange]) -> list[Round]:
    """The groups of two and more calls of one URL that were under way together; warm-up calls are none."""
    rounds: list[list[Exchange]] = []
    for exchange in sorted(exchanges, key=lambda each: each.started):
        if f"/{UNKNOWN_ID}/" in exchange.url:
            continue
        last = rounds[-1] if rounds else []
        if last and last[0].url == exchange.url and exchange.started <= max(x.ended for x in last) + ROUND_GAP_S:
            last.append(exchange)
        else:
            rounds.append([exchange])
    return [tuple(calls) for calls in rounds if len(calls) > 1]


def draw_round(calls: Sequence[Exchange]) -> list[str]:
    """One round in plain text: a line for each call, its bar on the axis that all share."""
    began = calls[0].started
    span_s = max(call.ended for call in calls) - began or 0.001
    lines = [f"{len(calls)} calls within {span_s * 1000:.1f} ms"]
    for call in calls:
        first, last = (int((moment - began) / span_s * (BAR_CHARACTERS - 1)) for moment in (call.started, call.ended))
        bar = " " * first + "=" * (last - first + 1)
        times = f"{(call.started - began) * 1000:.1f} to {(call.ended - began) * 1000:.1f} ms"
        lines.append(f"{call.status} |{bar:<{BAR_CHARACTERS}}| {times}")
    return lines


def render_timeline(h: Html, number: int, calls: Sequence[Exchange]) -> Markup:
    """One round as a figure. Widths are percentages, so that it fits a phone with its text still readable."""
    began = calls[0].started
    span_s = max(call.ended for call in calls) - began or 0.001
    wins = sum(call.status == 200 for call in calls)
    caption = f"Round {number}: {len(calls)} calls within {span_s * 1000:.1f} ms, {wins} answered 200"
    height = TOP_PX + LANE_PX * len(calls)
    lanes = [_lane(h, lane, call, began, span_s) for lane, call in enumerate(calls)]
    drawing = h.tag("svg", *_axis(h, span_s, height), *lanes, height=height, role="img", aria_label=_told(calls, began))
    return h.tag("figure", h.tag("figcaption", caption), drawing, class_="timeline")


def _lane(h: Html, lane: int, call: Exchange, began: float, span_s: float) -> Markup:
    top = TOP_PX + lane * LANE_PX
    baseline = top + LANE_PX / 2 + 4
    won = "won" if call.status == 200 else "lost"
    bar = h.tag(
        "rect",
        x=f"{(call.started - began) / span_s:.2%}",
        width=f"{max(call.ended - call.started, span_s / 200) / span_s:.2%}",
        y=top + (LANE_PX - BAR_PX) / 2,
        height=BAR_PX,
        rx=2,
    )
    status = h.tag("text", call.status, x=0, dx=-8, y=baseline, text_anchor="end")
    took = h.tag("text", f"{(call.ended - call.started) * 1000:.1f} ms", x="100%", dx=8, y=baseline)
    return h.tag("g", status, bar, took, class_=won)


def _axis(h: Html, span_s: float, height: int) -> list[Markup]:
    """A line and a label at every round number of milliseconds, at most five of them."""
    span_ms = span_s * 1000
    magnitude = 10 ** math.floor(math.log10(span_ms / 4))
    step = next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= span_ms / 4)
    ticks = [step * n for n in range(int(span_ms / step) + 1)]
    drawn = []
    for tick in ticks:
        x = f"{tick / span_ms:.2%}"
        drawn.append(h.tag("line", x1=x, x2=x, y1=TOP_PX - 4, y2=height, class_="tick"))
        drawn.append(h.tag("text", f"{tick:g} ms" if tick == ticks[-1] else f"{tick:g}", x=x, y=11, class_="axis"))
    return drawn


def _told(calls: Sequence[Exchange], began: float) -> str:
    """The same for those who cannot see it."""
    lines = [
        f"{call.status} from {(call.started - began) * 1000:.1f} to {(call.ended - began) * 1000:.1f} ms"
        for call in calls
    ]
    return f"{len(calls)} simultaneous calls. " + "; ".join(lines)
