"""How answers are made: JSON with a strong ETag, 304 where nothing is new, files without surprises."""

from hashlib import blake2b
from typing import Any, Final
from urllib.parse import quote

import msgspec
from fastapi import Request
from starlette.responses import Response

_HEADERS: Final = {
    "cache-control": "private, no-cache",
    "x-content-type-options": "nosniff",
    "vary": "authorization, cookie",
}
_encode = msgspec.json.Encoder().encode


def answer(request: Request, form: Any, status: int = 200, *, headers: dict[str, str] | None = None) -> Response:
    """`form` (structs, mappings, numbers, texts) as JSON. Of a GET 304 where the caller has it already."""
    body = _encode(form)
    return tagged(request, body, "application/json", status, headers=headers)


def tagged(
    request: Request, body: bytes, media_type: str, status: int = 200, *, headers: dict[str, str] | None = None
) -> Response:
    """The same for bytes of any kind."""
    given = {**_HEADERS, **(headers or {})}
    if request.method in ("GET", "HEAD") and status == 200:
        tag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
        given["etag"] = tag
        if has(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=given)
    return Response(body, status, given, media_type)


def done() -> Response:
    """It was done, and there is nothing to tell."""
    return Response(status_code=204, headers=_HEADERS)


def file_headers(name: str) -> dict[str, str]:
    """Of a file to be saved, never shown as a page of ours, whatever is in it."""
    return {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-store",
    }


def has(given: str, tag: str) -> bool:
    """Whether a header of tags names this one, or any."""
    return any(each.strip().removeprefix("W/") in (tag, "*") for each in given.split(","))


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that an operation may answer with, for the OpenAPI document; 401, 403, 422, 429, 503 always."""
    texts = {
        400: "The request can't be read",
        401: "Nobody is signed in",
        403: "Not allowed",
        404: "There is none, or it is out of sight",
        409: "It was not done, for the reason given",
        410: "It is kept no longer",
        413: "Too large",
        415: "Of a kind that is not taken",
        422: "The request is wrong",
        429: "Too often",
        503: "The service or its data can't be reached now; nothing was recorded",
    }
    wanted = sorted({401, 403, 422, 429, 503, *statuses})
    media = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": texts[status], "content": media} for status in wanted}
