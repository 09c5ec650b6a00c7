"""An HTTP service on 127.0.0.1 that answers by script; what it answers is the stand-in's own affair."""

import contextlib
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from support.standins.harness import Script


@dataclass(frozen=True)
class Request:
    """One call that came in; the names of headers are in small letters."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of callers that went away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class ScriptedHttp:
    """A context manager. `serve(request, script)` answers when the script is ok, error or throttled.

    The other scripts are played here: `slow` answers only when another script is played or at the end, `hang_up`
    ends the connection, `nonsense` is a page of HTML with status 200.
    """

    def __init__(self, serve: Callable[[Request, Script], Reply]) -> None:
        self._serve = serve
        self._script: Script = "ok"
        self._go_on = threading.Event()
        self._lock = threading.Lock()
        self.calls = 0
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                service._take(self)

            do_GET = do_PUT = do_POST  # noqa: N815 - names of the library

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._go_on.set()
        self._server.shutdown()
        self._server.server_close()

    def play(self, script: Script) -> None:
        self._script = script
        if script == "slow":
            self._go_on.clear()
        else:
            self._go_on.set()

    def _take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        parts = urlsplit(handler.path)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        request = Request(handler.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
        script = self._script
        if script == "hang_up":
            handler.close_connection = True
            return
        if script == "slow":
            self._go_on.wait(30)
            handler.close_connection = True
            return
        with self._lock:
            self.calls += 1
            reply = Reply(200, b"<html>Welcome</html>") if script == "nonsense" else self._serve(request, script)
        with contextlib.suppress(OSError):  # the caller may be gone
            handler.send_response(reply.status)
            for name, value in reply.headers.items():
                handler.send_header(name, value)
            handler.send_header("content-length", str(len(reply.body)))
            handler.end_headers()
            handler.wfile.write(reply.body)
