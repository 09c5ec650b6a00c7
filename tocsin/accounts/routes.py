"""The pages of accounts as routes, for the app that they are a part of."""

from collections.abc import Callable

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import Route

from plant.site import Site
from tocsin.accounts.account_pages import AccountPages
from tocsin.accounts.accounts import Accounts
from tocsin.accounts.oidc import OidcProvider
from tocsin.accounts.oidc_pages import OidcPages
from tocsin.accounts.page import Shared, style
from tocsin.accounts.sign_in_pages import SignInPages
from tocsin.accounts.users_pages import UsersPages
from tocsin.answers.headers import SafeHeaders, style_hash
from tocsin.clock import Clock


def auth_routes(
    accounts: Accounts,
    clock: Clock,
    site_of: Callable[[], Site],
    *,
    public_url: str = "",
    oidc: OidcProvider | None = None,
) -> list[Route]:
    """Pages under /login, /logout, /account, /users, /users-trail, /set-password/{token} and, with `oidc`, /oidc.

    They need CurrentPrincipal before them, work without scripts, and lead to "/" when somebody has signed in.
    `site_of` gives the site as it is now: its regions, enterprises and contacts are what scopes are chosen from.
    `public_url` is how people reach the app; left out, links say what the browser asked for.
    """
    shared = Shared(accounts, clock, site_of, public_url, oidc.label if oidc is not None else "")
    entry, account, users = SignInPages(shared), AccountPages(shared), UsersPages(shared)
    pages: list[tuple[str, str, Callable[[Request], object]]] = [
        ("GET", "/login", entry.ask),
        ("POST", "/login", entry.sign_in),
        ("GET", "/logout", entry.ask_sign_out),
        ("POST", "/logout", entry.sign_out),
        ("GET", "/set-password/{token}", entry.ask_password),
        ("POST", "/set-password/{token}", entry.set_password),
        ("GET", "/account", account.show),
        ("POST", "/account/language", account.language),
        ("POST", "/account/password", account.password),
        ("POST", "/account/sessions/{session}/end", account.end_session),
        ("POST", "/account/sign-out-everywhere", account.sign_out_everywhere),
        ("POST", "/account/tokens", account.make_token),
        ("POST", "/account/tokens/{token}/revoke", account.revoke_token),
        ("GET", "/users", users.list),
        ("POST", "/users", users.add),
        ("GET", "/users-trail", users.trail),
        ("GET", "/users/{name}", users.show),
        ("POST", "/users/{name}/role", users.role),
        ("POST", "/users/{name}/details", users.details),
        ("POST", "/users/{name}/disable", users.disable),
        ("POST", "/users/{name}/enable", users.enable),
        ("POST", "/users/{name}/link", users.link),
        ("POST", "/users/{name}/sign-out", users.sign_out),
        ("POST", "/users/{name}/tokens/{token}/revoke", users.revoke_token),
    ]
    if oidc is not None:
        at_provider = OidcPages(shared, oidc)
        pages += [("GET", "/oidc/start", at_provider.start), ("GET", "/oidc/callback", at_provider.callback)]
    headers = [Middleware(SafeHeaders, style=style_hash(style()))]
    return [Route(path, page, methods=[method], middleware=headers) for method, path, page in pages]
