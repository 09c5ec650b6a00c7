"""Overrides and held notices."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from tocsin.api.answers import answer, done
from tocsin.api.forms.form import nothing, returns
from tocsin.api.forms.given import Exercise, Id, Limit, MaybeWhy
from tocsin.api.forms.overrides import (
    HeldForm,
    HeldList,
    OverrideForm,
    OverrideId,
    OverrideList,
    Overriding,
    ProposedForm,
    ProposedList,
    Settling,
)
from tocsin.api.who import Who
from tocsin.centre.centre import Centre


def override_routes(centre: Centre) -> APIRouter:
    """Under the tags `overrides` and `notices`."""
    router = APIRouter()

    @router.get(
        "/overrides",
        tags=["overrides"],
        operation_id="overrides",
        responses=returns(OverrideList, "Overrides in sight", 404),
    )
    def overrides(
        request: Request,
        who: Who,
        every: Annotated[bool, Query(description="Also those that have ended.")] = False,
        limit: Limit = 100,
        exercise: Exercise = False,
    ) -> Response:
        """What is shelved, out of service or disabled, the newest first."""
        found = centre.overrides.page(who, limit, every=every, exercise=exercise)
        return answer(request, OverrideList(overrides=[OverrideForm.of(one) for one in found]))

    @router.post(
        "/overrides",
        tags=["overrides"],
        operation_id="override_begin",
        status_code=201,
        responses=returns(OverrideId, "In force", 404, 409, status=201),
    )
    def begin(request: Request, who: Who, given: Overriding) -> Response:
        """Withhold notices, for a reason and a time."""
        override = centre.overrides.begin(who, given.wanted(centre.clock.now_ms()))
        return answer(request, OverrideId(id=override), 201)

    @router.post(
        "/overrides/{override}/end",
        tags=["overrides"],
        operation_id="override_end",
        status_code=204,
        responses=nothing("Ended"),
    )
    def end(who: Who, override: Id, given: MaybeWhy) -> Response:
        """End it before its time: what still needs somebody is told of now."""
        centre.overrides.end(who, override, given.why)
        return done()

    @router.get(
        "/proposed-overrides",
        tags=["overrides"],
        operation_id="proposed_overrides",
        responses=returns(ProposedList, "What waits for a second person"),
    )
    def proposed(request: Request, who: Who) -> Response:
        """Calibrations and tests that wait for a second person."""
        found = centre.overrides.proposed(who)
        return answer(request, ProposedList(proposed=[ProposedForm.of(one) for one in found]))

    @router.post(
        "/proposed-overrides",
        tags=["overrides"],
        operation_id="override_propose",
        status_code=201,
        responses=returns(ProposedForm, "Waits for a second person", 404, 409, status=201),
    )
    def propose(request: Request, who: Who, given: Overriding) -> Response:
        """Propose a calibration or test of a point that withholds even levels that are never suppressed."""
        found = centre.overrides.propose(who, given.wanted(centre.clock.now_ms()))
        return answer(request, ProposedForm.of(found), 201)

    @router.post(
        "/proposed-overrides/{override}/approve",
        tags=["overrides"],
        operation_id="override_approve",
        status_code=204,
        responses=nothing("In force"),
    )
    def approve(who: Who, override: Id) -> Response:
        """Approve what another person has proposed."""
        centre.overrides.approve(who, override)
        return done()

    @router.post(
        "/proposed-overrides/{override}/reject",
        tags=["overrides"],
        operation_id="override_reject",
        status_code=204,
        responses=nothing("Gone"),
    )
    def reject(who: Who, override: Id) -> Response:
        """Take back one's own proposal, or stop another's."""
        centre.overrides.reject(who, override)
        return done()

    @router.get(
        "/notices/held", tags=["notices"], operation_id="held_notices", responses=returns(HeldList, "Held calls")
    )
    def held(request: Request, who: Who, limit: Limit = 100) -> Response:
        """Calls that wait for an approval."""
        return answer(request, HeldList(held=[HeldForm.of(one) for one in centre.notices.held(who, limit)]))

    @router.post(
        "/notices/approve",
        tags=["notices"],
        operation_id="notice_approve",
        status_code=204,
        responses=nothing("It goes out"),
    )
    def approve_notice(who: Who, given: Settling) -> Response:
        """Let a held call go out."""
        centre.notices.approve(who, given.key)
        return done()

    @router.post(
        "/notices/reject",
        tags=["notices"],
        operation_id="notice_reject",
        status_code=204,
        responses=nothing("Stopped for good"),
    )
    def reject_notice(who: Who, given: Settling) -> Response:
        """Stop a held call for good."""
        centre.notices.reject(who, given.key)
        return done()

    return router
