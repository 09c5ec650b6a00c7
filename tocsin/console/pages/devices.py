"""Device health: which devices report, how well they are, and what must be calibrated."""

from datetime import datetime
from typing import Final

from nicegui import ui

from tocsin.accounts.roles import Principal
from tocsin.centre.errors import UnavailableError
from tocsin.console.page import Nav, PageContext, SignedOutError, page
from tocsin.console.places.device_rows import in_order, line_of, share_lines
from tocsin.console.places.follow import SLOWLY
from tocsin.console.places.page_links import point_page
from tocsin.console.places.paging import paged
from tocsin.console.places.parts import card, live_part
from tocsin.console.places.render import renderer
from tocsin.console.places.words import DEVICES
from tocsin.console.shell import heading, scripts, styles
from tocsin.inventory.inventory import DeviceRow
from tocsin.inventory.standing import State

_LOOK_S: Final = 5.0
_ROWS: Final = 30
_MOST_SHARES: Final = 60
_MOST_DUE: Final = 100
_DUE_WITHIN_DAYS: Final = 30
_RATE_HOURS: Final = 24
_TICK_S: Final = 0.5


@page("/devices", DEVICES, nav=Nav(40, "sensors"))
async def devices(context: PageContext) -> None:
    """`?state=` keeps one state, `?q=` searches, `?page=` turns pages."""
    centre, words, render = context.centre, context.words, renderer(context)
    styles("places.css")
    scripts("places.js")
    heading(words["title"])
    enterprises = {e.enterprise: e.name for e in await context.ask(centre.places.enterprises)}
    regions = {region.region: region.name for region in await context.ask(centre.place_lists.regions)}
    query = context.request.query_params
    wanted = next((state for state in State if state.value == query.get("state")), None)

    def text_of(device: DeviceRow) -> str:
        return f"{device.device} {device.name} {device.enterprise} {enterprises.get(device.enterprise, '')}"

    tools = render("device_search.html", text=query.get("q", ""), wanted=wanted)
    ui.html(tools, sanitize=False)
    shown: str | None = None

    def look(principal: Principal) -> str | None:
        nonlocal shown
        inventory, live = centre.devices.inventory(principal)
        found = [device for device in in_order(inventory.devices) if wanted in (None, device.state)]
        rows, paging = paged(found, query, text_of, _ROWS)
        whole = next(share for share in inventory.shares if share.scope == "all")
        html = render(
            "devices.html",
            lines=[line_of(device, enterprises) for device in rows],
            paging=paging,
            whole=whole,
            wanted=wanted,
            states=tuple(State),
            live=live,
            as_of=inventory.as_of_ms,
            shares=share_lines(inventory.shares, regions, enterprises)[:_MOST_SHARES],
            more_shares=len(inventory.shares) > _MOST_SHARES,
            most_shares=_MOST_SHARES,
        )
        before, shown = shown, html
        return None if html == before else html

    await live_part(context, look, every_s=_LOOK_S, following=SLOWLY)
    with ui.element("div").classes("p-columns"):
        with card(words["rate"]):
            _rate(context, regions, enterprises)
        with card(words["calibration"]):
            today = datetime.fromtimestamp(centre.clock.now_ms() / 1000, context.zone).date().isoformat()
            due = await context.ask(centre.devices.calibrations, today, _DUE_WITHIN_DAYS)
            more = len(due) > _MOST_DUE
            ui.html(
                render("calibrations.html", due=due[:_MOST_DUE], more=more, most=_MOST_DUE, point_page=point_page),
                sanitize=False,
            )


def _rate(context: PageContext, regions: dict[str, str], enterprises: dict[str, str]) -> None:
    """Online rates of the last day, worked out when somebody asks: the journal is read for it."""
    words, render = context.words, renderer(context)
    ui.label(words["rate_note"]).classes("t-note")
    button = ui.button(words["rate_ask"]).props("outline no-caps")
    place = ui.html("", sanitize=False)
    done = 0.0

    def advance(read: float, total: float) -> None:
        nonlocal done
        done = read / total if total else 1.0

    def tell() -> None:
        place.set_content(render("note.html", text=words("rate_busy", percent=f"{100 * done:.0f}")))

    async def work() -> None:
        timer = ui.timer(_TICK_S, tell)
        try:
            rate = await context.ask(context.centre.devices.online_rate, _RATE_HOURS, advance)
            html = render("rates.html", rate=rate, regions=regions, enterprises=enterprises, most=_MOST_SHARES)
        except ValueError:
            html = render("note.html", text=words["rate_nothing"])
        except (UnavailableError, SignedOutError) as error:
            html = render("note.html", text=str(error))
        finally:
            timer.cancel()
            button.enable()
        place.set_content(html)

    async def asked() -> None:
        button.disable()
        tell()
        await work()

    button.on_click(asked)
