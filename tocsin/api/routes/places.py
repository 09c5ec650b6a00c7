"""Sites, regions, enterprises, units, points, their values and trends."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from tocsin.api.answers import answer
from tocsin.api.forms.form import returns
from tocsin.api.forms.given import Id, Limit, TimeMs
from tocsin.api.forms.places import (
    EnterpriseList,
    EnterpriseWhole,
    LatestForm,
    LatestList,
    LimitForm,
    PointForm,
    PointPage,
    PointWhole,
    RegionList,
    SiteForm,
    TrendForm,
    UnitPage,
    UnitWhole,
)
from tocsin.api.problems import ProblemError
from tocsin.api.who import Who
from tocsin.centre.centre import Centre

MOST_VALUES: Final = 2000
_DAY_MS: Final = 86_400_000
_LONGEST_MS: Final = 3 * 366 * _DAY_MS

_TREND: Final = {
    "point": "E001-GAS-01",
    "from_ms": 1795305600000,
    "to_ms": 1795305720000,
    "resolution": "minute",
    "step_ms": 60000,
    "source": "influx",
    "at_ms": [1795305600000, 1795305660000],
    "low": [1.1, 1.2],
    "mean": [1.4, 1.5],
    "high": [2.0, 1.9],
    "last": [1.3, 1.6],
    "bad": [0.0, 0.0],
    "cut_at_ms": None,
    "note": "",
}


def place_routes(centre: Centre) -> APIRouter:
    """Under the tag `places`, and `values`."""
    router = APIRouter()

    @router.get("/site", tags=["places"], operation_id="site", responses=returns(SiteForm, "The site"))
    def site(request: Request, who: Who) -> Response:
        """What the site is called, and how much of it you see."""
        head = centre.place_lists.head(who)
        of = head.site
        form = SiteForm(
            name=of.name,
            timezone=of.timezone,
            lat=of.centre[0] if of.centre is not None else None,
            lon=of.centre[1] if of.centre is not None else None,
            enterprises=head.enterprises,
            units=head.units,
            points=head.points,
        )
        return answer(request, form)

    @router.get("/regions", tags=["places"], operation_id="regions", responses=returns(RegionList, "All regions"))
    def regions(request: Request, who: Who) -> Response:
        """The regions of the site and how they lie in one another."""
        return answer(request, RegionList(regions=centre.place_lists.regions(who)))

    @router.get(
        "/enterprises",
        tags=["places"],
        operation_id="enterprises",
        responses=returns(EnterpriseList, "Enterprises in sight"),
    )
    def enterprises(request: Request, who: Who) -> Response:
        """The enterprises that you see, in the order of enterprises.csv."""
        return answer(request, EnterpriseList(enterprises=centre.places.enterprises(who)))

    @router.get(
        "/enterprises/{enterprise}",
        tags=["places"],
        operation_id="enterprise",
        responses=returns(EnterpriseWhole, "The enterprise", 404),
    )
    def enterprise(request: Request, who: Who, enterprise: Id) -> Response:
        """One enterprise with its units."""
        found, units = centre.places.enterprise(who, enterprise)
        return answer(request, EnterpriseWhole(enterprise=found, units=units))

    @router.get("/units", tags=["places"], operation_id="units", responses=returns(UnitPage, "A page of units"))
    def units(
        request: Request,
        who: Who,
        enterprise: str | None = None,
        after: Annotated[str | None, Query(description="`more` of the page before.")] = None,
        limit: Limit = 100,
    ) -> Response:
        """Units in sight, of one enterprise or all."""
        page = centre.place_lists.units(who, enterprise, after, limit)
        return answer(request, UnitPage(units=page.places, more=page.more))

    @router.get("/units/{unit}", tags=["places"], operation_id="unit", responses=returns(UnitWhole, "The unit", 404))
    def unit(request: Request, who: Who, unit: Id) -> Response:
        """One unit with its points and the link to its camera."""
        whole = centre.places.unit(who, unit)
        points = [PointForm.of(point) for point in whole.points]
        return answer(request, UnitWhole(unit=whole.unit, enterprise=whole.enterprise, points=points))

    @router.get("/points", tags=["places"], operation_id="points", responses=returns(PointPage, "A page of points"))
    def points(
        request: Request,
        who: Who,
        enterprise: str | None = None,
        unit: str | None = None,
        kind: Annotated[str | None, Query(description="Such as gas.combustible, or gas.*")] = None,
        text: Annotated[str, Query(max_length=100, description="Stands in the id.")] = "",
        after: Annotated[str | None, Query(description="`more` of the page before.")] = None,
        limit: Limit = 100,
    ) -> Response:
        """Points in sight."""
        page = centre.place_lists.points(
            who, enterprise=enterprise, unit=unit, kind=kind, text=text, after=after, limit=limit
        )
        return answer(request, PointPage(points=[PointForm.of(point) for point in page.places], more=page.more))

    @router.get(
        "/points/{point}", tags=["places"], operation_id="point", responses=returns(PointWhole, "The point", 404)
    )
    def point(request: Request, who: Who, point: Id) -> Response:
        """One point, the limits that the rules in force give it, and the rules that watch it."""
        found, place = centre.places.point(who, point)
        limits = [LimitForm(**limit._asdict()) for limit in centre.rules_of.limits(who, [point])[point]]
        rules = [rule.id for rule in centre.rules_of.rules(who, point)]
        form = PointWhole(point=PointForm.of(found), regions=place.regions, park=place.park, limits=limits, rules=rules)
        return answer(request, form)

    @router.get(
        "/values", tags=["values"], operation_id="latest_values", responses=returns(LatestList, "Last readings", 404)
    )
    def values(
        request: Request,
        who: Who,
        point: Annotated[list[str] | None, Query(max_length=MOST_VALUES, description="May be repeated.")] = None,
        unit: Annotated[str | None, Query(description="All points of this unit.")] = None,
    ) -> Response:
        """The last readings of these points. Points out of sight, and those not heard lately, are left out."""
        wanted = list(point or ())
        if unit is not None:
            wanted += [p.point for p in centre.places.unit(who, unit).points]
        if not wanted:
            raise ProblemError(422, "give point or unit", "invalid")
        latest = centre.places.latest(who, wanted[:MOST_VALUES])
        return answer(request, LatestList(values=[LatestForm.of(found) for found in latest.values()]))

    @router.get(
        "/points/{point}/trend",
        tags=["values"],
        operation_id="trend",
        responses=returns(TrendForm, "The trend", 404, example=_TREND),
    )
    def trend(
        request: Request,
        who: Who,
        point: Id,
        from_ms: Annotated[TimeMs | None, Query(alias="from", description="ms; a day before `to` if left out")] = None,
        to_ms: Annotated[TimeMs | None, Query(alias="to", description="ms, left out of the span; now")] = None,
        most_points: Annotated[int, Query(ge=2, le=20_000, description="About so many rows.")] = 1000,
    ) -> Response:
        """The readings of a point over a span: raw, by minutes or by hours, as fits."""
        end_ms = centre.clock.now_ms() if to_ms is None else to_ms
        begin_ms = max(0, end_ms - _DAY_MS) if from_ms is None else from_ms
        if not 0 < end_ms - begin_ms <= _LONGEST_MS:
            raise ProblemError(422, "to must lie after from, by three years at most", "invalid")
        found = centre.trends.trend(who, point, begin_ms, end_ms, most_points)
        return answer(request, found)

    return router
