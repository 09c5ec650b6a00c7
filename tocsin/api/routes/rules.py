"""Rules in force, and what others would have done."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import msgspec
from fastapi import APIRouter, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from tocsin.api.answers import answer
from tocsin.api.forms.form import media, returns
from tocsin.api.forms.given import Id
from tocsin.api.forms.rules import RuleForm, RuleList, RuleShort, ValueForm, WhatIf
from tocsin.api.who import Who
from tocsin.centre.centre import Centre
from tocsin.centre.rules import rule_form
from tocsin.whatif.job import Job

_LOOK_S: Final = 0.3


def rule_routes(centre: Centre) -> APIRouter:
    """Under the tag `rules`."""
    router = APIRouter(tags=["rules"])

    @router.get("/rules", operation_id="rules", responses=returns(RuleList, "The rules"))
    def rules(request: Request, who: Who) -> Response:
        """The rules in force, those that are switched off too: for who sees a part of the site, those that watch it."""
        found = [
            RuleShort(
                id=rule.id,
                version=rule.version,
                enabled=rule.enabled,
                kind=next(iter(rule.condition.model_fields_set), ""),
                text=dict(rule_form(rule).get("text") or {}),
            )
            for rule in (seen.rule for seen in centre.rulebook.rules(who).values())
        ]
        return answer(request, RuleList(rules=found))

    @router.get("/rules/{rule}", operation_id="rule", responses=returns(RuleForm, "The rule", 404))
    def rule(request: Request, who: Who, rule: Id) -> Response:
        """A rule as it takes effect, and where each value comes from."""
        seen = centre.rulebook.rule(who, rule)
        found = centre.rules.values(who, rule)
        values = [ValueForm(path=v.path, value=v.value, origin=v.origin) for v in found]
        return answer(request, RuleForm(rule=rule_form(seen.rule), values=values, points=seen.watched))

    @router.post(
        "/rules/what-if",
        operation_id="what_if",
        responses=media("text/event-stream", "Events: progress (0 to 1), then result or wrong", 409, 413),
    )
    async def what_if(who: Who, given: WhatIf) -> Response:
        """Decide recorded readings under the rules in force and under changed ones: what would be new, gone, later.

        Server-sent events: `progress`, then `result` (docs/reference/rules-diff.md) or `wrong` (a list of mistakes).
        It ends when the caller leaves. At most fifteen minutes, two at a time.
        """
        job = await run_in_threadpool(centre.rules.what_if, who, given.wanted())
        return EventSourceResponse(_told(job), ping=10, send_timeout=30)

    return router


async def _told(job: Job) -> AsyncIterator[ServerSentEvent]:
    shown = -1.0
    try:
        while not job.over.is_set():
            if job.progress > shown:
                shown = job.progress
                yield ServerSentEvent(event="progress", data=str(shown))
            await asyncio.sleep(_LOOK_S)
        if job.result is not None:
            yield ServerSentEvent(event="result", data=msgspec.json.encode(job.result).decode())
        else:
            yield ServerSentEvent(event="wrong", data=msgspec.json.encode(job.wrong).decode())
    finally:
        job.cancel()
