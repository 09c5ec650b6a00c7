"""A trend with limits, moments and spans, drawn as inline SVG whose text stays text."""

import io
import math
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tocsin.pages.html import Html, missing, render
from tocsin.pages.parts import Tone

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS: Final[dict[Tone, str]] = {
    "": "#2f6db5",
    "good": "#16794c",
    "warn": "#b97a00",
    "bad": "#b42318",
    "quiet": "#7b8794",
    "red": "#c81e1e",
    "orange": "#d9730d",
    "yellow": "#b99600",
    "blue": "#2563c9",
}
_WIDTH: Final = 980.0
_LEFT: Final = 56.0
_BOTTOM: Final = 40.0
_ROW: Final = 16.0
_TEXT: Final = 11.0
_MOST_BINS: Final = 700
"""A line of more readings is drawn by the least and the greatest of each of so many stretches."""
_DAY_MS: Final = 86_400_000.0
_STEPS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200)
_MOST_TICKS: Final = 9


@dataclass(frozen=True, slots=True)
class Series:
    """A line: times in ms since the epoch, rising, and values. It breaks where two are further apart than `gap_ms`."""

    label: str
    at_ms: ArrayLike
    value: ArrayLike
    tone: Tone = ""
    style: Literal["line", "dashed", "step"] = "line"
    gap_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """A level drawn across; its label stands at the right."""

    label: str
    value: float
    tone: Tone = "quiet"


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant drawn from top to bottom; its label stands above. `alarm`: full and with a head, else dashed."""

    label: str
    at_ms: float
    tone: Tone = "quiet"
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time that is shaded; its label stands in the legend."""

    label: str
    from_ms: float
    to_ms: float
    tone: Tone = "warn"


def trend_chart(
    series: Sequence[Series],
    *,
    limits: Sequence[Limit] = (),
    moments: Sequence[Moment] = (),
    spans: Sequence[Span] = (),
    timezone: str = "UTC",
    unit: str = "",
    caption: str = "",
    height: float = 240.0,
) -> Html:
    """The chart as a figure with its legend. Labels are plain text; `height` is that of the trend alone, in pixels.

    The same input gives the same bytes. MissingExtraError where matplotlib is not installed.
    """
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError:
        raise missing("matplotlib") from None
    lines = [_drawn(s) for s in series]
    lo_ms, hi_ms = _extent([t for t, _ in lines], [m.at_ms for m in moments])
    low, high = _extent([v for _, v in lines], [])
    right = 16.0 + max([_width(f"↑ {limit.label}") for limit in limits], default=0.0)
    across = _WIDTH - _LEFT - right
    rows = _rows(moments, lo_ms, hi_ms, across)
    top = 8.0 + _ROW * (max(rows, default=-1) + 1)
    whole = top + height + _BOTTOM
    with (
        rc_context({"svg.fonttype": "none", "svg.hashsalt": "tocsin", "text.parse_math": False, "font.size": _TEXT}),
        warnings.catch_warnings(),
    ):
        figure = Figure(figsize=(_WIDTH / 72.0, whole / 72.0))
        axes = figure.add_axes((_LEFT / _WIDTH, _BOTTOM / whole, across / _WIDTH, height / whole))
        for span in spans:
            axes.axvspan(
                span.from_ms / _DAY_MS, span.to_ms / _DAY_MS, color=COLOURS[span.tone], alpha=0.12, linewidth=0
            )
        for s, (t, v) in zip(series, lines, strict=True):
            line = "--" if s.style == "dashed" else "-"
            drawn = "steps-post" if s.style == "step" else "default"
            axes.plot(t / _DAY_MS, v, color=COLOURS[s.tone], linewidth=1.4, linestyle=line, drawstyle=drawn)
        _draw_limits(axes, limits, low, high, height)
        for moment, row in zip(moments, rows, strict=True):
            at_left = _at_left(_place(moment, lo_ms, hi_ms, across), _width(moment.label), across)
            _draw_moment(axes, moment, row, height, at_left=at_left)
        _draw_axes(axes, lo_ms, hi_ms, timezone, unit)
        out = io.StringIO()
        # The reader's fonts draw the text, not the ones that are measured with here.
        warnings.filterwarnings("ignore", "Glyph .* missing")
        figure.savefig(out, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    legend = [(s.label, COLOURS[s.tone], "line" if s.style != "dashed" else "dashed") for s in series if s.label]
    legend += list(dict.fromkeys((s.label, COLOURS[s.tone], "span") for s in spans if s.label))
    return render("chart.html", svg=inline(out.getvalue()), legend=legend, caption=caption)


def _drawn(series: Series) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times and values to draw: thinned, and broken at gaps by NaN."""
    t, v = np.asarray(series.at_ms, dtype=np.float64), np.asarray(series.value, dtype=np.float64)
    if series.gap_ms is not None and len(t) > 1:
        after = np.flatnonzero(np.diff(t) > series.gap_ms) + 1
        t, v = np.insert(t, after, t[after - 1]), np.insert(v, after, np.nan)
    if len(t) <= 3 * _MOST_BINS:
        return t, v
    keep = {0, len(t) - 1, *np.flatnonzero(np.isnan(v)).tolist()}
    for piece in np.array_split(np.arange(len(t)), _MOST_BINS):
        if not np.isnan(v[piece]).all():
            keep |= {int(piece[np.nanargmin(v[piece])]), int(piece[np.nanargmax(v[piece])])}
    chosen = np.array(sorted(keep))
    return t[chosen], v[chosen]


def _extent(arrays: Sequence[NDArray[np.float64]], more: Sequence[float]) -> tuple[float, float]:
    """The least and the greatest finite number; (0, 1) where there is none, never both the same."""
    values = np.concatenate([*arrays, np.asarray(more, dtype=np.float64)]) if arrays or more else np.zeros(0)
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _width(text: str) -> float:
    """About how wide a text is drawn, in pixels: letters outside Latin are as wide as they are high."""
    return sum(_TEXT * (1.02 if ord(letter) > 0x2E7F else 0.57) for letter in text)


def _rows(moments: Sequence[Moment], lo_ms: float, hi_ms: float, across: float) -> list[int]:
    """For each moment the row above the chart where its label stands, 0 nearest; no label runs into a later line."""
    rows = [0] * len(moments)
    later: list[tuple[float, int]] = []
    """Where a label or line of a later moment begins, and its row."""
    for i in sorted(range(len(moments)), key=lambda i: moments[i].at_ms, reverse=True):
        x, width = _place(moments[i], lo_ms, hi_ms, across), _width(moments[i].label)
        rows[i] = max((row + 1 for begins, row in later if begins < x + width + 10.0), default=0)
        later.append((x - width - 6.0 if _at_left(x, width, across) else x, rows[i]))
    return rows


def _place(moment: Moment, lo_ms: float, hi_ms: float, across: float) -> float:
    return (moment.at_ms - lo_ms) / (hi_ms - lo_ms) * across


def _at_left(x: float, width: float, across: float) -> bool:
    """Whether a label has no room to the right of its line."""
    return x + width > across + 30.0


def _draw_limits(axes: "Axes", limits: Sequence[Limit], low: float, high: float, height: float) -> None:
    """Limits near the values; of one that would flatten the trend only the label, with an arrow to where it lies."""
    span = high - low
    near = [limit.value for limit in limits if low - 1.5 * span <= limit.value <= high + 1.5 * span]
    bottom, top = min([low, *near]), max([high, *near])
    bottom, top = bottom - 0.06 * (top - bottom), top + 0.06 * (top - bottom)
    axes.set_ylim(bottom, top)
    last: float | None = None
    for limit in sorted(limits, key=lambda limit: limit.value):
        inside = limit.value in near
        label = limit.label if inside else f"{'↑' if limit.value > high else '↓'} {limit.label}"
        place = min(max((limit.value - bottom) / (top - bottom), 0.0), 1.0)
        if inside:
            axes.axhline(limit.value, color=COLOURS[limit.tone], linewidth=1.0, linestyle=(0, (6, 3)))
        if last is not None:
            place = max(place, last + 1.2 * _TEXT / height)
        last = place
        axes.annotate(
            label,
            (1.0, place),
            xytext=(4, 0),
            xycoords="axes fraction",
            textcoords="offset points",
            va="center",
            color=COLOURS[limit.tone],
        )


def _draw_moment(axes: "Axes", moment: Moment, row: int, height: float, *, at_left: bool) -> None:
    colour = COLOURS[moment.tone]
    x = moment.at_ms / _DAY_MS
    reach = 1.0 + (4.0 + _ROW * row) / height
    style = "-" if moment.alarm else (0, (3, 3))
    axes.plot(
        [x, x],
        [0.0, reach],
        transform=axes.get_xaxis_transform(),
        color=colour,
        linewidth=1.6 if moment.alarm else 1.0,
        linestyle=style,
        clip_on=False,
    )
    if moment.alarm:
        axes.plot(
            [x], [1.0], transform=axes.get_xaxis_transform(), color=colour, marker="v", markersize=7, clip_on=False
        )
    axes.annotate(
        moment.label,
        (x, reach),
        xytext=(-3 if at_left else 3, -1),
        ha="right" if at_left else "left",
        xycoords=axes.get_xaxis_transform(),
        textcoords="offset points",
        color=colour,
        va="bottom",
        annotation_clip=False,
    )


def _draw_axes(axes: "Axes", lo_ms: float, hi_ms: float, timezone: str, unit: str) -> None:
    zone = ZoneInfo(timezone)
    span_s = (hi_ms - lo_ms) / 1000.0
    step_s = next((step for step in _STEPS_S if span_s / step <= _MOST_TICKS), _DAY_MS / 1000.0)
    form = "%H:%M:%S" if step_s < 60 else "%H:%M" if step_s < _STEPS_S[-1] else "%m-%d %H:%M"
    offset = datetime.fromtimestamp(lo_ms / 1000.0, zone).utcoffset()
    step_ms, offset_ms = step_s * 1000.0, offset.total_seconds() * 1000.0 if offset else 0.0
    ticks = np.arange(math.ceil((lo_ms + offset_ms) / step_ms), (hi_ms + offset_ms) / step_ms) * step_ms - offset_ms
    labels = [datetime.fromtimestamp(t / 1000.0, zone).strftime(form) for t in ticks.tolist()]
    axes.set_xlim(lo_ms / _DAY_MS, hi_ms / _DAY_MS)
    axes.set_xticks((ticks / _DAY_MS).tolist(), labels)
    day = datetime.fromtimestamp(lo_ms / 1000.0, zone).strftime("%Y-%m-%d")
    axes.set_xlabel(f"{day}  {timezone}", color=COLOURS["quiet"], loc="left")
    axes.set_ylabel(unit, color=COLOURS["quiet"])
    axes.grid(visible=True, color="#e6eaef", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors="#5b6775", length=3)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color("#b8c2cc")


def inline(svg: str) -> Html:
    """The drawing as it may stand in a page: no addresses, no ids of groups, the page's own type."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\sxmlns(:xlink)?=\"[^\"]*\"", "", svg)
    svg = re.sub(r"<g id=\"[^\"]*\">", "<g>", svg)
    svg = re.sub(r" font-family: [^;\"]*;?", "", svg)
    svg = re.sub(r"(<svg)[^>]*?(viewBox=\"[^\"]*\")[^>]*>", r'\1 role="img" \2>', svg, count=1)
    return Html(svg)
