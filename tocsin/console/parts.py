"""Small parts that pages share. Cells are HTML: whoever makes them escapes what is not."""

from collections.abc import Sequence
from html import escape

from nicegui import ui


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], *, caption: str = "") -> None:
    """A plain table, which can be scrolled sideways on a small screen. Titles and caption are text, cells are HTML."""
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in titles)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    said = f"<caption>{escape(caption)}</caption>" if caption else ""
    html = f'<table class="t-table">{said}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    ui.html(html, sanitize=False).classes("t-scroll-x full-width").props("tabindex=0")


def facts_list(facts: Sequence[tuple[str, str]]) -> None:
    """Names (text) and what they are (HTML)."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{html}</dd>" for name, html in facts)
    ui.html(f'<dl class="t-facts">{rows}</dl>', sanitize=False).classes("full-width")


def facts_list_of_text(facts: Sequence[tuple[str, str]]) -> None:
    """Names and what they are, both text."""
    facts_list([(name, escape(text)) for name, text in facts])
