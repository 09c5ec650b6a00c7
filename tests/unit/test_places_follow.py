"""Pages that stay up to date: told what is new, once a second at most, as long as somebody is there to see it."""

import asyncio
from contextlib import AbstractContextManager, nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from tocsin.accounts.roles import Principal, Role
from tocsin.centre.errors import UnavailableError
from tocsin.console.page import SignedOutError
from tocsin.console.places import follow
from tocsin.console.places.follow import Following

NOBODY = Principal("x", Role.VIEWER)


class Client:
    """As much of NiceGUI's as is used."""

    def __init__(self) -> None:
        self.has_socket_connection = True
        self.gone: list[Any] = []
        self._entered: AbstractContextManager[None] = nullcontext()

    def on_delete(self, call: Any) -> None:
        self.gone.append(call)

    def __enter__(self) -> None:
        return self._entered.__enter__()

    def __exit__(self, *error: Any) -> None:
        self._entered.__exit__(*error)


class Screen:
    """One page that follows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, following: Following, finds: list[Any], clock: Any) -> None:
        self.client = Client()
        self.shown: list[Any] = []
        self.signed_in = True
        self.looks = 0
        self._finds = finds
        monkeypatch.setattr(follow.ui, "context", SimpleNamespace(client=self.client), raising=False)
        context: Any = SimpleNamespace(
            principal=NOBODY,
            centre=SimpleNamespace(clock=clock),
            again=self._again,
            request=SimpleNamespace(url=SimpleNamespace(path="/x")),
        )
        following.follow(context, self._look, self.shown.append)

    async def _again(self) -> Principal:
        if not self.signed_in:
            raise SignedOutError
        return NOBODY

    def _look(self, principal: Principal) -> Any:
        self.looks += 1
        found = self._finds.pop(0) if self._finds else None
        if isinstance(found, Exception):
            raise found
        return found


class Turned:
    """A clock that is turned by hand."""

    s = 0.0

    def monotonic_s(self) -> float:
        return self.s


def test_each_is_told_what_is_new_whatever_happens_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "LOOK_S", 0.001)

    async def play() -> None:
        following, clock = Following(), Turned()
        broken = Screen(monkeypatch, following, [RuntimeError("a mistake"), UnavailableError("down"), "back"], clock)
        told = Screen(monkeypatch, following, ["one", None, "two"], clock)
        away = Screen(monkeypatch, following, ["never"], clock)
        away.client.has_socket_connection = False
        ended = Screen(monkeypatch, following, ["never"], clock)
        ended.signed_in = False
        for _ in range(2_000):
            clock.s += 2.0
            await asyncio.sleep(0.001)
            if told.shown == ["one", "two"] and broken.shown == ["back"]:
                break
        assert told.shown == ["one", "two"]
        assert broken.shown == ["back"]
        assert (away.looks, ended.looks) == (0, 0)
        for screen in (broken, told, away):
            for call in screen.client.gone:
                call()
        looks = told.looks
        task = following._task
        assert task is not None
        await asyncio.wait_for(task, 10)
        assert told.looks <= looks + 1, "nobody looks for who has left"

    asyncio.run(play())
