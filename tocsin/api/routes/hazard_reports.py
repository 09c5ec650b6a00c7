"""Hazard reports: taken in, listed, linked with an alarm, closed."""

from typing import Annotated

from fastapi import APIRouter, Body, Header, Query, Request, Response

from tocsin.api.answers import answer
from tocsin.api.forms.form import returns
from tocsin.api.forms.given import Id, Limit, Why
from tocsin.api.forms.hazard_reports import (
    HazardReportPage,
    HazardReportWhole,
    HazardStep,
    Linking,
    Reporting,
)
from tocsin.api.who import Who
from tocsin.centre.centre import Centre
from tocsin.hazard_reports.record import HazardReport, Reporter, ReportState

_EXAMPLE = {
    "summary": "A call to 12350",
    "value": {
        "kind": "hotline",
        "text": "机油味很重，夜里更重",
        "unit": "E001-MIX",
        "reporter": {"name": "张三", "phone": "13800000000"},
    },
}
Given = Annotated[Reporting, Body(openapi_examples={"hotline": _EXAMPLE})]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="The same key with the same body is one report, however often it is sent.",
    ),
]


def hazard_report_routes(centre: Centre) -> APIRouter:
    """Under the tag `hazard reports`."""
    router = APIRouter(tags=["hazard reports"])
    taken = returns(HazardReport, "Taken in", 404, 409, status=201)
    taken[200] = {**taken[201], "description": "It was taken in before, with the same key"}

    @router.post("/reports", operation_id="report_hazard", status_code=201, responses=taken)
    @router.post("/hazard-reports", operation_id="hazard_report_take", status_code=201, responses=taken)
    def take(request: Request, who: Who, given: Given, key: Key = None) -> Response:
        """Take in a report of the public hotline or of an inspection."""
        report, is_new = centre.hazard_reports.take(who, given.report(), key)
        return answer(request, report, 201 if is_new else 200)

    @router.get(
        "/hazard-reports", operation_id="hazard_reports", responses=returns(HazardReportPage, "Reports in sight")
    )
    def page(
        request: Request,
        who: Who,
        enterprise: str | None = None,
        unit: str | None = None,
        state: Annotated[list[ReportState] | None, Query(description="May be repeated.")] = None,
        before: Annotated[int | None, Query(ge=1, le=2**62, description="`more` of the page before.")] = None,
        limit: Limit = 100,
    ) -> Response:
        """The newest first. An enterprise sees those that are shared with it."""
        found = centre.hazard_reports.page(
            who, enterprise=enterprise, unit=unit, states=state, before=before, limit=limit
        )
        return answer(request, HazardReportPage(reports=found.reports, more=found.more))

    @router.get(
        "/hazard-reports/{report}",
        operation_id="hazard_report",
        responses=returns(HazardReportWhole, "The report", 404),
    )
    def whole(request: Request, who: Who, report: Id) -> Response:
        """A report with its steps."""
        found, steps = centre.hazard_reports.whole(who, report)
        return answer(request, HazardReportWhole(report=found, steps=[HazardStep.of(step) for step in steps]))

    @router.post(
        "/hazard-reports/{report}/reporter",
        operation_id="hazard_report_reporter",
        responses=returns(Reporter, "Who reported", 404),
    )
    def reporter(request: Request, who: Who, report: Id) -> Response:
        """Who reported. That you looked is written down: so it is a POST."""
        return answer(request, centre.hazard_reports.reporter(who, report), headers={"cache-control": "no-store"})

    changed = returns(HazardReport, "As it is now", 404, 409)

    @router.post("/hazard-reports/{report}/link", operation_id="hazard_report_link", responses=changed)
    def link(request: Request, who: Who, report: Id, given: Linking) -> Response:
        """It is dealt with where this alarm is."""
        return answer(request, centre.hazard_reports.link(who, report, given.alarm))

    @router.post("/hazard-reports/{report}/share", operation_id="hazard_report_share", responses=changed)
    def share(request: Request, who: Who, report: Id) -> Response:
        """Let the enterprise read it."""
        return answer(request, centre.hazard_reports.share(who, report))

    @router.post("/hazard-reports/{report}/close", operation_id="hazard_report_close", responses=changed)
    def close(request: Request, who: Who, report: Id, given: Why) -> Response:
        """It is dealt with."""
        return answer(request, centre.hazard_reports.close_report(who, report, given.why))

    @router.post("/hazard-reports/{report}/reopen", operation_id="hazard_report_reopen", responses=changed)
    def reopen(request: Request, who: Who, report: Id, given: Why) -> Response:
        """It was not."""
        return answer(request, centre.hazard_reports.reopen(who, report, given.why))

    return router
