"""What a call asks for: the site in force, the period, the scope; and the reports made of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from alerts.disposal.causes import all_causes, cause_words
from alerts.kpi.columns import Period
from tocsin.book.facts import has_facts
from tocsin.book.schema import SCHEMA_VERSION, BookError, open_reader
from tocsin.configuration import Configured
from tocsin.database import Database
from tocsin.inventory.rate import online_rate
from tocsin.pages import Lang
from tocsin.records import Records
from tocsin.reports.assessment import assessment_report
from tocsin.reports.coverage import Coverage, coverage_report
from tocsin.reports.delivery import delivery_report
from tocsin.reports.disposal import disposal_report
from tocsin.reports.kpi import kpi_report
from tocsin.reports.period import period_of
from tocsin.reports.scope import Scope, scope_of
from tocsin.reports.sheets import Sheet
from tocsin.reports.tables import (
    assessment_sheets,
    coverage_sheets,
    delivery_sheets,
    disposal_sheets,
    kpi_sheets,
    moment,
)
from tocsin.reports.words import Words

Name = Literal["kpi", "coverage", "disposal", "delivery", "assessment"]
NAMES: Final[tuple[Name, ...]] = ("kpi", "coverage", "disposal", "delivery", "assessment")

Advance = Callable[[float, float], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """A call, understood."""

    records: Records
    configured: Configured
    period: Period
    scope: Scope
    consoles: int
    weights: dict[str, float]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.configured.site.timezone)


@dataclass(frozen=True, slots=True)
class Made:
    """A report: its figures, or why it could not be made."""

    name: Name
    figures: msgspec.Struct | None
    why_not: str = ""

    def sheets(self, asked: Asked, lang: Lang) -> list[Sheet]:
        words = Words(lang)
        figures = self.figures
        match self.name:
            case "kpi":
                return kpi_sheets(figures, words)  # type: ignore[arg-type]
            case "coverage":
                return coverage_sheets(figures, words, asked.zone)  # type: ignore[arg-type]
            case "disposal":
                site = asked.configured.routes.disposal.causes
                codes = {code: cause_words(code, site, lang) for code in all_causes(site)}
                return disposal_sheets(figures, words, codes)  # type: ignore[arg-type]
            case "delivery":
                return delivery_sheets(figures, words)  # type: ignore[arg-type]
            case "assessment":
                return assessment_sheets(figures, words)  # type: ignore[arg-type]


def ask(
    records: Records,
    now_ms: int,
    *,
    month: str | None = None,
    since: str | None = None,
    until: str | None = None,
    region: str | None = None,
    park: str | None = None,
    enterprise: str | None = None,
    consoles: int = 1,
    weights: dict[str, float],
) -> Asked:
    """Read the site in force, and what the call means by it. ValueError, LookupError in words."""
    configured = records.configured()
    period = period_of(month, since, until, ZoneInfo(configured.site.timezone), now_ms)
    scope = scope_of(configured.site, region, park, enterprise)
    return Asked(records, configured, period, scope, consoles, weights)


def make(asked: Asked, names: Sequence[Name], advance: Advance) -> list[Made]:
    """The reports of these names, of one moment of the book. What needs the journal is left out where it tells nothing.

    Where a single report is asked for, ValueError says why it can't be made.
    """
    coverage, why_not = None, ""
    if "coverage" in names or "assessment" in names:
        try:
            coverage = _coverage(asked, advance)
        except ValueError as error:
            if len(names) == 1:
                raise
            why_not = str(error)
    db = open_reader(asked.records.book)
    try:
        if not has_facts(db):
            book = asked.records.book
            raise BookError(f"{book}: of an earlier version: the service brings it up to {SCHEMA_VERSION}")
        with db.view():
            return [
                Made(name, figures, "" if figures else why_not)
                for name, figures in _figures(db, asked, names, coverage)
            ]
    finally:
        db.close()


def _figures(
    db: Database, asked: Asked, names: Sequence[Name], coverage: Coverage | None
) -> list[tuple[Name, msgspec.Struct | None]]:
    site, period, scope = asked.configured.site, asked.period, asked.scope
    made: dict[Name, Callable[[], msgspec.Struct | None]] = {
        "kpi": lambda: kpi_report(db, site, period, scope, asked.consoles),
        "coverage": lambda: coverage,
        "disposal": lambda: disposal_report(db, period, scope),
        "delivery": lambda: delivery_report(db, site, period, scope),
        "assessment": lambda: (
            assessment_report(db, site, period, scope, coverage, asked.weights) if coverage is not None else None
        ),
    }
    return [(name, made[name]()) for name in names]


def _coverage(asked: Asked, advance: Advance) -> Coverage:
    rate = online_rate(asked.records, asked.period.from_ms, asked.period.until_ms, None, None, advance)
    return coverage_report(asked.configured.site, rate, asked.scope)


def head(asked: Asked, name: str, now_ms: int, lang: Lang) -> list[tuple[str, str]]:
    """What a reader must know first: (id, words) of title, site, period, scope, when it was made."""
    words, zone, period = Words(lang), asked.zone, asked.period
    said = words(
        "period",
        from_=moment(period.from_ms, zone),
        until=moment(period.until_ms, zone),
        zone=asked.configured.site.timezone,
    )
    return [
        ("title", words(name)),
        ("site", asked.configured.site.name),
        ("period", said),
        ("scope", words("scope", scope=asked.scope.words or words("whole_site"))),
        ("made", words("made", at=moment(now_ms, zone))),
    ]
