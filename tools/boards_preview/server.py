"""What the page of the preview asks for: its own files, boards, and InfluxDB behind a token that no page sees."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tools.boards_preview.fill import Target


def app_of(built: Path, public: Path, boards: Path, target: Target) -> Starlette:
    """`built` is the built page, `public` Grafana's icons, `boards` holds <language>/<board>.json."""
    client = httpx.AsyncClient(base_url=target.url, headers={"Authorization": f"Token {target.token}"}, timeout=60)

    async def influx(request: Request) -> Response:
        query = {"db": target.bucket, "epoch": "ms", "q": request.query_params["q"]}
        answer = await client.get("/query", params=query)
        return Response(answer.content, answer.status_code, media_type="application/json")

    return Starlette(
        routes=[
            Route("/influx", influx),
            Mount("/boards", StaticFiles(directory=boards)),
            Mount("/public/build", StaticFiles(directory=public)),
            Mount("/", StaticFiles(directory=built, html=True)),
        ]
    )


@contextmanager
def serving(app: Starlette, port: int) -> Iterator[str]:
    """The app on 127.0.0.1; its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError(f"nothing can be served on port {port}")
            thread.join(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
