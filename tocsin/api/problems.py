"""Mistakes as problem details (RFC 9457): what the centre refuses, in one place, and what HTTP itself refuses."""

import sqlite3
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from tocsin.book import BookError
from tocsin.centre.errors import ForbiddenError, NotFoundError, NotHereError, RefusedError, UnavailableError
from tocsin.database.errors import ServerError
from tocsin.log.errors import LogCorruptError

MEDIA_TYPE: Final = "application/problem+json"
_RETRY_S: Final = 5
_MOST_ERRORS: Final = 20

_log = structlog.get_logger(__name__)


class Mistake(BaseModel):
    """One thing that is wrong with a request."""

    where: str = Field(description="Dotted: the part of the request, then the key.")
    what: str


class Problem(BaseModel):
    """Why a request was not done (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:tocsin:problem:not-found",
                "title": "Not Found",
                "status": 404,
                "detail": "there is no alarm 7cq3pdg2vzjt5o4a",
                "instance": "/api/v1/alarms/7cq3pdg2vzjt5o4a",
            }
        }
    )

    type: str = Field(description="`urn:tocsin:problem:` and the kind.")
    title: str
    status: int
    detail: str = Field(description="In words, English.")
    instance: str = Field(description="The path that was asked for.")
    errors: list[Mistake] | None = Field(None, description="Where the request itself is wrong.")


class ProblemError(Exception):
    """Answers with this status; `kind` is the end of the problem's type."""

    def __init__(self, status: int, detail: str, kind: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.kind = kind or _kind(status)
        self.headers = headers


class ChangedError(ProblemError):
    """The thing is no longer what the caller saw."""

    def __init__(self, detail: str) -> None:
        super().__init__(HTTPStatus.CONFLICT, detail, "changed")


def problem(
    path: str,
    status: int,
    detail: str,
    kind: str = "",
    *,
    headers: dict[str, str] | None = None,
    errors: list[dict[str, str]] | None = None,
) -> Response:
    """An answer that says what is wrong."""
    form: dict[str, Any] = {
        "type": f"urn:tocsin:problem:{kind or _kind(status)}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": path,
    }
    if errors:
        form["errors"] = errors
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff", **(headers or {})}
    return JSONResponse(form, status, headers, MEDIA_TYPE)


def handle_problems(app: FastAPI, data: Path) -> None:
    """Every error of the app becomes a problem. `data` is the data folder, whose path is nobody's business."""

    async def of_centre(request: Request, error: Exception) -> Response:
        status = next(s for kind, s in _STATUS_OF.items() if isinstance(error, kind))
        headers = {"retry-after": str(_RETRY_S)} if status is HTTPStatus.SERVICE_UNAVAILABLE else None
        # Texts of the command line name its options.
        said = str(error).replace("--", "").replace(f"{data}: ", "").replace(str(data), "data")
        return problem(request.url.path, status, said, headers=headers)

    for error in _STATUS_OF:
        app.add_exception_handler(error, of_centre)
    app.add_exception_handler(ProblemError, _given)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unforeseen)


_STATUS_OF: Final[dict[type[Exception], HTTPStatus]] = {
    ForbiddenError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
    RefusedError: HTTPStatus.CONFLICT,
    NotHereError: HTTPStatus.NOT_IMPLEMENTED,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    ValueError: HTTPStatus.UNPROCESSABLE_ENTITY,
    BookError: HTTPStatus.SERVICE_UNAVAILABLE,
    LogCorruptError: HTTPStatus.SERVICE_UNAVAILABLE,
    sqlite3.Error: HTTPStatus.SERVICE_UNAVAILABLE,
    ServerError: HTTPStatus.SERVICE_UNAVAILABLE,
}


async def _given(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101
    return problem(request.url.path, error.status, error.detail, error.kind, headers=error.headers)


async def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    headers = dict(error.headers) if error.headers else None
    return problem(request.url.path, error.status_code, str(error.detail), headers=headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    errors = [
        {"where": ".".join(map(str, e["loc"])), "what": str(e["msg"]).removeprefix("Value error, ")}
        for e in error.errors()[:_MOST_ERRORS]
    ]
    said = "; ".join(f"{e['where']}: {e['what']}" for e in errors[:3])
    return problem(request.url.path, HTTPStatus.UNPROCESSABLE_ENTITY, said, "invalid", errors=errors)


async def _unforeseen(request: Request, error: Exception) -> Response:
    # The server logs where it came from.
    _log.error("request_failed", path=request.url.path, error=type(error).__name__)
    return problem(request.url.path, HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong here; it is in the log")


def _kind(status: int) -> str:
    return HTTPStatus(status).phrase.lower().replace(" ", "-").replace("'", "")
