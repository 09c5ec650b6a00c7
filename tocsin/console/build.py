"""From a registered page to one that NiceGUI serves: who looks, in which language, in which frame, and what if not."""

import inspect
from copy import copy
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from nicegui import ui
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tocsin.accounts.accounts import Accounts
from tocsin.accounts.roles import Principal
from tocsin.centre.centre import Centre
from tocsin.centre.errors import ForbiddenError, NotFoundError, UnavailableError
from tocsin.centre.sight import demand
from tocsin.console import pages
from tocsin.console.page import PAGES, Page, PageContext, SignedOutError, Theme, fields_of, signature_of
from tocsin.console.shell import THEME_COOKIE, frame, heading
from tocsin.console.shell_words import SHELL
from tocsin.settings.console import ConsoleSettings

_ANSWER_S = 20.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What pages are built on."""

    centre: Centre
    accounts: Accounts
    settings: ConsoleSettings


def build_pages(parts: Parts) -> None:
    """Load every module of tocsin/console/pages and let NiceGUI serve its pages. One that fails takes no other away."""
    for module in iter_modules(pages.__path__):
        try:
            import_module(f"{pages.__name__}.{module.name}")
        except Exception:
            _log.exception("page_not_loaded", module=module.name)
    for registered in PAGES.values():
        ui.page(registered.path, response_timeout=_ANSWER_S)(_served(parts, registered))


def _served(parts: Parts, page: Page) -> Any:
    async def serve(**given: Any) -> Response | None:
        request: Request = given["request"]
        principal: Principal | None = getattr(request.state, "principal", None)
        if principal is None:
            return RedirectResponse("/login", 303)
        client = ui.context.client
        context = await run_in_threadpool(_context, parts, page, request, principal)
        client.page = _in_the_looks_of(context, client.page)
        with frame(context, context.words["title"], page.path), ui.column().classes("t-page") as place:
            try:
                demand(principal, page.needs)
                result = page.builder(context, **fields_of(page.builder, given))
                if inspect.isawaitable(result):
                    await result
            except Exception as error:
                place.clear()
                with place:
                    client.status_code = _told(context, error)
        return None

    serve.__signature__ = signature_of(page.builder)  # type: ignore[attr-defined]
    return serve


def _context(parts: Parts, page: Page, request: Request, principal: Principal) -> PageContext:
    try:
        site = parts.centre.grounds.now().site
        zone, name = site.timezone, site.name
    except UnavailableError:
        zone, name = "Asia/Shanghai", ""
    return PageContext(
        principal=principal,
        language=principal.language,
        words=page.words.said(principal.language),
        centre=parts.centre,
        accounts=parts.accounts,
        settings=parts.settings,
        request=request,
        zone=ZoneInfo(zone),
        site_name=name,
        theme=_theme(request),
    )


def _theme(request: Request) -> Theme:
    match request.cookies.get(THEME_COOKIE):
        case "light":
            return "light"
        case "dark":
            return "dark"
        case _:
            return "auto"


def _in_the_looks_of(context: PageContext, page: ui.page) -> ui.page:
    """NiceGUI's page is one for all who look: a copy has this one's language and theme."""
    mine = copy(page)
    mine.language = "zh-CN" if context.language == "zh" else "en-US"
    mine.dark = {"light": False, "dark": True, "auto": None}[context.theme]
    return mine


def _told(context: PageContext, error: Exception) -> int:
    """Say in the page's place why it is not there; the status of the answer."""
    words = SHELL.said(context.language)
    match error:
        case NotFoundError():
            name, status, text = "not_found", 404, words["not_found"]
        case ForbiddenError():
            name, status, text = "forbidden", 403, words["forbidden"]
        case UnavailableError():
            name, status, text = "unavailable", 503, words("unavailable", reason=error)
        case SignedOutError():
            name, status, text = "failed", 401, words["signed_out"]
        case _:
            _log.exception("page_failed", path=context.request.url.path)
            name, status, text = "failed", 500, words["failed"]
    heading(words[f"{name}_title"])
    ui.label(text).classes("t-note")
    with ui.row():
        ui.button(words["try_again"], on_click=ui.navigate.reload).props("outline")
        ui.link(words["back_to_board"], "/")
    return status
