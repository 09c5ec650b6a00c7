"""A report as sheets: titles, columns and values, the same for the terminal, CSV, Excel and paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tocsin.pages import Tone

Form = Literal["text", "count", "figure", "share", "span", "hours", "mixed"]
"""count: whole. figure: one decimal. share: of 1, shown in per cent. span: in seconds. hours: in hours. mixed: a Value
says what it is."""


@dataclass(frozen=True, slots=True)
class Value:
    """A cell that is coloured, or that is of another form than its column."""

    value: str | float | None
    form: Form = "text"
    tone: Tone = ""


Raw = str | float | None | Value


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    form: Form = "text"


@dataclass(frozen=True, slots=True)
class Sheet:
    """`name` is a short id that does not change with the language; `note` says what a reader must know."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Raw]]
    note: str = ""

    def values(self, row: Sequence[Raw]) -> list[Value]:
        """The cells of a row, each with its form."""
        pairs = zip(row, self.columns, strict=True)
        return [cell if isinstance(cell, Value) else Value(cell, column.form) for cell, column in pairs]


def shown(value: Value) -> str:
    """A cell as people read it."""
    match value.value, value.form:
        case None, _:
            return "-"
        case str() as text, _:
            return text
        case number, "count":
            return f"{number:,.0f}"
        case number, "share":
            return f"{number:.1%}"
        case number, "span":
            return _span(float(number))
        case number, "hours":
            return f"{number:,.1f}"
        case number, _:
            return f"{number:,.1f}"


def _span(seconds: float) -> str:
    """Like 0.4 s, 42 s, 7:05 (minutes and seconds), 3:07:05, or 2 d 03:07."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    if hours == 0:
        return f"{minute}:{second:02d}"
    days, hour = divmod(hours, 24)
    return f"{days} d {hour:02d}:{minute:02d}" if days else f"{hour}:{minute:02d}:{second:02d}"
