"""Alarms and incidents: lists, one whole, proof of delivery, why, and what people do."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from alerts.machine import OPEN, State
from plant.entries import OperatorActionName
from tocsin.accounts.roles import Principal
from tocsin.api.answers import answer, done
from tocsin.api.forms.alarms import (
    Acting,
    Action,
    Alarm,
    AlarmDelivery,
    AlarmPage,
    AlarmWhole,
    Commenting,
    Event,
    Explanation,
    IncidentForm,
    IncidentList,
    Shelving,
)
from tocsin.api.forms.form import nothing, returns
from tocsin.api.forms.given import Exercise, Id, Lang, Limit, Severity, TimeMs
from tocsin.api.problems import ChangedError
from tocsin.api.who import Who
from tocsin.book.listing import Wanted
from tocsin.centre.centre import Centre
from tocsin.explain.form import explain_form
from tocsin.inventory.regions import regions_of

_NOT_NOW: Final = 409


def alarm_routes(centre: Centre) -> APIRouter:
    """Under the tag `alarms`."""
    router = APIRouter(tags=["alarms"])

    @router.get("/alarms", operation_id="alarms", responses=returns(AlarmPage, "A page of alarms", 404))
    def alarms(
        request: Request,
        who: Who,
        state: Annotated[list[State] | None, Query(description="May be repeated; left out: all that are open.")] = None,
        severity: Annotated[list[Severity] | None, Query(description="What they have now; may be repeated.")] = None,
        enterprise: Annotated[list[str] | None, Query(max_length=1000, description="May be repeated.")] = None,
        region: Annotated[str | None, Query(description="With those below it.")] = None,
        rule: Annotated[str | None, Query(max_length=200)] = None,
        text: Annotated[str, Query(max_length=100, description="In the rule, the subject or the enterprise.")] = "",
        from_ms: Annotated[TimeMs | None, Query(alias="from", description="Raised from then on, ms.")] = None,
        to_ms: Annotated[TimeMs | None, Query(alias="to", description="Raised before then, ms.")] = None,
        after: Annotated[str | None, Query(max_length=100, description="`more` of the page before.")] = None,
        limit: Limit = 100,
        exercise: Exercise = False,
    ) -> Response:
        """Alarms in sight, the most severe first, then the newest: those that are open, unless `state` says else."""
        chosen = None if enterprise is None else set(enterprise)
        if region is not None:
            lie = {e for e, above in regions_of(centre.grounds.now().site).items() if region in above}
            chosen = lie if chosen is None else chosen & lie
        wanted = Wanted(state or OPEN, severity, chosen, rule, from_ms, to_ms, text, after)
        page = centre.alarms.page(who, wanted, limit, exercise=exercise)
        return answer(request, AlarmPage(alarms=[Alarm.of(listed) for listed in page.alarms], more=page.more))

    @router.get("/alarms/{alarm}", operation_id="alarm", responses=returns(AlarmWhole, "The alarm", 404))
    def alarm(request: Request, who: Who, alarm: Id, exercise: Exercise = False) -> Response:
        """All that is known of an alarm."""
        whole = centre.alarms.whole(who, alarm, exercise=exercise)
        now = centre.grounds.now()
        unit = now.site.units.get(now.places.of(whole.record.subject, whole.record.enterprise).unit)
        form = AlarmWhole(
            alarm=Alarm.of(whole),
            events=[Event.of(event) for event in whole.events],
            actions=[Action.of(action) for action in whole.actions],
            incident=whole.incident,
            disposals=list(whole.disposals),
            camera=unit.camera if unit is not None else None,
        )
        return answer(request, form)

    @router.get(
        "/alarms/{alarm}/delivery",
        operation_id="alarm_delivery",
        responses=returns(AlarmDelivery, "Calls and proof", 404),
    )
    def delivery(request: Request, who: Who, alarm: Id, exercise: Exercise = False) -> Response:
        """Who was to be told of it, and every attempt: when, over what, what the provider answered."""
        calls, proof = centre.alarms.delivery(who, alarm, exercise=exercise)
        return answer(request, AlarmDelivery(calls=calls, proof=proof))

    @router.get("/alarms/{alarm}/explain", operation_id="alarm_explain", responses=returns(Explanation, "Why", 404))
    def explain(request: Request, who: Who, alarm: Id, lang: Lang = "zh") -> Response:
        """Why it was raised, decided again from the log under the rules of its time. It may take seconds."""
        return answer(request, explain_form(centre.explanations.of(who, alarm), lang))

    @router.post(
        "/alarms/{alarm}/acknowledge",
        operation_id="alarm_acknowledge",
        status_code=204,
        responses=nothing("Acknowledged"),
    )
    def acknowledge(who: Who, alarm: Id, given: Acting) -> Response:
        """Take it in hand. With `if_level` an alarm that has risen since is not acknowledged by mistake."""
        return act(who, alarm, "acknowledge", given.comment, given.if_level)

    @router.post("/alarms/{alarm}/reset", operation_id="alarm_reset", status_code=204, responses=nothing("Reset"))
    def reset(who: Who, alarm: Id, given: Acting) -> Response:
        """Let go of a latched alarm whose condition is over."""
        return act(who, alarm, "reset", given.comment, given.if_level)

    @router.post("/alarms/{alarm}/shelve", operation_id="alarm_shelve", status_code=204, responses=nothing("Shelved"))
    def shelve(who: Who, alarm: Id, given: Shelving) -> Response:
        """Withhold its notices, for a reason and a time."""
        until_ms = given.until
        if given.for_s is not None:
            until_ms = centre.clock.now_ms() + round(given.for_s * 1000)
        demand_level(who, alarm, given.if_level)
        centre.alarms.act(who, alarm, "shelve", given.why, until_ms, one_shot=given.one_shot)
        return done()

    @router.post(
        "/alarms/{alarm}/unshelve", operation_id="alarm_unshelve", status_code=204, responses=nothing("Off the shelf")
    )
    def unshelve(who: Who, alarm: Id, given: Acting) -> Response:
        """Take it off the shelf."""
        return act(who, alarm, "unshelve", given.comment, given.if_level)

    @router.post(
        "/alarms/{alarm}/comment", operation_id="alarm_comment", status_code=204, responses=nothing("Written down")
    )
    def comment(who: Who, alarm: Id, given: Commenting) -> Response:
        """Write something beside it."""
        return act(who, alarm, "comment", given.comment, None)

    @router.get("/incidents", operation_id="incidents", responses=returns(IncidentList, "Incidents in sight"))
    def incidents(
        request: Request,
        who: Who,
        every: Annotated[bool, Query(description="Also those that have ended.")] = False,
        limit: Limit = 100,
    ) -> Response:
        """Alarms that belong together, and which came first; the newest first."""
        found = centre.alarms.incidents(who, limit, every=every)
        return answer(request, IncidentList(incidents=[IncidentForm.of(incident) for incident in found]))

    def act(who: Principal, alarm: str, action: OperatorActionName, comment: str, if_level: str | None) -> Response:
        demand_level(who, alarm, if_level)
        centre.alarms.act(who, alarm, action, comment)
        return done()

    def demand_level(who: Principal, alarm: str, if_level: str | None) -> None:
        if if_level is None:
            return
        level = centre.alarms.whole(who, alarm).record.peak_level
        if level != if_level:
            raise ChangedError(f"alarm {alarm} is at level {level}, not {if_level}: look at it again")

    return router
