"""The web socket: alarms, values and the pulse over one connection, as the client subscribes to them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Annotated, Final, Literal

import msgspec
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from msgspec import Meta

from tocsin.accounts.accounts import Accounts
from tocsin.accounts.middleware import principal_in
from tocsin.api.live import MOST_POINTS, Ended, Listener, Told, alarms, pulse, values
from tocsin.api.routes.live import CUT_OFF_S, HEARTBEAT_S
from tocsin.api.who import looking_again
from tocsin.centre.centre import Centre

NOBODY_CODE: Final = 4401
"""Closes a connection whose session or token is none, or is over."""
SLOW_CODE: Final = 4408
_MOST_MESSAGE: Final = 64 << 10
_WAITING: Final = 64
"""Messages on their way to one client; what comes after them waits where it is."""

Name = Annotated[str, Meta(max_length=200)]


class Subscribe(msgspec.Struct, forbid_unknown_fields=True):
    """What a client sends. `after` belongs to alarms, `points` to values. Subscribing anew replaces."""

    subscribe: Literal["alarms", "values", "pulse"] | None = None
    unsubscribe: Literal["alarms", "values", "pulse"] | None = None
    after: Annotated[int, Meta(ge=0)] | None = None
    points: Annotated[list[Name], Meta(max_length=MOST_POINTS)] = []


def socket_routes(centre: Centre, accounts: Accounts | None) -> APIRouter:
    """`/live`."""
    router = APIRouter()

    @router.websocket("/live")
    async def live(socket: WebSocket) -> None:
        principal = principal_in(socket.scope)
        await socket.accept()
        if principal is None:
            await socket.close(NOBODY_CODE, "a token or a session is needed")
            return
        # Each subscription looks for itself whether it may go on: they are tasks of their own.
        again = looking_again(socket, accounts)
        await _Conversation(centre, socket, lambda: Listener(centre, again, principal)).hold()

    return router


class _Conversation:
    """One connection: a task that sends, one for each subscription, and one that listens."""

    def __init__(self, centre: Centre, socket: WebSocket, listener: Callable[[], Listener]) -> None:
        self._centre = centre
        self._socket = socket
        self._listener = listener
        self._out: asyncio.Queue[bytes | int] = asyncio.Queue(_WAITING)
        self._streams: dict[str, asyncio.Task[None]] = {}

    async def hold(self) -> None:
        sender = asyncio.create_task(self._send())
        watcher = asyncio.create_task(self._listen())
        keeper = asyncio.create_task(self._keep())
        tasks = [sender, watcher, keeper]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in [*tasks, *self._streams.values()]:
                task.cancel()
            await asyncio.gather(*tasks, *self._streams.values(), return_exceptions=True)

    async def _send(self) -> None:
        while True:
            message = await self._out.get()
            try:
                async with asyncio.timeout(CUT_OFF_S):
                    if isinstance(message, int):
                        await self._socket.close(message)
                        return
                    await self._socket.send_text(message.decode())
            except TimeoutError:
                with suppress(RuntimeError, OSError, TimeoutError):
                    async with asyncio.timeout(1.0):
                        await self._socket.close(SLOW_CODE)
                return
            except (WebSocketDisconnect, RuntimeError, OSError):
                return

    async def _keep(self) -> None:
        """Heartbeats, and an end for who subscribes to nothing and may not be here any more."""
        listener = self._listener()
        while await listener.may_go_on():
            now = self._centre.health.pulse(listener.principal)
            await self._out.put(msgspec.json.encode({"type": "heartbeat", "at_ms": now.at_ms, "blind": now.blind}))
            await asyncio.sleep(HEARTBEAT_S)
        await self._out.put(NOBODY_CODE)
        await asyncio.Event().wait()

    async def _listen(self) -> None:
        while True:
            try:
                text = await self._socket.receive_text()
            except (WebSocketDisconnect, RuntimeError, KeyError):
                return
            try:
                if len(text) > _MOST_MESSAGE:
                    raise ValueError(f"a message is longer than {_MOST_MESSAGE} characters")
                given = msgspec.json.decode(text, type=Subscribe)
                if (given.subscribe is None) == (given.unsubscribe is None):
                    raise ValueError("give either subscribe or unsubscribe")
            except ValueError as error:
                await self._out.put(msgspec.json.encode({"type": "error", "detail": str(error)}))
                continue
            await self._change(given)

    async def _change(self, given: Subscribe) -> None:
        name = given.subscribe or given.unsubscribe or ""
        before = self._streams.pop(name, None)
        if before is not None:
            before.cancel()
            await asyncio.gather(before, return_exceptions=True)
        if given.subscribe is not None:
            self._streams[name] = asyncio.create_task(self._stream(given))

    async def _stream(self, given: Subscribe) -> None:
        async for told in self._told(given, self._listener()):
            if isinstance(told, Ended):
                await self._out.put(NOBODY_CODE)
                return
            form = {"type": told.kind, "data": told.form} | ({} if told.id is None else {"id": told.id})
            await self._out.put(msgspec.json.encode(form))

    def _told(self, given: Subscribe, listener: Listener) -> AsyncIterator[Told | Ended]:
        if given.subscribe == "alarms":
            return alarms(self._centre, listener, given.after)
        if given.subscribe == "values":
            return values(self._centre, listener, given.points)
        return pulse(self._centre, listener)
