"""The list of what is pictured: every page of the console, and of signing in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from alerts.machine import State
from alerts.wording.figures import local_time
from tocsin.accounts.roles import Principal, Role
from tocsin.book.listing import Wanted
from tocsin.centre.centre import Centre


@dataclass(frozen=True, slots=True)
class View:
    """One page. `path` is as registered; fields, the query's too, are filled in with what has most to show."""

    name: str
    path: str
    query: str = ""
    wait_for: str = ""
    """A selector of what comes late."""
    signed_in: bool = True


VIEWS: Final[Sequence[View]] = (
    View("board", "/", wait_for=".b-row:not([hidden])"),
    View("alarm", "/alarms/{alarm}", wait_for=".t-verdict"),
    View("disposal", "/alarms/{disposal}/disposal"),
    View("disposals", "/disposals"),
    View("map", "/map", wait_for=".leaflet-marker-icon, .leaflet-interactive"),
    View("enterprises", "/enterprises"),
    View("enterprise", "/enterprises/{enterprise}"),
    View("unit", "/units/{unit}"),
    View("point", "/points/{point}"),
    View("devices", "/devices"),
    View("onboarding", "/onboarding"),
    View("delivery", "/delivery"),
    View("overrides", "/overrides"),
    View("rules", "/rules"),
    View("rule", "/rules/{rule}"),
    View("what-if", "/what-if"),
    View("reports", "/reports", "?report=month&month={month}", wait_for=".k-sheet"),
    View("hazard-reports", "/hazard-reports"),
    View("hazard-report", "/hazard-reports/{report}"),
    View("drills", "/drills"),
    View("audit", "/audit"),
    View("settings", "/settings"),
    View("help", "/help"),
    View("sign-in", "/login", signed_in=False),
    View("account", "/account"),
    View("users", "/users"),
    View("user", "/users/{user}"),
    View("trail", "/users-trail"),
)


def fields_of(centre: Centre) -> dict[str, str]:
    """What the fields of paths stand for: a red alarm that stands, where it is, and a disposal under way."""
    who = Principal("li.na", Role.ADMINISTRATOR, via="console")
    red = centre.alarms.page(who, Wanted(severities={"red"}, states={State.ACTIVE_UNACKNOWLEDGED})).alarms
    gas = next(a.record for a in red if a.record.rule.startswith("gas"))
    point = centre.places.site(who).points[gas.subject]
    under_way = next(d for d in centre.disposals.page(who) if d.cause)
    newest = centre.hazard_reports.page(who, limit=1).reports[0]
    return {
        "alarm": gas.alarm,
        "disposal": under_way.alarm,
        "enterprise": point.enterprise,
        "unit": point.unit,
        "point": point.point,
        "month": local_time(centre.clock.now_ms(), centre.places.site(who).timezone, "%Y-%m"),
        "rule": gas.rule,
        "report": newest.id,
        "user": "li.na",
    }


def shape_of(path: str) -> str:
    """A path with its fields' names left out, so that those of a page and of a view can be compared."""
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


_OF_ONE_MACHINE: Final = ("settings", "account", "user", "trail")
_ALL: Final = tuple(view.name for view in VIEWS if view.name not in _OF_ONE_MACHINE)
IN_THE_DOCS: Final[Mapping[str, Sequence[str]]] = {
    "zh-1440-light": _ALL,
    "en-1440-light": (
        "board",
        "alarm",
        "disposal",
        "disposals",
        "map",
        "enterprise",
        "unit",
        "point",
        "reports",
        "help",
    ),
    "zh-1440-dark": ("board",),
    "en-1440-dark": ("map",),
    "zh-390-light": ("board", "alarm", "disposal", "map", "unit"),
    "en-390-light": ("board", "alarm", "disposal"),
    "zh-390-dark": ("board",),
}
"""The pictures that stand in the docs, by looks; none with paths and ports of the machine that made it."""
