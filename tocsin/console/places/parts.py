"""Parts that pages about places share: each finds what it shows, and stays up to date."""

import json
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from nicegui import background_tasks, ui

from alerts.risk import Node
from tocsin.accounts.roles import Principal
from tocsin.centre.errors import ForbiddenError, UnavailableError
from tocsin.console.page import PageContext, SignedOutError
from tocsin.console.places.alarm_lines import line_of, looks
from tocsin.console.places.follow import FOLLOWING, LOOK_S, Following
from tocsin.console.places.page_links import alarm_page, board_of
from tocsin.console.places.render import renderer
from tocsin.console.places.words import SHARED
from tocsin.console.shell import heading
from tocsin.hazard_reports.record import HazardReport, ReportState
from tocsin.risk.view import Risk

_log = structlog.get_logger(__name__)

MOST_LINES: Final = 20
_OPEN_REPORTS: Final = frozenset({ReportState.NEW, ReportState.LINKED})

Find = Callable[[Principal], str | None]
"""HTML of a part as it is now; None: it has not changed since the last call."""


def as_json(value: object) -> str:
    """For a call of the page's scripts."""
    return json.dumps(value, ensure_ascii=False)


async def live_part(
    context: PageContext, find: Find, *, every_s: float = LOOK_S, following: Following = FOLLOWING
) -> ui.html:
    """A part that is found now and again while the page is open."""
    found = await context.ask(find)
    element = ui.html(found or "", sanitize=False)

    def show(html: str) -> None:
        element.set_content(html)

    following.follow(context, find, show, every_s)
    return element


def later_part(context: PageContext, make: Callable[[], Awaitable[str]]) -> ui.html:
    """A part that takes its time: the page is shown first. Where it can't be had, that is said."""
    shared = SHARED.said(context.language)
    element = ui.html('<div class="p-waiting" aria-busy="true"></div>', sanitize=False)

    async def fill() -> None:
        try:
            html = await make()
        except (UnavailableError, ForbiddenError, SignedOutError) as error:
            html = renderer(context)("unavailable.html", text=shared["unknown"], reason=str(error))
        except Exception:
            _log.exception("page_part_failed", path=context.request.url.path)
            html = renderer(context)("unavailable.html", text=shared["unknown"], reason="")
        if not element.is_deleted:
            element.set_content(html)

    background_tasks.create(fill())
    return element


async def alarms_part(context: PageContext, place: Node) -> None:
    """The open alarms of an enterprise, a unit or a point."""
    centre, render = context.centre, renderer(context)
    turn, shown = -1, None
    board = board_of(place.kind, place.id) if place.kind in ("enterprise", "unit") else None

    def find(principal: Principal) -> str | None:
        nonlocal turn, shown
        now = centre.alarms_at.turn
        if now == turn:
            return None
        records = centre.alarms_at.records(principal, place)
        turn, before, shown = now, shown, looks(records)
        if shown == before:
            return None
        listed = centre.alarms_at.open(principal, place)
        lines = [line_of(found, context.language) for found in listed[:MOST_LINES]]
        more = len(listed) - len(lines)
        return render("alarms.html", alarms=lines, more=more, board=board, alarm_page=alarm_page)

    await live_part(context, find)


async def state_part(context: PageContext, place: Node) -> None:
    """The colour that the alarms of a place give it, and its inherent grade."""
    risk, render = context.centre.risk, renderer(context)
    turn = -1
    shown: Risk | None = None

    def find(principal: Principal) -> str | None:
        nonlocal turn, shown
        now = risk.turn(principal)
        if now == turn:
            return None
        before, shown = shown, risk.at(principal, str(place))
        turn = now
        if before is not None and before[:4] == shown[:4]:
            return None
        return render("state.html", risk=shown, count=sum(shown.state.active.values()))

    (await live_part(context, find)).classes("p-state")


def card(title: str) -> ui.element:
    """A section of a page, with its heading; make what stands in it within."""
    section = ui.element("section").classes("t-card p-card")
    with section:
        heading(title, level=2)
    return section


def reports_part(context: PageContext, *, enterprise: str | None = None, unit: str | None = None) -> None:
    """Hazard reports that are open, beside the alarms of the same place."""

    async def make() -> str:
        page = await context.ask(
            context.centre.hazard_reports.page, enterprise=enterprise, unit=unit, states=_OPEN_REPORTS, limit=MOST_LINES
        )
        return renderer(context)("reports.html", reports=_newest(page.reports), more=page.more is not None)

    later_part(context, make)


def disposals_part(context: PageContext, enterprise: str, unit: str | None = None) -> None:
    """Disposals under way at an enterprise, or at one unit of it."""

    async def make() -> str:
        found = await context.ask(context.centre.disposals.page, enterprises=[enterprise])
        here = [d for d in found if unit is None or d.unit == unit]
        return renderer(context)("disposals.html", disposals=here[:MOST_LINES], alarm_page=alarm_page)

    later_part(context, make)


def contacts_part(context: PageContext, enterprise: str) -> None:
    """Whom to call; only for those who answer alarms."""

    async def make() -> str:
        found = await context.ask(context.centre.contacts.of_enterprise, enterprise)
        return renderer(context)("contacts.html", contacts=found)

    later_part(context, make)


def _newest(reports: list[HazardReport]) -> list[HazardReport]:
    return sorted(reports, key=lambda report: report.received_at_ms, reverse=True)
