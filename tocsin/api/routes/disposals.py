"""Disposals: lists, one whole, its steps, evidence."""

from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Final

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile
from starlette.responses import StreamingResponse

from alerts.disposal.machine import DisposalState
from plant.entries import DisposalActionName
from tocsin.accounts.roles import Principal
from tocsin.api.answers import answer, done, file_headers
from tocsin.api.files import copied, kind_of
from tocsin.api.forms.disposals import (
    Assigning,
    Causes,
    DisposalForm,
    DisposalList,
    DisposalsOfAlarm,
    Filed,
    NamingCause,
    Noting,
    Submitting,
)
from tocsin.api.forms.form import media, nothing, returns
from tocsin.api.forms.given import Exercise, Id, Lang, Limit, MaybeWhy, Why
from tocsin.api.who import Who
from tocsin.book.disposals import UNDER_WAY
from tocsin.centre.centre import Centre

_UNDER: Final = "/alarms/{alarm}/disposal"
_CHUNK: Final = 1 << 20


def disposal_routes(centre: Centre) -> APIRouter:
    """Under the tag `disposals`."""
    router = APIRouter(tags=["disposals"])

    @router.get("/disposals", operation_id="disposals", responses=returns(DisposalList, "Disposals in sight", 404))
    def disposals(
        request: Request,
        who: Who,
        state: Annotated[
            list[DisposalState] | None, Query(description="May be repeated; left out: those under way.")
        ] = None,
        enterprise: Annotated[list[str] | None, Query(max_length=1000)] = None,
        overdue: Annotated[bool, Query(description="Only those whose deadline was missed.")] = False,
        limit: Limit = 100,
        exercise: Exercise = False,
    ) -> Response:
        """What is done about alarms, the newest first."""
        found = centre.disposals.page(
            who, state or UNDER_WAY, enterprises=enterprise, overdue=overdue, limit=limit, exercise=exercise
        )
        return answer(request, DisposalList(disposals=found))

    @router.get("/disposal-causes", operation_id="disposal_causes", responses=returns(Causes, "Causes and words"))
    def causes(request: Request, who: Who, lang: Lang = "zh") -> Response:
        """The causes that may be named: the product's and the site's."""
        return answer(request, Causes(causes=centre.disposals.causes(who, lang)))

    @router.get(_UNDER, operation_id="disposals_of_alarm", responses=returns(DisposalsOfAlarm, "Disposals", 404))
    def of_alarm(request: Request, who: Who, alarm: Id, exercise: Exercise = False) -> Response:
        """The disposals of an alarm with every step."""
        found = centre.disposals.of_alarm(who, alarm, exercise=exercise)
        return answer(request, DisposalsOfAlarm(disposals=[DisposalForm.of(story) for story in found]))

    @router.post(f"{_UNDER}/open", operation_id="disposal_open", status_code=204, responses=nothing("Opened"))
    def open_(who: Who, alarm: Id, given: Why) -> Response:
        """Open one by hand, of an alarm that does not need one."""
        return step(who, alarm, "open", why=given.why)

    @router.post(f"{_UNDER}/assign", operation_id="disposal_assign", status_code=204, responses=nothing("Assigned"))
    def assign(who: Who, alarm: Id, given: Assigning) -> Response:
        """Give it to a contact of the site."""
        return step(who, alarm, "assign", to=given.to, due="" if given.due is None else str(given.due))

    @router.post(f"{_UNDER}/start", operation_id="disposal_start", status_code=204, responses=nothing("Begun"))
    def start(who: Who, alarm: Id) -> Response:
        """Begin with it; where nobody has it, it is yours."""
        return step(who, alarm, "start")

    @router.post(f"{_UNDER}/note", operation_id="disposal_note", status_code=204, responses=nothing("Written down"))
    def note(who: Who, alarm: Id, given: Noting) -> Response:
        """Write down what was done or found."""
        return step(who, alarm, "note", text=given.text)

    @router.post(f"{_UNDER}/cause", operation_id="disposal_cause", status_code=204, responses=nothing("Named"))
    def cause(who: Who, alarm: Id, given: NamingCause) -> Response:
        """Name the cause."""
        return step(who, alarm, "cause", code=given.code, text=given.text)

    @router.post(f"{_UNDER}/submit", operation_id="disposal_submit", status_code=204, responses=nothing("Submitted"))
    def submit(who: Who, alarm: Id, given: Submitting) -> Response:
        """Say that it is done: another person looks at it now."""
        return step(who, alarm, "submit", text=given.text)

    @router.post(f"{_UNDER}/reject", operation_id="disposal_reject", status_code=204, responses=nothing("Sent back"))
    def reject(who: Who, alarm: Id, given: Why) -> Response:
        """Send back what was submitted."""
        return step(who, alarm, "reject", why=given.why)

    @router.post(f"{_UNDER}/verify", operation_id="disposal_verify", status_code=204, responses=nothing("Verified"))
    def verify(who: Who, alarm: Id, given: Submitting) -> Response:
        """Confirm what another person has submitted."""
        return step(who, alarm, "verify", text=given.text)

    @router.post(f"{_UNDER}/close", operation_id="disposal_close", status_code=204, responses=nothing("Closed"))
    def close(who: Who, alarm: Id, given: MaybeWhy) -> Response:
        """Close it. While the alarm's condition is on, say why all the same."""
        return step(who, alarm, "close", why=given.why)

    @router.post(f"{_UNDER}/reopen", operation_id="disposal_reopen", status_code=204, responses=nothing("Open again"))
    def reopen(who: Who, alarm: Id, given: Why) -> Response:
        """Open a closed one again."""
        return step(who, alarm, "reopen", why=given.why)

    @router.post(
        f"{_UNDER}/evidence",
        operation_id="disposal_evidence",
        status_code=201,
        responses=returns(Filed, "Filed", 404, 409, 413, 415, status=201),
    )
    def evidence(
        request: Request,
        who: Who,
        alarm: Id,
        file: Annotated[UploadFile, File(description="A photo, a film, a document of at most 64 MiB.")],
        text: Annotated[str, Form(max_length=4000)] = "",
    ) -> Response:
        """File a piece of evidence. What it is, is told by its first bytes."""
        name = Path((file.filename or "").replace("\\", "/")).name or "evidence"
        kind = kind_of(file.file, name)
        with NamedTemporaryFile(prefix="tocsin-evidence-") as kept:
            copied(file.file, kept)
            digest = centre.disposals.file_evidence(who, alarm, name[:255], kind, Path(kept.name), text)
        return answer(request, Filed(sha256=digest), 201)

    @router.get(
        f"{_UNDER}/evidence/{{sha256}}",
        operation_id="disposal_evidence_file",
        responses=media("application/octet-stream", "The file, to be saved", 404),
    )
    def evidence_file(who: Who, alarm: Id, sha256: Id) -> Response:
        """A piece of evidence as it was filed."""
        piece = centre.disposals.evidence(who, alarm, sha256)
        headers = {**file_headers(piece.name), "content-length": str(piece.size)}
        return StreamingResponse(piece.chunks, headers=headers, media_type="application/octet-stream")

    def step(who: Principal, alarm: str, action: DisposalActionName, **fields: str) -> Response:
        centre.disposals.step(who, alarm, action, {name: text for name, text in fields.items() if text})
        return done()

    return router
