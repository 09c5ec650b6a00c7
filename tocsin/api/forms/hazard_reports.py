"""Hazard reports of the public hotline and of inspections."""

from typing import Annotated, Literal, Self

from pydantic import Field

from tocsin.api.forms.form import Form
from tocsin.api.forms.given import Given, Reason, TimeMs
from tocsin.hazard_reports.record import HazardReport, NewReport, Reporter, ReportStep

Place = Annotated[str, Field(max_length=200)]


class HazardReportPage(Form):
    """The newest first. `more` is the `before` of the next page; null: there is none."""

    reports: list[HazardReport]
    more: int | None


class HazardStep(Form):
    """What was done with a report, by whom and when."""

    n: int
    name: str
    by: str
    at_ms: int
    why: str

    @classmethod
    def of(cls, step: ReportStep) -> Self:
        return cls(**step._asdict())


class HazardReportWhole(Form):
    """A report and its steps, in order."""

    report: HazardReport
    steps: list[HazardStep]


class ReportingPerson(Given):
    """Who reported: kept apart from the report."""

    name: Annotated[str, Field(max_length=100)] = ""
    phone: Annotated[str, Field(max_length=40)] = ""


class Reporting(Given):
    """A hazard report. Where it is: a unit, else an enterprise, else a place in words."""

    kind: Annotated[Literal["hotline", "inspection"], Field(description="hotline is 12350.")]
    text: Reason
    unit: Place = ""
    enterprise: Place = ""
    place: Place = ""
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    reported_at: TimeMs | None = None
    share: Annotated[bool, Field(description="The enterprise may read it.")] = False
    reporter: ReportingPerson = ReportingPerson()

    def report(self) -> NewReport:
        return NewReport(
            kind=self.kind,
            text=self.text,
            unit=self.unit,
            enterprise=self.enterprise,
            place=self.place,
            lat=self.lat,
            lon=self.lon,
            reported_at_ms=self.reported_at,
            share=self.share,
            reporter=Reporter(self.reporter.name, self.reporter.phone),
        )


class Linking(Given):
    alarm: Annotated[str, Field(min_length=1, max_length=200)]
