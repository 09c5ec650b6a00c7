"""How a page is made: `@page` registers its builder, and gives it what it needs when somebody opens it."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Concatenate, Final, Literal, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from tocsin.accounts.accounts import Accounts
from tocsin.accounts.cookies import SESSION
from tocsin.accounts.roles import Permission, Principal
from tocsin.centre.centre import Centre
from tocsin.console.words import Language, Table, Words
from tocsin.settings.console import ConsoleSettings

Theme = Literal["light", "dark", "auto"]
Builder = Callable[..., Awaitable[None] | None]

P = ParamSpec("P")
R = TypeVar("R")


class SignedOutError(Exception):
    """The session has ended since the page was opened."""


@dataclass(frozen=True, slots=True)
class PageContext:
    """Who looks at a page, in which language, and what there is to show.

    `principal` is as of when the page was opened. Use `ask` for whatever the centre is asked: it looks again who that
    is, and does not hold up other screens.
    """

    principal: Principal
    language: Language
    words: Words
    """The page's table."""
    centre: Centre
    accounts: Accounts
    settings: ConsoleSettings
    request: Request = field(repr=False)
    zone: ZoneInfo
    """The site's."""
    site_name: str = ""
    theme: Theme = "auto"

    async def ask(self, method: Callable[Concatenate[Principal, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """`method(principal, ...)` of a part of the centre, in a worker thread.

        SignedOutError: the session is over. Else what the method raises (tocsin/centre/errors.py).
        """
        principal = await self.again()
        return await run_in_threadpool(method, principal, *args, **kwargs)

    async def again(self) -> Principal:
        """Who it is now: roles change and sessions end while pages are open. SignedOutError."""
        if self.principal.via != "session":
            return self.principal
        found = await run_in_threadpool(self.accounts.principal_of_session, self.request.cookies.get(SESSION, ""))
        if found is None:
            raise SignedOutError
        return found

    def may(self, permission: Permission) -> bool:
        """Whether to offer something; whether it is done is decided by the centre."""
        return self.principal.may(permission)


@dataclass(frozen=True, slots=True)
class Nav:
    """A page's place in the navigation: `order` from the top, `icon` of the Material set."""

    order: int
    icon: str
    whole_site: bool = False
    """Only for who sees the whole site."""


@dataclass(frozen=True, slots=True)
class Page:
    """A registered page. The table has `title`, and `nav` where the navigation says it more shortly."""

    path: str
    words: Table
    builder: Builder
    needs: Permission
    nav: Nav | None

    def label(self, language: Language) -> str:
        words = self.words.said(language)
        return words["nav"] if "nav" in words else words["title"]


PAGES: Final[dict[str, Page]] = {}
"""By path."""


def page(
    path: str, words: Table, *, needs: Permission = Permission.VIEW, nav: Nav | None = None
) -> Callable[[Builder], Builder]:
    """Make the function below the page at `path`: `@page("/units/{unit}", WORDS)` above `def unit(context, unit)`.

    It is called with the PageContext and the fields of the path, inside the frame (shell.py), with NiceGUI's elements
    ready to be made; it may be async. Errors of the centre that it does not catch are shown in the page's place.
    """

    def register(builder: Builder) -> Builder:
        if path in PAGES and PAGES[path].builder.__qualname__ != builder.__qualname__:
            raise ValueError(f"there are two pages at {path}")
        PAGES[path] = Page(path, words, builder, needs, nav)
        return builder

    return register


def signature_of(builder: Builder) -> inspect.Signature:
    """What NiceGUI is told that a page takes: the request in place of the context, then the fields of the path."""
    _, *fields = inspect.signature(builder).parameters.values()
    request = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request)
    return inspect.Signature([request, *fields])


def fields_of(builder: Builder, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a builder beside the context."""
    _, *names = inspect.signature(builder).parameters
    return {name: given[name] for name in names if name in given}
