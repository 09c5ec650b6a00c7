"""Who one is, how the centre is, and who did what."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from tocsin.api.answers import answer
from tocsin.api.forms.form import returns
from tocsin.api.forms.given import Limit, TimeMs
from tocsin.api.forms.health import AuditList, Me, PulseForm
from tocsin.api.who import Who
from tocsin.centre.centre import Centre


def health_routes(centre: Centre) -> APIRouter:
    """Under the tag `centre`."""
    router = APIRouter(tags=["centre"])

    @router.get("/me", operation_id="me", responses=returns(Me, "You"))
    def me(request: Request, who: Who) -> Response:
        """Who is behind this request, what they may do and what they see."""
        return answer(request, Me.of(who, [e.enterprise for e in centre.places.enterprises(who)]))

    @router.get("/health", operation_id="health", responses=returns(PulseForm, "The pulse"))
    def health(request: Request, who: Who) -> Response:
        """Whether what is shown is alive: the service, its brokers, its followers, the age of readings."""
        return answer(request, PulseForm.of(centre.health.pulse(who)))

    @router.get("/audit", operation_id="audit", responses=returns(AuditList, "The trail"))
    def audit(
        request: Request,
        who: Who,
        about: Annotated[str | None, Query(max_length=200, description="An alarm, override, call, subject.")] = None,
        by: Annotated[str | None, Query(max_length=200)] = None,
        from_ms: Annotated[TimeMs | None, Query(alias="from", description="ms")] = None,
        to_ms: Annotated[TimeMs | None, Query(alias="to", description="ms")] = None,
        limit: Limit = 100,
    ) -> Response:
        """Who did what, the oldest first, each entry bound to the one before it."""
        found = centre.health.audit(who, limit, about=about, who=by, first_ms=from_ms, end_ms=to_ms)
        return answer(request, AuditList(entries=found))

    return router
