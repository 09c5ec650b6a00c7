"""Hazard reports in sight: taken in, shown beside a unit's alarms, linked with an alarm, closed."""

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from tocsin.accounts.roles import Permission, Principal
from tocsin.centre.alarms import Alarms
from tocsin.centre.errors import NotFoundError, RefusedError, UnavailableError
from tocsin.centre.grounds import Grounds
from tocsin.centre.sight import demand, demand_sight
from tocsin.clock import Clock
from tocsin.hazard_reports.record import HazardReport, NewReport, Reporter, ReportState, ReportStep
from tocsin.hazard_reports.store import HazardReportsFileError, HazardReportStore, ReusedKeyError
from tocsin.log.layout import HAZARD_REPORTS

MOST: Final = 1000
_LONGEST_TEXT: Final = 4000
_LONGEST_WORD: Final = 200


class ReportPage(NamedTuple):
    """The newest first; `more` is what the next page is asked with, None: there is none."""

    reports: list[HazardReport]
    more: int | None


class CentreHazardReports:
    """Thread-safe; every call may block for a moment. UnavailableError while the file can't be used.

    An enterprise reads those that are shared with it. Who reported is told to those who take in reports, one by one,
    and every look is a step of the report.
    """

    def __init__(self, data: Path, grounds: Grounds, alarms: Alarms, clock: Clock) -> None:
        self._grounds = grounds
        self._alarms = alarms
        self._clock = clock
        self._store = HazardReportStore(data / HAZARD_REPORTS)

    def close(self) -> None:
        self._store.close()

    def take(self, principal: Principal, new: NewReport, key: str | None = None) -> tuple[HazardReport, bool]:
        """(the report, whether it is new): the same `key` again gives the report there is. ValueError, NotFoundError;
        RefusedError: the key is another report's."""
        demand(principal, Permission.REPORT_HAZARD)
        new = self._placed(principal, new)
        scoped = None if key is None else f"{principal.name}\x1f{key}"
        with _usable():
            return self._store.add(new, principal.by, self._clock.now_ms(), scoped)

    def page(
        self,
        principal: Principal,
        *,
        enterprise: str | None = None,
        unit: str | None = None,
        states: Collection[ReportState] | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> ReportPage:
        """Those in sight."""
        demand(principal, Permission.VIEW)
        sight = self._grounds.now().sight(principal)
        only = sight.narrowed(None if enterprise is None else frozenset({enterprise}))
        with _usable():
            found, more = self._store.page(
                only,
                unit=unit,
                states=states,
                shared_only=principal.tier == "enterprise",
                before=before,
                limit=min(limit, MOST),
            )
        return ReportPage(found, more)

    def whole(self, principal: Principal, report: str) -> tuple[HazardReport, list[ReportStep]]:
        """One and its steps. NotFoundError."""
        found = self._seen(principal, report)
        with _usable():
            steps = self._store.steps(report)
        if principal.tier == "enterprise":
            steps = [step for step in steps if step.name != "reporter"]
        return found, steps

    def reporter(self, principal: Principal, report: str) -> Reporter:
        """Who reported. That the principal looked is kept. NotFoundError."""
        demand(principal, Permission.REPORT_HAZARD)
        self._seen(principal, report)
        with _usable():
            return self._store.reporter(report, principal.by, self._clock.now_ms())

    def link(self, principal: Principal, report: str, alarm: str) -> HazardReport:
        """It is dealt with where the alarm is. NotFoundError; RefusedError: it is closed, or of another enterprise."""
        found = self._open(principal, report)
        record = self._alarms.whole(principal, alarm).record
        if found.enterprise and record.enterprise != found.enterprise:
            raise RefusedError(f"alarm {alarm} is of another enterprise than the report")
        return self._move(principal, report, "linked", ReportState.LINKED, alarm, alarm=alarm)

    def share(self, principal: Principal, report: str) -> HazardReport:
        """Let the enterprise read it."""
        found = self._open(principal, report)
        if not found.enterprise:
            raise RefusedError("it is about no enterprise")
        return self._move(principal, report, "shared", None, "", share=True)

    def close_report(self, principal: Principal, report: str, why: str) -> HazardReport:
        """It is dealt with. ValueError without a reason; RefusedError: it is closed."""
        self._open(principal, report)
        return self._move(principal, report, "closed", ReportState.CLOSED, _words("why", why))

    def reopen(self, principal: Principal, report: str, why: str) -> HazardReport:
        demand(principal, Permission.REPORT_HAZARD)
        found = self._seen(principal, report)
        if found.state is not ReportState.CLOSED:
            raise RefusedError("it is not closed")
        state = ReportState.LINKED if found.alarm else ReportState.NEW
        return self._move(principal, report, "reopened", state, _words("why", why))

    def _move(
        self, principal: Principal, report: str, name: str, state: ReportState | None, why: str,
        *, alarm: str | None = None, share: bool | None = None,
    ) -> HazardReport:  # fmt: skip
        with _usable():
            at_ms = self._clock.now_ms()
            return self._store.move(report, name, state, principal.by, at_ms, why, alarm=alarm, share=share)

    def _placed(self, principal: Principal, new: NewReport) -> NewReport:
        """With the enterprise of its unit; checked."""
        now = self._grounds.now()
        sight = now.sight(principal)
        enterprise = new.enterprise
        if new.unit:
            unit = now.site.units.get(new.unit)
            if unit is None or not sight.sees(unit.enterprise):
                raise NotFoundError(f"there is no unit {new.unit}")
            if enterprise not in ("", unit.enterprise):
                raise ValueError(f"unit {new.unit} is not one of enterprise {enterprise}")
            enterprise = unit.enterprise
        elif enterprise:
            demand_sight(sight, enterprise, f"enterprise {enterprise}")
        elif not new.place.strip():
            raise ValueError("it is not said where: give a unit, an enterprise or a place")
        elif not sight.whole:
            raise ValueError("a place alone can be taken in by who sees the whole site: give a unit or an enterprise")
        for name, text in (("place", new.place), ("name", new.reporter.name), ("phone", new.reporter.phone)):
            if len(text) > _LONGEST_WORD:
                raise ValueError(f"{name} is longer than {_LONGEST_WORD} characters")
        return replace(new, enterprise=enterprise, text=_words("text", new.text))

    def _open(self, principal: Principal, report: str) -> HazardReport:
        demand(principal, Permission.REPORT_HAZARD)
        found = self._seen(principal, report)
        if found.state is ReportState.CLOSED:
            raise RefusedError("it is closed: reopen it first")
        return found

    def _seen(self, principal: Principal, report: str) -> HazardReport:
        demand(principal, Permission.VIEW)
        with _usable():
            found = self._store.find(report)
        if found is None or (principal.tier == "enterprise" and not found.share):
            raise NotFoundError(f"there is no hazard report {report}")
        demand_sight(self._grounds.now().sight(principal), found.enterprise, f"hazard report {report}")
        return found


def _words(name: str, text: str) -> str:
    text = text.strip()
    if not text or len(text) > _LONGEST_TEXT:
        raise ValueError(f"{name} is needed, of at most {_LONGEST_TEXT} characters")
    return text


@contextmanager
def _usable() -> Iterator[None]:
    try:
        yield
    except ReusedKeyError as error:
        raise RefusedError(str(error)) from error
    except (HazardReportsFileError, sqlite3.Error, OSError) as error:
        raise UnavailableError(str(error)) from error
