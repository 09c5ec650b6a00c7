"""The demo's webhook receiver: checks every signature and writes down every event id it has seen, over restarts."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from standardwebhooks import Webhook, WebhookVerificationError

_LONGEST = 1 << 20


class DemoReceiver:
    """Listens on a free port of 127.0.0.1 from `start` to `stop`."""

    def __init__(self, ids: Path, secret: str) -> None:
        self._webhook = Webhook(secret)
        self._lock = threading.Lock()
        self._seen = set(ids.read_text().split()) if ids.exists() else set()
        self._ids = ids.open("a")
        self.received = 0
        self.doubled = 0
        self.refused = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/alarms"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._ids.close()

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        """The HTTP status for a request: 204, or 401 where the signature is wrong."""
        try:
            self._webhook.verify(body, headers)
        except WebhookVerificationError:
            self.refused += 1
            return 401
        event = headers["webhook-id"]
        with self._lock:
            if event in self._seen:
                self.doubled += 1
            else:
                self._seen.add(event)
                self.received += 1
                self._ids.write(event + "\n")
                self._ids.flush()
        return 204


def _handler_for(owner: DemoReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            length = min(int(self.headers.get("content-length", 0)), _LONGEST)
            body = self.rfile.read(length)
            self.send_response(owner.take(body, {k.lower(): v for k, v in self.headers.items()}))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: the demo prints the alarms."""

    return Handler
