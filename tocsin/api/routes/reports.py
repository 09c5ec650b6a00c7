"""Reports over a period, as JSON or CSV."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from tocsin.api.answers import answer, file_headers
from tocsin.api.forms.form import returns
from tocsin.api.forms.given import Lang
from tocsin.api.forms.reports import ReportForm
from tocsin.api.who import Who
from tocsin.centre.centre import Centre
from tocsin.reports.gather import NAMES

ReportName = Literal["kpi", "coverage", "disposal", "delivery", "assessment", "month"]


def report_routes(centre: Centre) -> APIRouter:
    """Under the tag `reports`."""
    router = APIRouter(tags=["reports"])
    responses = returns(ReportForm, "The report", 404, 409)
    responses[200]["content"]["text/csv"] = {"schema": {"type": "string"}}

    @router.get("/reports/{name}", operation_id="report", responses=responses)
    def report(
        request: Request,
        who: Who,
        name: ReportName,
        month: Annotated[str | None, Query(max_length=7, description="Such as 2026-10.")] = None,
        since: Annotated[str | None, Query(alias="from", max_length=40, description="A date, RFC 3339 or ms.")] = None,
        until: Annotated[str | None, Query(alias="to", max_length=40, description="The same; left out of it.")] = None,
        region: Annotated[str | None, Query(max_length=200)] = None,
        park: Annotated[str | None, Query(max_length=200)] = None,
        enterprise: Annotated[str | None, Query(max_length=200)] = None,
        consoles: Annotated[int, Query(ge=1, le=100, description="How many share the alarms.")] = 1,
        form: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
        lang: Lang = "zh",
    ) -> Response:
        """kpi, coverage, disposal, delivery, assessment, or all of them (month); the last full month if none is given.

        Of what you see. Coverage and assessment read the journal of the period: they may take a while.
        """
        names = NAMES if name == "month" else (name,)
        made = centre.reports.make(
            who,
            names,
            month=month,
            since=since,
            until=until,
            region=region,
            park=park,
            enterprise=enterprise,
            consoles=consoles,
        )
        if form == "csv":
            text = made.csv(lang).encode("utf-8-sig")  # spreadsheets know it for UTF-8 by its mark
            return Response(text, headers=file_headers(f"{name}.csv"), media_type="text/csv; charset=utf-8")
        return answer(request, ReportForm.of(made))

    return router
