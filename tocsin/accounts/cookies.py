"""The cookies: a session's, and the one that binds a form to the browser before anybody has signed in."""

from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

SESSION: Final = "tocsin_session"
FORM: Final = "tocsin_form"
LANGUAGE: Final = "tocsin_language"
OIDC: Final = "tocsin_oidc"


def cookie(scope: Scope, name: str) -> str:
    """The content of a cookie of a request or connection; "" where there is none."""
    return HTTPConnection(scope).cookies.get(name, "")


def is_secure(scope: Scope) -> bool:
    """Whether the browser came by https; behind a proxy the server must take the proxy's word (x-forwarded-proto)."""
    return bool(scope.get("scheme") in ("https", "wss"))


def set_cookie(
    response: Response, name: str, value: str, *, secure: bool, path: str = "/", max_age_s: float | None = None
) -> None:
    """Out of reach of scripts, and not sent along with what other sites send."""
    response.set_cookie(
        name,
        value,
        max_age=None if max_age_s is None else round(max_age_s),
        path=path,
        secure=secure,
        httponly=True,
        samesite="lax",
    )
