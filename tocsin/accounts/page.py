"""What the pages of accounts share: language, forms, the frame around them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlencode, urlsplit
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from plant.site import Site
from tocsin.accounts.accounts import Accounts
from tocsin.accounts.cookies import FORM, LANGUAGE, SESSION, is_secure, set_cookie
from tocsin.accounts.middleware import CSRF_FIELD, principal_in
from tocsin.accounts.passwords import LEAST_LENGTH
from tocsin.accounts.proofs import form_mark, is_form_mark, new_secret
from tocsin.accounts.refusals import RefusedError
from tocsin.accounts.roles import Permission, Principal
from tocsin.accounts.users import Language
from tocsin.accounts.words import WORDS, refusal_text
from tocsin.clock import Clock

if TYPE_CHECKING:
    from jinja2 import Environment

_MOST_BODY: Final = 16 << 10
_MOST_FIELDS: Final = 100
_LANGUAGE_S: Final = 365 * 86_400.0


@dataclass(frozen=True)
class Shared:
    """What every page needs."""

    accounts: Accounts
    clock: Clock
    site_of: Callable[[], Site]
    public_url: str
    oidc_label: str

    def base(self, request: Request) -> str:
        """The address that people reach this app under, for links that leave it."""
        return (self.public_url or str(request.base_url)).rstrip("/")


Fields = Mapping[str, list[str]]


def me(request: Request) -> Principal | None:
    """Who looks at the page in a browser: programs have no business here."""
    principal = principal_in(request.scope)
    return principal if principal is not None and principal.via == "session" else None


def language_of(request: Request) -> Language:
    """The user's own; before signing in what was chosen, or what the browser asks for."""
    principal = me(request)
    if principal is not None:
        return principal.language
    chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE) or ""
    if chosen in WORDS:
        return "en" if chosen == "en" else "zh"
    return "en" if request.headers.get("accept-language", "").lower().startswith("en") else "zh"


def show(
    shared: Shared, request: Request, template: str, status: int = 200, *,
    refused: RefusedError | None = None, **values: object,
) -> Response:  # fmt: skip
    """A page in its frame. Before anybody has signed in its forms are bound to a cookie that comes along."""
    principal, language = me(request), language_of(request)
    secret = request.cookies.get(FORM) or new_secret()
    zone = ZoneInfo(shared.site_of().timezone)

    def time(at_ms: int) -> str:
        return WORDS[language].time.format(datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone))

    other = {**request.query_params, "lang": "zh" if language == "en" else "en"}
    page = _environment().get_template(template).render(
        words=WORDS[language],
        base=request.scope.get("root_path", ""),
        me=principal,
        manages=principal is not None and principal.may(Permission.USERS),
        csrf=request.state.csrf if principal is not None else form_mark(secret),
        switch=f"?{urlencode(other)}",
        least=LEAST_LENGTH,
        time=time,
        refused=refusal_text(language, refused.reason, refused.detail) if refused is not None else "",
        done=refused is None and "done" in request.query_params,
        **values,
    )  # fmt: skip
    response = HTMLResponse(page, status)
    if principal is None:
        set_cookie(response, FORM, secret, secure=is_secure(request.scope))
        if request.query_params.get("lang") in WORDS:
            set_cookie(response, LANGUAGE, language, secure=is_secure(request.scope), max_age_s=_LANGUAGE_S)
    return response


async def fields_of(request: Request) -> Fields | None:
    """The fields of a form; None unless it comes from a page of ours that this browser was shown."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MOST_BODY:
                return None
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except (ClientDisconnect, ValueError):
        return None
    if me(request) is None:
        secret = request.cookies.get(FORM, "")
        if not secret or not is_form_mark(one(fields, CSRF_FIELD), secret):
            return None
    return fields


def one(fields: Fields, name: str) -> str:
    return fields.get(name, [""])[0]


def address_of(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def agent_of(request: Request) -> str:
    return "".join(filter(str.isprintable, request.headers.get("user-agent", "")))


def go(request: Request, path: str) -> Response:
    return RedirectResponse(f"{request.scope.get('root_path', '')}{path}", 303)


def signed_in(request: Request, secret: str, next_path: str = "/") -> Response:
    """On to where the person wanted to go, with the cookie of the new session; the one before is over."""
    response = go(request, next_path)
    set_cookie(response, SESSION, secret, secure=is_secure(request.scope))
    response.delete_cookie(FORM, path="/", secure=is_secure(request.scope), httponly=True, samesite="lax")
    return response


async def end_session(shared: Shared, request: Request) -> None:
    """So that nobody goes on with what somebody else may have put there."""
    if secret := request.cookies.get(SESSION):
        await run_in_threadpool(shared.accounts.sessions.end, secret, address_of(request))


def safe_next(given: str) -> str:
    """A path of this site to go on to; "/" for everything else, whatever a browser might take it for."""
    if not given.startswith("/") or given.startswith(("//", "/\\")) or not given.isprintable() or "\\" in given:
        return "/"
    parts = urlsplit(given)
    return given if not parts.scheme and not parts.netloc and len(given) <= 2000 else "/"


def style() -> str:
    """The style sheet as it stands in every page: jinja leaves out a file's last end of line."""
    return (resources.files("tocsin.accounts") / "templates" / "style.css").read_text("utf-8").removesuffix("\n")


@cache
def _environment() -> "Environment":
    from jinja2 import DictLoader, Environment, StrictUndefined

    folder = resources.files("tocsin.accounts") / "templates"
    texts = {file.name: file.read_text("utf-8") for file in folder.iterdir()}
    return Environment(
        loader=DictLoader(texts), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
