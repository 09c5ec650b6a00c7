"""Which report a page shows, as its address says it (pure)."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import urlencode

from tocsin.reports.gather import NAMES, Name

Report = Literal["month", "kpi", "coverage", "disposal", "delivery", "assessment"]
REPORTS: Final[tuple[Report, ...]] = ("month", *NAMES)
_LONGEST: Final = 100


class Choice(NamedTuple):
    """`month` is like 2026-10, `since` and `until` are days; empty: not given. `place` is like enterprise:E1."""

    report: Report
    month: str = ""
    since: str = ""
    until: str = ""
    place: str = ""

    @property
    def names(self) -> tuple[Name, ...]:
        return NAMES if self.report == "month" else (self.report,)

    def address(self) -> str:
        """The page that shows it."""
        given = {name: value for name, value in self._asdict().items() if value}
        return f"/reports?{urlencode(given)}"

    def arguments(self) -> dict[str, Any]:
        """Those of CentreReports.make."""
        kind, _, place = self.place.partition(":")
        where = {kind: place} if kind in ("region", "park", "enterprise") and place else {}
        if self.month:
            return {"month": self.month, **where}
        return {"since": self.since or None, "until": self.until or None, **where}


def choice(query: Mapping[str, str]) -> Choice | None:
    """What the address asks for; None where it asks for no report."""
    report = query.get("report", "")
    if report not in REPORTS:
        return None
    given = {name: query.get(name, "")[:_LONGEST] for name in ("month", "since", "until", "place")}
    return Choice(report, **given)


def months(today: date, count: int = 13) -> list[str]:
    """This month and those before, the newest first, as 2026-10."""
    found, year, month = [], today.year, today.month
    for _ in range(count):
        found.append(f"{year}-{month:02d}")
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return found
