"""A webhook receiver on 127.0.0.1 for tests: checks signatures, and fails, dawdles or hangs up when told to."""

import contextlib
import http.client
import json
import ssl
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from standardwebhooks import Webhook, WebhookVerificationError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Received:
    """One request that came in; `event` is the CloudEvent, `status` what was answered (0: hung up)."""

    id: str
    event: dict[str, Any]
    headers: dict[str, str]
    status: int


@dataclass
class _Behaviour:
    failures: list[int] = field(default_factory=list)
    always: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    hold: threading.Event | None = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self.connections = 0
        self.changed = threading.Condition()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.changed:
            self.connections += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self.changed:
            self.connections -= 1
            self.changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of senders that went away; they were killed."""
        if not isinstance(sys.exception(), ConnectionError | ssl.SSLError):
            super().handle_error(request, client_address)


class WebhookReceiver:
    """A context manager. Its methods may be called from any thread.

    With `tls` it speaks HTTPS. A request with a wrong signature is answered 401 and listed in `forged`.
    """

    def __init__(self, secret: str = SECRET, tls: ssl.SSLContext | None = None) -> None:
        self._webhook = Webhook(secret)
        self._changed = threading.Condition()
        self._behaviour = _Behaviour()
        self.received: list[Received] = []
        self.forged: list[str] = []
        self.underway = 0
        self.most_underway = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                receiver._take(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/alarms"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.answer()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, *statuses: int, always: int | None = None, headers: dict[str, str] | None = None) -> None:
        """Answer the next requests with `statuses` (0 hangs up), then `always` (None: 204). Ends a hold."""
        with self._changed:
            if self._behaviour.hold:
                self._behaviour.hold.set()
            self._behaviour = _Behaviour(list(statuses), always, headers or {})

    def hold(self) -> None:
        """Answer nothing until `answer` is called."""
        with self._changed:
            self._behaviour.hold = threading.Event()

    @property
    def accepted(self) -> list[str]:
        """The ids that were answered 2xx, in order, doubles included."""
        with self._changed:
            return [r.id for r in self.received if 200 <= r.status < 300]

    @property
    def doubles(self) -> int:
        """How often an id was accepted again."""
        return sum(n - 1 for n in Counter(self.accepted).values())

    def wait_for(self, count: int, *, accepted: bool = True, timeout_s: float = 20.0) -> None:
        """Until `count` requests were accepted (or came in at all). AssertionError when that takes too long."""

        def there() -> bool:
            return len(self.accepted if accepted else self.received) >= count

        with self._changed:
            assert self._changed.wait_for(there, timeout_s), f"{len(self.received)} came in: {self.received[-3:]}"

    def wait_underway(self, count: int, timeout_s: float = 20.0) -> None:
        """Until `count` requests are being answered."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.underway >= count, timeout_s), f"{self.underway} under way"

    def wait_hung_up(self, timeout_s: float = 20.0) -> None:
        """Until every connection that was made before has ended: all that a dead sender sent is in `received`."""
        # Connections are accepted in their order, so what was made before this one has its thread by then.
        probe = http.client.HTTPConnection(*self._server.server_address[:2], timeout=timeout_s)
        probe.request("GET", "/")
        assert probe.getresponse().status == 501
        probe.close()
        with self._server.changed:
            assert self._server.changed.wait_for(lambda: self._server.connections == 0, timeout_s)

    def _take(self, request: BaseHTTPRequestHandler) -> None:
        length = int(request.headers.get("content-length", 0))
        body = request.rfile.read(length)
        if len(body) < length:  # the sender died in the middle
            request.close_connection = True
            return
        headers = {name.lower(): value for name, value in request.headers.items()}
        with self._changed:
            behaviour = self._behaviour
            self.underway += 1
            self.most_underway = max(self.most_underway, self.underway)
            self._changed.notify_all()
        if behaviour.hold:
            behaviour.hold.wait(60)
        status, event = 401, {}
        try:
            self._webhook.verify(body, headers)
            event = json.loads(body)
        except WebhookVerificationError as error:
            with self._changed:
                self.forged.append(str(error))
        else:
            with self._changed:
                given = behaviour.always if behaviour.always is not None else 204
                status = behaviour.failures.pop(0) if behaviour.failures else given
        with self._changed:
            self.received.append(Received(headers.get("webhook-id", ""), event, headers, status))
            self.underway -= 1
            self._changed.notify_all()
        if status == 0:
            request.close_connection = True
            return
        with contextlib.suppress(OSError):  # the sender may be gone
            self._answer(request, behaviour, status)

    @staticmethod
    def _answer(request: BaseHTTPRequestHandler, behaviour: _Behaviour, status: int) -> None:
        answer = b"" if status == 204 else f"status {status}".encode()
        request.send_response(status)
        for name, value in behaviour.headers.items():
            request.send_header(name, value)
        if status != 204:
            request.send_header("content-length", str(len(answer)))
        request.end_headers()
        request.wfile.write(answer)


def wait_until(true: Callable[[], object], timeout_s: float = 20.0, what: str = "") -> None:
    """Poll a condition that nobody announces (a row in another process's file), with a deadline."""
    for _ in range(round(timeout_s / 0.01)):
        if true():
            return
        threading.Event().wait(0.01)
    raise AssertionError(f"still not: {what}")
