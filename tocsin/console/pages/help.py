"""Help: what to do when the banner is red, colours and shapes, the keyboard."""

from html import escape

from nicegui import ui

from tocsin.console.board_words import BOARD, KEYS
from tocsin.console.colours import COLOURS, badge
from tocsin.console.desk.help_words import HELP
from tocsin.console.page import Nav, PageContext, page
from tocsin.console.parts import table
from tocsin.console.shell import heading, styles


@page("/help", HELP, nav=Nav(90, "help"))
def help_page(context: PageContext) -> None:
    """The same for everybody."""
    words, language = context.words, context.language
    styles("desk.css")
    heading(words["title"])
    _list(words["banner"], [words[f"banner_{n}"] for n in range(1, 7)], classes="k-alert")
    with ui.element("div").classes("t-grid"):
        _list(words["steps"], [words[f"step_{n}"] for n in range(1, 5)])
        with ui.column().classes("t-card"):
            heading(words["colours"], level=2)
            marks = [*COLOURS, "normal", "none"]
            rows = [[badge(mark, language), escape(words[f"means_{mark}"])] for mark in marks]
            table([words["colour"], words["meaning"]], rows)
            ui.label(words["blink"]).classes("t-note")
        with ui.column().classes("t-card"):
            heading(words["keys"], level=2)
            board = BOARD.said(language)
            keys = [[f"<kbd>{escape(key)}</kbd>", escape(board[f"key_{name}"])] for key, name in KEYS]
            table([words["key"], words["does"]], keys)
        _list(words["sound"], [words["sound_1"], words["sound_2"]])


def _list(title: str, lines: list[str], classes: str = "") -> None:
    with ui.column().classes(f"t-card {classes}"):
        heading(title, level=2)
        shown = "".join(f"<li>{escape(line)}</li>" for line in lines)
        ui.html(f'<ol class="k-list">{shown}</ol>', sanitize=False)
