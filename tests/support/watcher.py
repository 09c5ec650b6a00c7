"""A watcher outside, as a dead man's switch: it raises the alarm when it stops hearing."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tocsin.clock import SystemClock


class Watcher:
    """On a free port of 127.0.0.1. A context manager; its methods may be called from any thread.

    `alarmed` is set when nothing was heard for `patience_s`, and stays so until `forgive`.
    """

    def __init__(self, patience_s: float, *, status: int = 204) -> None:
        self.status = status
        self.beats: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.methods: list[str] = []
        self.alarmed = threading.Event()
        self._patience_s = patience_s
        self._heard = threading.Condition()
        self._done = False
        watcher = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                watcher._take(self)

            do_GET = do_POST  # noqa: N815 - the library's names

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._threads = [
            threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True),
            threading.Thread(target=self._listen, daemon=True),
        ]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/ping"

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._heard:
            self._done = True
            self._heard.notify_all()
        self._server.shutdown()
        self._server.server_close()

    def heard(self, count: int, within_s: float = 20.0) -> bool:
        """Whether so many beats have come, as soon as they have."""
        with self._heard:
            return self._heard.wait_for(lambda: len(self.methods) >= count, within_s)

    def forgive(self) -> None:
        self.alarmed.clear()

    def _listen(self) -> None:
        clock = SystemClock()
        with self._heard:
            while not self._done:
                count, until_s = len(self.methods), clock.monotonic_s() + self._patience_s
                while not self._done and len(self.methods) == count:
                    left_s = until_s - clock.monotonic_s()
                    if left_s <= 0:
                        if count:  # it listens from the first one on
                            self.alarmed.set()
                        break
                    self._heard.wait(left_s)

    def _take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        with contextlib.suppress(OSError):
            handler.send_response(self.status)
            handler.send_header("content-length", "0")
            handler.end_headers()
        with self._heard:
            self.methods.append(handler.command)
            self.headers.append({name.lower(): value for name, value in handler.headers.items()})
            self.bodies.append(body)
            if body:
                self.beats.append(json.loads(body))
            self._heard.notify_all()
