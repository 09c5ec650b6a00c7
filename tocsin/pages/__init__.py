"""Self-contained HTML pages: one file, no scripts, nothing from outside; for the screen, the telephone and paper."""

from tocsin.pages.bars import bar_chart, rank_chart
from tocsin.pages.html import Html, Lang, MissingExtraError
from tocsin.pages.parts import Cell, Column, Tile, Tone, facts, note, page, paragraph, section, table, tiles
from tocsin.pages.trend import Limit, Moment, Series, Span, trend_chart

__all__ = [
    "Cell",
    "Column",
    "Html",
    "Lang",
    "Limit",
    "MissingExtraError",
    "Moment",
    "Series",
    "Span",
    "Tile",
    "Tone",
    "bar_chart",
    "facts",
    "note",
    "page",
    "paragraph",
    "rank_chart",
    "section",
    "table",
    "tiles",
    "trend_chart",
]
