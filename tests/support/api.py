"""The API over a data folder that a test writes to: a real server, and principals named by a header."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send
from support.data_folder import Made, make_data_folder
from support.waiting import eventually

from plant.batch import Batch
from plant.entries import Entry, Readings
from plant.quality import Quality
from tocsin.accounts.accounts import Accounts
from tocsin.accounts.roles import Principal, Role
from tocsin.accounts.roles import Scope as Sees
from tocsin.api.app import make_api
from tocsin.api.rates import Rates
from tocsin.centre.centre import Centre
from tocsin.clock import SystemClock
from tocsin.configuration import read_configuration
from tocsin.inventory.folder import seen_of_folder
from tocsin.runtime.acting import ActRequest, entry_of, why_refused
from tocsin.runtime.control import Answer, AnyRequest, ControlServer, SeenRequest, ValuesRequest
from tocsin.runtime.core import Core
from tocsin.settings import Settings

PEOPLE: Final = {
    "admin": Principal("admin", Role.ADMINISTRATOR),
    "li": Principal("li", Role.OPERATOR),
    "zhao": Principal("zhao", Role.OPERATOR),
    "viewer": Principal("viewer", Role.VIEWER),
    "e1": Principal("e1", Role.SAFETY_MANAGER, Sees("enterprise", "E001")),
    "e2": Principal("e2", Role.SAFETY_MANAGER, Sees("enterprise", "E002")),
}
FREE: Final = Rates(*["1000000/minute"] * 5)


class NamedByHeader:
    """ASGI middleware: who asks is in the header x-as."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            name = dict(scope["headers"]).get(b"x-as", b"").decode()
            scope.setdefault("state", {})["principal"] = PEOPLE.get(name)
        await self._app(scope, receive, send)


class Service:
    """What a running service does with acts, on a folder of its own: log, alarm book, control socket."""

    def __init__(self, made: Made) -> None:
        self.made = made
        self.configured = read_configuration(made.site)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._run(self._start())

    def stop(self) -> None:
        if self._loop.is_closed():
            return
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def take(self, *readings: tuple[str, float]) -> None:
        """Readings of now, one after the other."""
        for point, value in readings:
            self._run(self._take(point, value))

    def _run(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(20)

    async def _start(self) -> None:
        self._core = Core.open(self.made.data, self.configured, (), SystemClock().now_ms())
        self._control = ControlServer(self.made.data, self._act)
        await self._control.start()

    async def _stop(self) -> None:
        await self._control.stop()
        self._core.close()

    async def _take(self, point: str, value: float) -> None:
        number = self._core.registry.registry.number_of(point)
        assert number is not None
        now_ms = self._now_ms()
        self._fold(Readings(now_ms, Batch.of([(number, now_ms, value, Quality.GOOD)]), "broker"))

    def _now_ms(self) -> int:
        return max(SystemClock().now_ms(), (self._core.journal.last_received_at_ms or 0) + 1)

    def _fold(self, entry: Entry) -> int:
        position = self._core.append([entry])
        for commit in self._core.decide([(position, entry)]):
            self._core.record(commit)
        return position

    async def _act(self, request: AnyRequest) -> Answer:
        if isinstance(request, SeenRequest):
            return Answer(seen=seen_of_folder(self.made.data).to_bytes())
        if isinstance(request, ValuesRequest):
            return Answer(values={})
        assert isinstance(request, ActRequest)
        position = self._fold(entry_of(request, self._now_ms(), self.configured))
        return Answer(refused=why_refused(self.made.data, position))


class ApiDesk:
    """The API served on a port, over `made`'s folder. `centre` watches."""

    def __init__(
        self, made: Made, rates: Rates = FREE, accounts: Accounts | None = None, settings: Settings | None = None
    ) -> None:
        """`settings` are those of a cluster.

        With `accounts` people are who their token says; else the header x-as names them.
        """
        self.made = made
        self.centre = Centre.of(settings or Settings(site=made.site, data=made.data), SystemClock())
        self.app: FastAPI = make_api(self.centre, accounts, rates=rates)
        app = NamedByHeader(self.app) if accounts is None else self.app
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1, lifespan="off"))
        self._thread = threading.Thread(target=lambda: self._server.run([self._socket]), daemon=True)

    def start(self) -> None:
        self.centre.watch.start()
        self._thread.start()
        assert eventually(lambda: self._server.started)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self.centre.watch.stop()
        self.centre.hazard_reports.close()

    def client(self, name: str, **headers: str) -> httpx.Client:
        """Asks as one of PEOPLE; "" is nobody."""
        return httpx.Client(base_url=self.url, headers={"x-as": name, **headers}, trust_env=False, timeout=20)

    def get(self, name: str, path: str, **query: Any) -> httpx.Response:
        with self.client(name) as client:
            return client.get(path, params=query)

    def post(self, name: str, path: str, given: Any = None, **headers: str) -> httpx.Response:
        with self.client(name, **headers) as client:
            return client.post(path, json=given)


@contextlib.contextmanager
def served(folder: Path, rates: Rates = FREE) -> Iterator[tuple[ApiDesk, Service]]:
    """The API, and the service beside it."""
    made = make_data_folder(folder)
    service = Service(made)
    service.start()
    desk = ApiDesk(made, rates)
    desk.start()
    try:
        yield desk, service
    finally:
        desk.stop()
        service.stop()
