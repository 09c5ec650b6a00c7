"""/healthz, /readyz and /metrics, on threads of their own: a slow or hostile client holds up nobody else."""

import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import structlog

from tocsin.observe.health import Health
from tocsin.observe.metrics import CONTENT_TYPE

_REQUEST_S: Final = 10.0
"""A request, from its first byte to its last, is cut off after this: also one that drips in byte by byte."""

_MOST_AT_ONCE: Final = 32


def listen_address(text: str) -> tuple[str, int]:
    """("127.0.0.1", 9108) from "127.0.0.1:9108"; IPv6 in brackets. ValueError if it isn't host:port."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise ValueError(f"{text!r} is no host:port, such as 127.0.0.1:9108")
    return host, int(port)


class ObserveServer:
    """Serves from `start` to `stop`. `health` and `metrics` are asked once a request, on the request's thread."""

    def __init__(
        self,
        address: tuple[str, int],
        health: Callable[[], Health],
        metrics: Callable[[], bytes],
        request_s: float = _REQUEST_S,
    ) -> None:
        """OSError, naming the address, if it can't be listened on. Port 0 takes a free one."""
        self._health = health
        self._metrics = metrics
        self._report = structlog.get_logger("tocsin.observe")
        try:
            self._server = _Server(address, _handler_for(self), request_s)
        except OSError as error:
            raise OSError(error.errno, f"can't listen on {address[0]}:{address[1]}: {error.strerror}") from error
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="observe", daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop listening; requests under way are finished or cut off by their own deadline."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def answer(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        """Status, content type and body for a path."""
        route = path.partition("?")[0]
        try:
            if route == "/metrics":
                return HTTPStatus.OK, CONTENT_TYPE, self._metrics()
            if route in ("/healthz", "/readyz"):
                health = self._health()
                good = health.live if route == "/healthz" else health.ready
                status = HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
                return status, "application/json", health.to_json() + b"\n"
        except Exception:
            self._report.exception("can't answer", path=route)
            return HTTPStatus.INTERNAL_SERVER_ERROR, "text/plain", b"failed; the log says why\n"
        return HTTPStatus.NOT_FOUND, "text/plain", b"there are /healthz, /readyz and /metrics\n"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], request_s: float) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._request_s = request_s
        self._slots = threading.BoundedSemaphore(_MOST_AT_ONCE)
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._slots.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        deadline = threading.Timer(self._request_s, _cut_off, [request])
        deadline.daemon = True
        deadline.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            deadline.cancel()
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away or was cut off is no news."""


def _cut_off(request: socket.socket) -> None:
    try:
        request.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _handler_for(owner: ObserveServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _REQUEST_S

        def do_GET(self) -> None:
            self._send(*owner.answer(self.path))

        do_HEAD = do_GET  # noqa: N815 - the library's names

        def do_POST(self) -> None:
            self._send(HTTPStatus.METHOD_NOT_ALLOWED, "text/plain", b"only GET and HEAD\n")

        do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_POST  # noqa: N815

        def _send(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            if status is HTTPStatus.METHOD_NOT_ALLOWED:
                self.send_header("Allow", "GET, HEAD")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def version_string(self) -> str:
            return "tocsin"

        def log_message(self, format: str, *args: Any) -> None:
            """A scrape every few seconds is no news either."""

    return Handler
