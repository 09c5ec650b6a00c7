"""Reports as JSON (docs/reference/reports.md)."""

from typing import Any, Self

import msgspec

from tocsin.api.forms.form import Form
from tocsin.centre.reports import MadeReports
from tocsin.reports.assessment import Assessment
from tocsin.reports.coverage import Coverage
from tocsin.reports.delivery import Delivery as DeliveryReport
from tocsin.reports.disposal import DisposalReport
from tocsin.reports.kpi import Kpi


class ReportForm(Form, omit_defaults=True):
    """The reports that were asked for, under their names."""

    from_ms: int
    until_ms: int
    scope: str
    """What was asked for, in words; empty: the whole site."""
    kpi: Kpi | None = None
    coverage: Coverage | None = None
    disposal: DisposalReport | None = None
    delivery: DeliveryReport | None = None
    assessment: Assessment | None = None
    why_not: dict[str, str] = msgspec.field(default_factory=dict)
    """Of the month's report, which parts could not be made, and why."""

    @classmethod
    def of(cls, made: MadeReports) -> Self:
        period, scope = made.asked.period, made.asked.scope
        figures: dict[str, Any] = {one.name: one.figures for one in made.made}
        why_not: dict[str, str] = {one.name: one.why_not for one in made.made if one.figures is None}
        return cls(from_ms=period.from_ms, until_ms=period.until_ms, scope=scope.words, why_not=why_not, **figures)
