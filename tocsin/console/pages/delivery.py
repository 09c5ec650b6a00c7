"""Whether word of alarms gets through: channels, calls that wait for an approval, dead letters, what is owed."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any, Final

from nicegui import ui

from alerts.record import AlarmRecord
from alerts.wording.figures import local_time
from tocsin.accounts.roles import Permission, Principal
from tocsin.book.channels import ChannelRecord
from tocsin.centre.delivery import OwedOf
from tocsin.centre.notices import HeldCall
from tocsin.console.colours import badge
from tocsin.console.desk.confirm import confirmed
from tocsin.console.desk.delivery_words import DELIVERY
from tocsin.console.desk.tried import tried
from tocsin.console.page import Nav, PageContext, page
from tocsin.console.parts import table
from tocsin.console.places.follow import FOLLOWING
from tocsin.console.places.page_links import alarm_page
from tocsin.console.shell import heading, styles

_MOST: Final = 100
_EVERY_S: Final = 5.0
_Found = tuple[list[ChannelRecord], list[HeldCall], list[OwedOf], list[OwedOf]]


@page("/delivery", DELIVERY, nav=Nav(60, "mark_email_read"))
async def delivery(context: PageContext) -> None:
    """Of alarms in sight."""
    words, centre = context.words, context.centre
    styles("desk.css")
    heading(words["title"])
    ui.label(words["intro"]).classes("t-note")
    channels, held = ui.column().classes("t-card"), ui.column().classes("t-card")
    dead, due = ui.column().classes("t-card"), ui.column().classes("t-card")
    shown: _Found | None = None

    def look(principal: Principal) -> _Found | None:
        nonlocal shown
        found = (
            centre.delivery.channels(principal),
            centre.notices.held(principal, _MOST),
            centre.delivery.calls(principal, "dead", _MOST),
            centre.delivery.calls(principal, "due", _MOST),
        )
        if found == shown:
            return None
        shown = found
        return found

    def show(found: _Found) -> None:
        parts: list[tuple[ui.column, Callable[[], None]]] = [
            (channels, lambda: _channels(context, found[0])),
            (held, lambda: _held(context, found[1])),
            (dead, lambda: _calls(context, "dead", found[2])),
            (due, lambda: _calls(context, "due", found[3])),
        ]
        for place, build in parts:
            place.clear()
            with place:
                build()

    first = await context.ask(look)
    if first is not None:
        show(first)
    FOLLOWING.follow(context, look, show, _EVERY_S)


def _channels(context: PageContext, found: Sequence[ChannelRecord]) -> None:
    words = context.words
    heading(words["channels"], level=2)
    if not found:
        ui.label(words["no_channels"]).classes("t-note")
        return
    rows = []
    for c in found:
        if c.failing:
            state = f'<span class="k-bad">✗ {escape(words["failing"])}</span>'
        else:
            state = f"✓ {escape(words['working'])}" if c.delivered else f"○ {escape(words['idle'])}"
        if c.last_failed_ms is not None and c.last_error:
            said = words("last_bad", time=_time(context, c.last_failed_ms), error=c.last_error)
            state += f'<div class="t-note">{escape(said)}</div>'
        due = str(c.due)
        if c.oldest_due_ms is not None:
            due += f'<div class="t-note">{escape(words("oldest", time=_time(context, c.oldest_due_ms)))}</div>'
        good = "—" if c.last_delivered_ms is None else _time(context, c.last_delivered_ms)
        dead = f'<span class="k-bad">{c.dead}</span>' if c.dead else "0"
        rows.append(
            [
                f"<strong>{escape(c.channel)}</strong>",
                state,
                good,
                str(c.delivered),
                str(c.failed),
                due,
                str(c.held),
                dead,
            ]
        )
    names = ("channel", "state", "last_good", "delivered", "failed", "due", "held", "dead")
    table([words[name] for name in names], rows)


def _held(context: PageContext, found: Sequence[HeldCall]) -> None:
    words = context.words
    heading(words["held_title"], level=2)
    if not found:
        ui.label(words["held_none"]).classes("t-note")
        return
    may = context.may(Permission.APPROVE)
    for held in found:
        call, record = held.call, context.centre.watch.board.record(held.call.alarm)
        with ui.element("div").classes("k-item"):
            ui.html(_alarm(context, call.alarm, record), sanitize=False)
            ui.label(f"{_time(context, call.queued_at)} · {call.channel} → {call.contact}").classes("k-soft")
            names = ", ".join(held.approvers)
            mine = may and context.principal.by in held.approvers
            said = words("held_for", names=names) + ("" if mine else f" ({words['held_not_you']})")
            ui.label(said).classes("k-soft")
            if mine:
                with ui.row().classes("k-acts"):
                    for action in ("approve", "reject"):
                        button = ui.button(words[action], on_click=_settle(context, action, call.key))
                        button.props("unelevated" if action == "approve" else "outline")


def _settle(context: PageContext, action: str, key: str) -> Callable[[], Any]:
    async def settle() -> None:
        words, notices = context.words, context.centre.notices
        if await confirmed(context, words[f"sure_{action}"], words[action]):
            method = notices.approve if action == "approve" else notices.reject
            await tried(context, words["approved" if action == "approve" else "rejected"], method, key)

    return settle


def _calls(context: PageContext, state: str, found: Sequence[OwedOf]) -> None:
    words = context.words
    heading(words[f"{state}_title"], level=2)
    if not found:
        ui.label(words[f"{state}_none"]).classes("t-note")
        return
    if state == "dead":
        ui.label(words["dead_help"]).classes("t-note")
    rows = [
        [
            _time(context, call.queued_at),
            _alarm(context, call.alarm, record),
            f"{escape(call.channel)} → {escape(call.contact or '—')}",
            escape(words.get(f"purpose_{call.purpose}", call.purpose)),
            f'<span class="k-words">{escape(call.error)}</span>',
        ]
        for call, record in found
    ]
    with ui.element("div").classes("k-stack"):
        table([words[name] for name in ("when", "alarm", "to", "purpose", "why")], rows)
    if len(found) >= _MOST:
        ui.label(words("more", n=_MOST)).classes("t-note")


def _alarm(context: PageContext, alarm: str, record: AlarmRecord | None) -> str:
    said = alarm if record is None else f"{record.subject} · {record.rule}"
    colour = "" if record is None else f"{badge(record.peak_severity, context.language)} "
    return f'{colour}<a href="{escape(alarm_page(alarm))}">{escape(said)}</a>'


def _time(context: PageContext, at_ms: int) -> str:
    return local_time(at_ms, context.zone.key, "%m-%d %H:%M:%S")
