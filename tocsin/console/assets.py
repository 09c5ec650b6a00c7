"""Scripts and styles of the console: addresses that change with the content, so that browsers may keep them."""

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

_PATH: Final = "/console/static"
_TYPES: Final = {"js": "text/javascript", "css": "text/css"}
_KEPT: Final = "public, max-age=31536000, immutable"


@cache
def asset(name: str) -> str:
    """The address of a file in tocsin/console/static. FileNotFoundError."""
    return f"{_PATH}/{_version()}/{name}"


def asset_route() -> Route:
    """Serves the files, whatever the version that was asked for. Scripts import each other by relative addresses."""
    return Route(f"{_PATH}/{{version}}/{{name}}", _serve, methods=["GET", "HEAD"])


async def _serve(request: Request) -> Response:
    name = request.path_params["name"]
    content = _contents().get(name)
    if content is None:
        return PlainTextResponse("no such file\n", 404)
    kept = _KEPT if request.path_params["version"] == _version() else "no-cache"
    return Response(content, media_type=_TYPES[name.rpartition(".")[2]], headers={"cache-control": kept})


@cache
def _contents() -> dict[str, bytes]:
    folder = files("tocsin.console") / "static"
    return {f.name: f.read_bytes() for f in folder.iterdir() if f.name.rpartition(".")[2] in _TYPES}


@cache
def _version() -> str:
    """One for all files: a script that stays the same may import one that does not."""
    whole = sha256()
    for name, content in sorted(_contents().items()):
        whole.update(name.encode() + content)
    return whole.hexdigest()[:12]
