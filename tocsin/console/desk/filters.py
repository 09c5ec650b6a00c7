"""A row of links that narrow a list; each is an address, so that it can be kept and sent."""

from collections.abc import Sequence

from nicegui import ui

from tocsin.console.desk.words import DESK
from tocsin.console.page import PageContext


def filters(context: PageContext, choices: Sequence[tuple[str, str, bool]]) -> None:
    """(text, address, whether it is the one that is shown)."""
    with ui.element("nav").classes("k-filters").props(f'aria-label="{DESK.said(context.language)["filters"]}"'):
        for text, address, here in choices:
            link = ui.link(text, address).classes("k-filter")
            if here:
                link.classes("here").props("aria-current=page")
