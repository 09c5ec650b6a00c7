"""Bars, drawn as inline SVG whose text stays text: counts by day, shares by name."""

import io
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from tocsin.pages.html import Html, missing, render
from tocsin.pages.parts import Tone
from tocsin.pages.trend import COLOURS, inline

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH: Final = 980.0
_TEXT: Final = 11.0
_LEFT: Final = 56.0
_MOST_LABELS: Final = 16
_ROW: Final = 24.0
_NAME: Final = 190.0


def bar_chart(
    labels: Sequence[str],
    values: Sequence[float],
    *,
    tone: Tone = "",
    line: tuple[float, str] | None = None,
    caption: str = "",
    height: float = 190.0,
) -> Html:
    """Upright bars, such as one a day; `line` is a level to compare with, and what it is."""
    figure, axes = _figure(_LEFT, 16.0, 30.0, 14.0, height)
    axes.bar(range(len(values)), values, color=COLOURS[tone], width=0.72)
    top = max([*values, *([line[0]] if line else []), 1.0])
    axes.set_ylim(0.0, 1.08 * top)
    axes.set_xlim(-0.6, len(values) - 0.4)
    step = -(-len(labels) // _MOST_LABELS) or 1
    axes.set_xticks(range(0, len(labels), step), [labels[i] for i in range(0, len(labels), step)])
    if line is not None:
        axes.axhline(line[0], color=COLOURS["bad"], linewidth=1.0, linestyle=(0, (6, 3)))
        axes.annotate(
            line[1],
            (1.0, line[0]),
            xycoords=("axes fraction", "data"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="right",
            color=COLOURS["bad"],
        )
    axes.grid(visible=True, axis="y", color="#e6eaef", linewidth=0.8)
    return _drawn(figure, axes, caption)


def rank_chart(rows: Sequence[tuple[str, float, Tone, str]], *, caption: str = "") -> Html:
    """Lying bars, one for each (name, value, tone, what stands behind it), the first on top."""
    figure, axes = _figure(_NAME, 90.0, 6.0, 6.0, _ROW * max(len(rows), 1))
    places = range(len(rows))
    axes.barh(places, [row[1] for row in rows], color=[COLOURS[row[2]] for row in rows], height=0.62)
    axes.set_yticks(places, [row[0] for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0.0, max([row[1] for row in rows], default=0.0) or 1.0)
    axes.set_xticks([])
    for place, (_, value, _, text) in enumerate(rows):
        axes.annotate(text, (value, place), xytext=(5, 0), textcoords="offset points", va="center", color="#1d2733")
    return _drawn(figure, axes, caption)


def _figure(left: float, right: float, bottom: float, top: float, height: float) -> "tuple[Figure, Axes]":
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise missing("matplotlib") from None
    whole = height + bottom + top
    figure = Figure(figsize=(_WIDTH / 72.0, whole / 72.0))
    axes = figure.add_axes((left / _WIDTH, bottom / whole, (_WIDTH - left - right) / _WIDTH, height / whole))
    return figure, axes


def _drawn(figure: "Figure", axes: "Axes", caption: str) -> Html:
    from matplotlib import rc_context

    axes.set_axisbelow(True)
    axes.tick_params(colors="#5b6775", length=0, labelsize=_TEXT)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color("#b8c2cc")
    out = io.StringIO()
    with (
        rc_context({"svg.fonttype": "none", "svg.hashsalt": "tocsin", "text.parse_math": False}),
        warnings.catch_warnings(),
    ):
        # The reader's fonts draw the text, not the ones that are measured with here.
        warnings.filterwarnings("ignore", "Glyph .* missing")
        figure.savefig(out, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    return render("chart.html", svg=inline(out.getvalue()), legend=[], caption=caption)
