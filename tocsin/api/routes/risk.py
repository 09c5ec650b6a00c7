"""Risk of places, devices, coverage, online rates."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from tocsin.api.answers import answer
from tocsin.api.forms.form import returns
from tocsin.api.forms.given import Id, Lang, Limit, TimeMs
from tocsin.api.forms.risk import ChangeForm, Changes, DeviceList, OnlineForm, RiskForm, RiskList
from tocsin.api.who import Who
from tocsin.centre.centre import Centre
from tocsin.inventory.standing import State
from tocsin.reports.coverage import Coverage


def risk_routes(centre: Centre) -> APIRouter:
    """Under the tags `risk` and `devices`."""
    router = APIRouter()

    @router.get("/risk", tags=["risk"], operation_id="risk", responses=returns(RiskList, "Places in sight"))
    def risk(request: Request, who: Who, lang: Lang = "zh") -> Response:
        """Site, regions, parks and enterprises in sight, those above first."""
        places = [RiskForm.of(0, one, lang) for one in centre.risk.rolled_up(who)]
        return answer(request, RiskList(places=places))

    @router.get("/risk/{place}", tags=["risk"], operation_id="risk_of", responses=returns(RiskList, "The place", 404))
    def risk_of(
        request: Request,
        who: Who,
        place: Id,
        every: Annotated[bool, Query(description="Down to points everywhere.")] = False,
        lang: Lang = "zh",
    ) -> Response:
        """A region, park, enterprise, unit or point (`kind:id` where several have the id) and what lies in it."""
        places = [RiskForm.of(depth, one, lang) for depth, one in centre.risk.below(who, place, every=every)]
        return answer(request, RiskList(places=places))

    @router.get(
        "/risk/{place}/history",
        tags=["risk"],
        operation_id="risk_history",
        responses=returns(Changes, "Colours and when", 404),
    )
    def history(
        request: Request,
        who: Who,
        place: Id,
        from_ms: Annotated[TimeMs | None, Query(alias="from", description="ms")] = None,
        to_ms: Annotated[TimeMs | None, Query(alias="to", description="ms")] = None,
    ) -> Response:
        """What colours a place had."""
        found = centre.risk.history(who, place, from_ms, to_ms)
        return answer(request, Changes(changes=[ChangeForm(**change._asdict()) for change in found]))

    @router.get("/devices", tags=["devices"], operation_id="devices", responses=returns(DeviceList, "Devices", 404))
    def devices(
        request: Request,
        who: Who,
        state: Annotated[list[State] | None, Query(description="May be repeated.")] = None,
        enterprise: str | None = None,
        skip: Annotated[int, Query(ge=0, description="`more` of the page before.")] = 0,
        limit: Limit = 100,
    ) -> Response:
        """Which devices report, and how well they are."""
        inventory, live = centre.devices.inventory(who)
        rows = [
            d
            for d in inventory.devices
            if (not state or d.state in state) and (enterprise is None or d.enterprise == enterprise)
        ]
        shares = [s for s in inventory.shares if enterprise is None or (s.scope, s.id) == ("enterprise", enterprise)]
        form = DeviceList(
            as_of_ms=inventory.as_of_ms,
            since_ms=inventory.since_ms,
            live=live,
            devices=rows[skip : skip + limit],
            shares=shares,
            more=skip + limit if len(rows) > skip + limit else None,
        )
        return answer(request, form)

    @router.get("/coverage", tags=["devices"], operation_id="coverage", responses=returns(Coverage, "Coverage"))
    def coverage(request: Request, who: Who) -> Response:
        """Whether everything that units in sight must have is there, and was heard within a day."""
        return answer(request, centre.devices.coverage(who))

    @router.get(
        "/devices/online-rate",
        tags=["devices"],
        operation_id="online_rate",
        responses=returns(OnlineForm, "Online rates"),
    )
    def online_rate(
        request: Request, who: Who, hours: Annotated[int, Query(ge=1, le=744, description="The last so many.")] = 24
    ) -> Response:
        """How long devices in sight were online. Reads the journal: it may take a while."""
        rate = centre.devices.online_rate(who, hours, lambda done, total: None)
        form = OnlineForm(
            from_ms=rate.from_ms,
            to_ms=rate.to_ms,
            listened_ms=rate.listened_ms,
            paused_ms=rate.paused_ms,
            pauses=rate.pauses,
            devices=list(rate.devices),
            shares=list(rate.shares),
        )
        return answer(request, form)

    return router
