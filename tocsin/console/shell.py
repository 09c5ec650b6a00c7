"""The frame around every page: header, navigation, the banner's place, and the script that watches over all."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from nicegui import ui
from starlette.concurrency import run_in_threadpool

from tocsin.accounts.roles import Permission
from tocsin.console import colours
from tocsin.console.assets import asset
from tocsin.console.page import PAGES, PageContext
from tocsin.console.shell_words import SHELL
from tocsin.console.words import Language, Words

THEME_COOKIE: Final = "tocsin_theme"
_SHELL_CSS: Final = ("console.css",)


@contextmanager
def frame(context: PageContext, title: str, path: str) -> Iterator[None]:
    """What is made within stands in the page's main part. `path`, as registered, is marked in the navigation."""
    words = SHELL.said(context.language)
    ui.page_title(f"{title} · {context.site_name or words['product']}")
    _head(context, words)
    with ui.header().classes("t-header"):
        toggle = ui.button(icon="menu", color=None).props(f'flat round dense aria-label="{words["menu"]}"')
        ui.link(context.site_name or words["product"], "/").classes("t-site")
        ui.html('<div id="t-counts" class="t-counts" role="status"></div>', sanitize=False)
        ui.element("div").classes("t-space")
        ui.html('<div id="t-sound" class="t-sound"></div>', sanitize=False)
        ui.html(_clock(context, words), sanitize=False).classes("t-clock-box")
        _user_menu(context, words)
    drawer = ui.left_drawer(value=False).classes("t-drawer")
    with drawer.props("width=220 breakpoint=1023 bordered show-if-above"):
        _navigation(context, words, path)
    toggle.on_click(drawer.toggle)
    with ui.column().classes("t-main").props("id=t-main tabindex=-1"):
        yield


def heading(text: str, *, level: int = 1) -> None:
    """A heading; every page begins with one of level 1."""
    with ui.element(f"h{level}").classes(f"t-h{level}"):
        ui.label(text)


def styles(*names: str) -> None:
    """Style sheets of tocsin/console/static that this page needs beside the frame's."""
    for name in names:
        ui.add_head_html(f'<link rel="stylesheet" href="{asset(name)}">')


def scripts(*names: str) -> None:
    """Modules of tocsin/console/static that this page runs."""
    for name in names:
        ui.add_body_html(f'<script type="module" src="{asset(name)}"></script>')


def given(name: str, values: object) -> None:
    """JSON for the page's scripts, as the content of an element with the id `name`."""
    text = json.dumps(values, ensure_ascii=False).replace("<", "\\u003c")
    ui.add_body_html(f'<script type="application/json" id="{name}">{text}</script>')


def _head(context: PageContext, words: Words) -> None:
    ui.add_head_html(f"<style>{colours.css()}</style>")
    styles(*_SHELL_CSS)
    ui.add_body_html(f'<a class="t-skip" href="#t-main">{words["skip"]}</a>')
    ui.add_body_html('<div id="t-banner" class="t-banner" role="alert" hidden></div>')
    given(
        "t-given",
        {
            "words": words.all(),
            "language": context.language,
            "zone": context.zone.key,
            "sound": context.settings.sound,
            "shapes": {name: colour.shape for name, colour in colours.COLOURS.items()},
            "colours": {name: colour.word(context.language) for name, colour in colours.COLOURS.items()},
        },
    )
    scripts("live.js")


def _clock(context: PageContext, words: Words) -> str:
    now = datetime.fromtimestamp(context.centre.clock.now_ms() / 1000, UTC).astimezone(context.zone)
    return f'<time id="t-clock" class="t-clock" title="{words["clock"]}">{now:%H:%M:%S}</time>'


def _navigation(context: PageContext, words: Words, path: str) -> None:
    with ui.element("nav").props(f'aria-label="{words["navigation"]}"').classes("t-nav"):
        whole = context.principal.scope.kind == "site"
        found = [(p.nav, p) for p in PAGES.values() if p.nav is not None and context.may(p.needs)]
        shown = [(nav, page) for nav, page in found if whole or not nav.whole_site]
        for nav, page in sorted(shown, key=lambda one: one[0].order):
            with ui.link(target=page.path).classes("t-nav-item") as link:
                ui.icon(nav.icon).props("aria-hidden=true")
                ui.label(page.label(context.language))
            if page.path == path:
                link.classes("here").props("aria-current=page")


def _user_menu(context: PageContext, words: Words) -> None:
    principal = context.principal
    name = principal.display_name or principal.name
    button = ui.button(icon="account_circle", color=None).props("flat round dense").classes("t-user")
    button.props(f'aria-label="{_quoted(words("user_menu", name=name))}" aria-haspopup=menu')
    with button, ui.menu().props("auto-close"):
        ui.menu_item(name).props("disable").classes("t-name")
        ui.menu_item(words["account"], lambda: ui.navigate.to("/account"))
        if context.may(Permission.USERS):
            ui.menu_item(words["users"], lambda: ui.navigate.to("/users"))
        ui.menu_item(words["language"], lambda: _other_language(context))
        for theme in ("light", "dark", "auto"):
            said = ("● " if theme == context.theme else "○ ") + words[f"theme_{theme}"]
            ui.menu_item(said, lambda theme=theme: ui.run_javascript(f"tocsin.theme({theme!r})"))
        ui.menu_item(words["sign_out"], lambda: ui.navigate.to("/logout"))


async def _other_language(context: PageContext) -> None:
    """The user's own language changes: in messages and on other screens of theirs, too."""
    other: Language = "en" if context.language == "zh" else "zh"
    principal = await context.again()
    if principal.via == "session":
        await run_in_threadpool(context.accounts.users.change_language, principal.name, other)
    ui.navigate.reload()


def _quoted(text: str) -> str:
    return text.replace('"', "'").replace("\\", "/")
