"""Who is behind a request, and whether they still are while a stream goes on."""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from tocsin.accounts.accounts import Accounts
from tocsin.accounts.cookies import SESSION, cookie
from tocsin.accounts.middleware import CurrentPrincipal, principal_in
from tocsin.accounts.roles import Principal
from tocsin.api.problems import ProblemError

_TOKEN: Final = HTTPBearer(
    scheme_name="token", description="An API token: `Authorization: Bearer TOKEN`.", auto_error=False
)
_SESSION: Final = APIKeyCookie(
    name=SESSION,
    scheme_name="session",
    description="The cookie of the console. What changes something needs the header x-csrf-token beside it.",
    auto_error=False,
)

Again = Callable[[], Principal | None]


def principal_of(
    request: Request, _token: Annotated[object, Security(_TOKEN)], _session: Annotated[object, Security(_SESSION)]
) -> Principal:
    """The principal; answers 401 where there is none."""
    found = principal_in(request.scope)
    if found is None:
        raise ProblemError(401, "a token or a session is needed", headers={"www-authenticate": "Bearer"})
    return found


Who = Annotated[Principal, Security(principal_of)]


class KnowWho:
    """ASGI middleware: CurrentPrincipal, unless an app around this one has looked already."""

    def __init__(self, app: ASGIApp, accounts: Accounts) -> None:
        self._app = app
        self._look = CurrentPrincipal(app, accounts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        known = "principal" in scope.get("state", {})
        await (self._app if known else self._look)(scope, receive, send)


def looking_again(connection: HTTPConnection, accounts: Accounts | None) -> Again:
    """Tells who is behind a connection now; None when the session or the token is over. Blocks for a moment."""
    first = principal_in(connection.scope)
    if accounts is None:
        return lambda: first
    kind, _, shown = connection.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return lambda: accounts.principal_of_token(shown.strip())
    secret = cookie(connection.scope, SESSION)
    return lambda: accounts.principal_of_session(secret)
