"""A stand-in for a cloud provider's HTTP API on 127.0.0.1: what the stand-ins for short messages share."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from support.standins.harness import Script


class CloudStandIn:
    """A context manager. Subclasses answer; this plays slow, nonsense and hanging up."""

    def __init__(self) -> None:
        self.script: Script = "ok"
        self.faults: list[str] = []
        self.released = threading.Event()
        self.changed = threading.Condition()
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                stand_in._take(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, headers: dict[str, str], query: list[tuple[str, str]], body: bytes) -> tuple[int, bytes]:
        """Status and JSON of one request; called with `changed` held."""
        raise AssertionError("each provider answers by itself")

    def play(self, script: Script) -> None:
        if script != "slow":
            self.released.set()
        else:
            self.released.clear()
        self.script = script

    def _take(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = parse_qsl(urlsplit(request.path).query, keep_blank_values=True)
        script = self.script
        if script == "slow":
            self.released.wait(20)
        if script == "hang_up":
            request.close_connection = True
            return
        with self.changed:
            status, answer = (200, b"<html>502</html>") if script == "nonsense" else self.answer(headers, query, body)
            self.changed.notify_all()
        try:
            request.send_response(status)
            request.send_header("content-type", "application/json")
            request.send_header("content-length", str(len(answer)))
            request.end_headers()
            request.wfile.write(answer)
        except OSError:  # the sender has given up
            request.close_connection = True
