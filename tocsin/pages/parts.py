"""What a page is put together from: headings, sentences, figures in tiles, tables, facts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from tocsin.pages.html import Html, Lang, joined, render

Tone = Literal["", "good", "warn", "bad", "quiet", "red", "orange", "yellow", "blue"]
"""How a thing is coloured: by judgement, or by severity."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell that is coloured. Plain text or Html can stand in its place."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A table column; figures are set flush right."""

    title: str
    figures: bool = False


@dataclass(frozen=True, slots=True)
class Tile:
    """One large figure with what it is."""

    label: str
    value: str
    tone: Tone = ""
    remark: str = ""


def page(title: str, parts: Iterable[Html], *, lang: Lang, lead: str = "", foot: str = "") -> str:
    """A whole page. `lead` stands below the title, `foot` at the end; both are plain text."""
    return render("page.html", title=title, lead=lead, foot=foot, lang=lang, body=joined(list(parts)))


def section(heading: str, parts: Iterable[Html], *, level: Literal[2, 3] = 2, tone: Tone = "") -> Html:
    """A heading with what belongs to it; one of level 3 is kept on one sheet of paper where it fits."""
    return render("section.html", heading=heading, level=level, tone=tone, body=joined(list(parts)))


def paragraph(text: str) -> Html:
    """A sentence or several."""
    return render("paragraph.html", text=text)


def note(text: str, tone: Tone = "") -> Html:
    """A sentence set apart: advice, or a warning."""
    return render("note.html", text=text, tone=tone)


def tiles(given: Sequence[Tile]) -> Html:
    """Figures beside one another."""
    return render("tiles.html", tiles=given)


def table(columns: Sequence[Column], rows: Iterable[Sequence[str | Cell]], *, caption: str = "") -> Html:
    """A table; it scrolls sideways where the screen is too narrow. ValueError for a row of another length."""
    whole = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
    for row in whole:
        if len(row) != len(columns):
            raise ValueError(f"a row of {len(row)} cells in a table of {len(columns)} columns")
    return render("table.html", columns=columns, rows=whole, caption=caption)


def facts(given: Iterable[tuple[str, str]]) -> Html:
    """Names and what they are, as (name, text)."""
    return render("facts.html", facts=list(given))
