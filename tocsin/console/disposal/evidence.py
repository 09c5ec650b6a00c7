"""Photos and files of a disposal, for who sees its alarm. Pictures are shown; everything else is saved, not opened."""

from typing import Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from tocsin.accounts.middleware import principal_in
from tocsin.centre.centre import Centre
from tocsin.centre.errors import ForbiddenError, NotFoundError, UnavailableError
from tocsin.console.disposal.said import IMAGES

_PATH: Final = "/alarms/{alarm}/evidence/{sha256}"
_POLICY: Final = "default-src 'none'; sandbox"


def evidence_page(alarm: str, sha256: str) -> str:
    """The address of a piece of evidence."""
    return f"/alarms/{quote(alarm, safe='')}/evidence/{sha256}"


def evidence_route(centre: Centre) -> Route:
    """Whoever can't see the alarm is told that there is nothing."""

    async def serve(request: Request) -> Response:
        principal = principal_in(request.scope)
        if principal is None:
            return PlainTextResponse("sign in first\n", 401)
        alarm, sha256 = request.path_params["alarm"], request.path_params["sha256"]
        try:
            piece = await run_in_threadpool(centre.disposals.evidence, principal, alarm, sha256)
        except (NotFoundError, ForbiddenError):
            return PlainTextResponse("there is no such file\n", 404)
        except UnavailableError as error:
            return PlainTextResponse(f"{error}\n", 503)
        shown = piece.kind in IMAGES
        way, name = "inline" if shown else "attachment", quote(piece.name, safe="")
        headers = {
            "content-disposition": f"{way}; filename*=UTF-8''{name}",
            "content-length": str(piece.size),
            "content-security-policy": _POLICY,
            "x-content-type-options": "nosniff",
            "cache-control": "private, max-age=86400, immutable",
        }
        kind = piece.kind if shown else "application/octet-stream"
        return StreamingResponse(piece.chunks, headers=headers, media_type=kind)

    return Route(_PATH, serve, methods=["GET"])
