"""The console as a process: from settings to an app, with what is mounted beside the pages."""

from typing import Final

from fastapi import FastAPI
from starlette.types import ASGIApp

from alerts.channels.settings import read_secret_line
from tocsin.accounts.accounts import Accounts
from tocsin.accounts.oidc import OidcProvider
from tocsin.accounts.routes import auth_routes
from tocsin.accounts.sessions import SessionTimes
from tocsin.answers.serve import app_of as answers_of
from tocsin.api.app import MOUNTED_AT, make_api
from tocsin.centre.centre import Centre
from tocsin.clock import Clock
from tocsin.console.app import make_console
from tocsin.console.known_site import KnownSite
from tocsin.log.layout import ACCOUNTS
from tocsin.settings import Settings
from tocsin.settings.console import ConsoleSettings
from tocsin.settings.oidc import OidcSettings

ANSWERS_PATH: Final = "/answers"
MOST_AT_ONCE: Final = 2_000
"""Connections; an open page has two."""


def open_accounts(settings: Settings, console: ConsoleSettings, clock: Clock) -> Accounts:
    """Those of the data folder."""
    times = SessionTimes(console.session_idle_s, console.session_longest_s)
    return Accounts.open(settings.data / ACCOUNTS, clock, times)


def app_of(settings: Settings, console: ConsoleSettings, accounts: Accounts, clock: Clock) -> FastAPI:
    """The app as the settings say. ValueError if a secret can't be read."""
    centre = Centre.of(settings, clock)
    oidc = _oidc(console.oidc, clock) if console.oidc is not None else None
    mounts: dict[str, ASGIApp] = {}
    if settings.answers is not None:
        mounts[ANSWERS_PATH] = answers_of(settings, settings.answers, clock)
    mounts[MOUNTED_AT] = make_api(centre, accounts)
    site = KnownSite(centre.grounds, settings.site)
    routes = auth_routes(accounts, clock, site.now, public_url=console.public_url, oidc=oidc)
    return make_console(centre, accounts, console, routes=routes, mounts=mounts)


def set_up_link(accounts: Accounts, console: ConsoleSettings) -> str | None:
    """Where the first administrator sets a password, once; None if there is one who can sign in."""
    secret = accounts.links.set_up()
    base = console.public_url or f"http://{console.listen}"
    return None if secret is None else f"{base}/set-password/{secret}"


def _oidc(settings: OidcSettings, clock: Clock) -> OidcProvider:
    secret = read_secret_line(settings.secret_file) if settings.secret_file is not None else None
    return OidcProvider(settings, clock, secret=secret)
