"""Asks once more before something is done that can't be undone."""

from nicegui import ui

from tocsin.console.page import PageContext
from tocsin.console.shell_words import SHELL


async def confirmed(context: PageContext, question: str, action: str) -> bool:
    """Whether the person goes on with `action`."""
    with ui.dialog() as dialog, ui.card().classes("t-act"):
        ui.label(question).classes("t-h2")
        with ui.row().classes("t-act-buttons"):
            ui.button(SHELL.said(context.language)["cancel"], on_click=lambda: dialog.submit(False)).props("flat")
            ui.button(action, on_click=lambda: dialog.submit(True)).props("unelevated")
    try:
        return bool(await dialog)
    finally:
        dialog.delete()
