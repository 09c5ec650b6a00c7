"""The alarm board. Rows come by the live feed and are drawn by static/board.js; acts are asked for here."""

from typing import Any, cast

from nicegui import ui
from nicegui.events import GenericEventArguments

from alerts.severity import severity_rank
from tocsin.accounts.roles import Principal
from tocsin.centre.errors import UnavailableError
from tocsin.console.acting import ACTIONS, ActDialog, Action, Target, allowed
from tocsin.console.board_words import BOARD, KEYS
from tocsin.console.colours import COLOURS
from tocsin.console.page import Nav, PageContext, SignedOutError, page
from tocsin.console.shell import given, scripts, styles
from tocsin.console.shell_words import SHELL


@page("/", BOARD, nav=Nav(10, "notifications_active"))
async def board(context: PageContext) -> None:
    """Open alarms, the worst first."""
    styles("board.css")
    given(
        "b-given",
        {
            "words": context.words.all(),
            "may": allowed(context),
            "places": await _places(context),
            "keys": KEYS,
            "order": {severity: severity_rank(severity) for severity in COLOURS},
        },
    )
    ui.html('<div id="b-board" class="b-board"></div>', sanitize=False)
    scripts("board.js")
    dialog = ActDialog(context)

    async def act(event: GenericEventArguments) -> None:
        wanted = _asked(event.args)
        if wanted is None:
            return
        action, alarms = wanted
        try:
            targets = await context.ask(lambda principal: _targets(context, principal, alarms))
        except SignedOutError:
            ui.notify(SHELL.said(context.language)["signed_out"], type="negative", position="top-right")
            return
        if targets:
            dialog.open(action, targets)

    ui.on("board_act", act)


def _asked(given_args: Any) -> tuple[Action, list[str]] | None:
    """What a browser asks for, if it makes sense."""
    if not isinstance(given_args, dict) or given_args.get("action") not in ACTIONS:
        return None
    alarms = given_args.get("alarms")
    if not isinstance(alarms, list) or not all(isinstance(alarm, str) for alarm in alarms):
        return None
    return cast("Action", given_args["action"]), alarms


def _targets(context: PageContext, principal: Principal, alarms: list[str]) -> list[Target]:
    """Those that are open, by name; whether they may be touched is asked when they are."""
    found = []
    language, centre = context.language, context.centre
    sight = centre.grounds.now().sight(principal)
    for alarm in alarms:
        record = centre.watch.board.record(alarm)
        if record is not None and sight.sees(record.enterprise):
            facts = centre.alarms.facts(record)
            text = facts.text.get(language) or record.rule
            found.append(Target(alarm, facts.subject_name, text, record.peak_severity == "red"))
    return found


async def _places(context: PageContext) -> dict[str, list[tuple[str, str]]]:
    """(value, text) of regions that have enterprises in sight, and of those, for the filter."""
    try:
        site = await context.ask(context.centre.places.site)
    except UnavailableError:
        return {"regions": [], "enterprises": []}
    places = context.centre.grounds.now().places
    seen = {region for e in site.enterprises.values() for region in places.regions_of(e.region)}
    regions = [(f"r:{r}", site.regions[r].name if r in site.regions else r) for r in sorted(seen)]
    enterprises = sorted(((f"e:{e.enterprise}", e.name) for e in site.enterprises.values()), key=lambda one: one[1])
    return {"regions": regions, "enterprises": enterprises}
