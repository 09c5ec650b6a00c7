"""`tocsin user`: who may use the console and the API."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from plant.site import Site
from plant.site_reader import read_site
from tocsin.accounts.roles import Permission, Role
from tocsin.cli.shown import shown_text, shown_time
from tocsin.log.layout import ACCOUNTS
from tocsin.settings import Settings, read_settings

if TYPE_CHECKING:
    from tocsin.accounts.accounts import Accounts

app = typer.Typer(help="Who may use the console and the API, and what they did about it.")

DEFAULT_CONFIG = Path("tocsin.toml")
_WIDTH = 160

Config = Annotated[Path, typer.Option("--config", help="The settings file of the service.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The user's name.")]
Scope = Annotated[str, typer.Option("--scope", help="What they see: site, region:ID, park:ID or enterprise:ID.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, one object a line.")]


@app.callback()
def _user() -> None:
    """Who may use the console and the API, and what they did about it."""


@app.command()
def add(
    name: Name,
    role: Annotated[Role, typer.Option("--role", help="What they may do.")],
    scope: Scope = "site",
    display_name: Annotated[str, typer.Option("--display-name", help="What they are called.")] = "",
    contact: Annotated[str, typer.Option("--contact", help="Who they are in contacts.csv.")] = "",
    language: Annotated[Literal["zh", "en"], typer.Option("--language", help="Of the pages.")] = "zh",
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Add a user, and print the one-time link by which they choose a password."""
    from tocsin.accounts.accounts import COMMAND_LINE
    from tocsin.accounts.scopes import check_contact, read_scope

    with _opened(config) as at:
        site = at.site()
        check_contact(contact, site)
        place = read_scope(scope, site)
        user = at.accounts.users.add(
            COMMAND_LINE, name, role, place, display_name=display_name, contact=contact, language=language
        )
        print(at.address(at.accounts.links.make(COMMAND_LINE, user.name)))


@app.command(name="list")
def list_command(config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """List the users."""
    from tocsin.accounts.accounts import COMMAND_LINE
    from tocsin.accounts.users import scope_text

    with _opened(config) as at:
        users = at.accounts.users.all(COMMAND_LINE)
    if as_json:
        for user in users:
            print(msgspec.json.encode(asdict(user) | {"scope": scope_text(user.scope)}).decode())
        return
    table = Table("name", "display name", "role", "sees", "contact", "", "last signed in (UTC)")
    for user in users:
        standing = "disabled" if user.disabled else "" if user.has_password or user.has_oidc else "no password"
        cells = (user.name, user.display_name, user.role, scope_text(user.scope), user.contact, standing)
        table.add_row(*(Text(shown_text(cell)) for cell in cells), shown_time(user.signed_in_at_ms))
    _print(table)


@app.command()
def role(
    name: Name,
    role: Annotated[Role, typer.Argument(metavar="ROLE", help="What they may do from now on.")],
    scope: Scope = "site",
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Give a user a role and a scope. Where that is another, they are signed out."""
    from tocsin.accounts.accounts import COMMAND_LINE
    from tocsin.accounts.scopes import read_scope

    with _opened(config) as at:
        at.accounts.users.change_role(COMMAND_LINE, name, role, read_scope(scope, at.site()))


@app.command()
def disable(name: Name, config: Config = DEFAULT_CONFIG) -> None:
    """Let a user in no longer: sessions and tokens end at once."""
    from tocsin.accounts.accounts import COMMAND_LINE

    with _opened(config) as at:
        at.accounts.users.disable(COMMAND_LINE, name)


@app.command()
def enable(name: Name, config: Config = DEFAULT_CONFIG) -> None:
    """Let a disabled user in again."""
    from tocsin.accounts.accounts import COMMAND_LINE

    with _opened(config) as at:
        at.accounts.users.enable(COMMAND_LINE, name)


@app.command()
def link(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="The user; left out: the first one.")] = None,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Print a one-time link by which a user chooses a password, or the first administrator is made."""
    from tocsin.accounts.accounts import COMMAND_LINE

    with _opened(config) as at:
        secret = at.accounts.links.set_up() if name is None else at.accounts.links.make(COMMAND_LINE, name)
        if secret is None:
            raise ValueError("there is an administrator who can sign in: name the user whom the link is for")
        print(at.address(secret))


@app.command()
def token(
    name: Name,
    purpose: Annotated[str, typer.Option("--for", metavar="TEXT", help="What it is for.")],
    days: Annotated[float, typer.Option("--days", help="How long it lasts.")] = 90,
    permission: Annotated[
        list[Permission] | None, typer.Option("--permission", help="What it allows; left out: all that the user may.")
    ] = None,
    enterprise: Annotated[
        list[str] | None, typer.Option("--enterprise", help="What it sees; left out: all that the user sees.")
    ] = None,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Print a new API token of a user. It is never shown again."""
    from tocsin.accounts.accounts import COMMAND_LINE
    from tocsin.accounts.scopes import read_scope

    with _opened(config) as at:
        for one in enterprise or ():
            read_scope(f"enterprise:{one}", at.site())
        secret, made = at.accounts.tokens.make(
            COMMAND_LINE, name, purpose, days=days, permissions=permission or None, enterprises=enterprise or None
        )
        print(secret)
    print(f"token {made.id} until {shown_time(made.expires_at_ms)} UTC; it is not shown again", file=sys.stderr)


@app.command()
def tokens(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Only this user's.")] = None,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """List API tokens, the newest first; what proves them is not kept."""
    from tocsin.accounts.accounts import COMMAND_LINE

    with _opened(config) as at:
        found = at.accounts.tokens.of(COMMAND_LINE, name)
    if as_json:
        for one in found:
            print(msgspec.json.encode(asdict(one)).decode())
        return
    table = Table("token", "user", "for", "permissions", "enterprises", "until (UTC)", "last used (UTC)")
    for one in found:
        limits = ("all" if only is None else " ".join(sorted(only)) for only in (one.permissions, one.enterprises))
        cells = (one.id, one.user, one.name, *limits)
        times = (shown_time(one.expires_at_ms), shown_time(one.used_at_ms))
        table.add_row(*(Text(shown_text(cell)) for cell in cells), *times)
    _print(table)


@app.command()
def revoke(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="Its id, as `tocsin user tokens` shows it.")],
    config: Config = DEFAULT_CONFIG,
) -> None:
    """End an API token."""
    from tocsin.accounts.accounts import COMMAND_LINE

    with _opened(config) as at:
        at.accounts.tokens.revoke(COMMAND_LINE, token)


@app.command()
def audit(
    user: Annotated[str | None, typer.Option("--user", help="Only by or about this user.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many: the newest.")] = 100,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """List sign-ins, refused ones, and changes of users and tokens, the oldest first."""
    with _opened(config) as at:
        entries = at.accounts.trail.newest(limit, user=user)[::-1]
    if as_json:
        for entry in entries:
            print(msgspec.json.encode(asdict(entry)).decode())
        return
    table = Table("entry", "at (UTC)", "who", "what", "about", "detail", "from")
    for entry in entries:
        cells = (entry.who, entry.what, entry.about, entry.detail, entry.address)
        table.add_row(str(entry.seq), shown_time(entry.at_ms), *(Text(shown_text(cell)) for cell in cells))
    _print(table)


@dataclass(frozen=True)
class _Opened:
    accounts: "Accounts"
    settings: Settings

    def site(self) -> Site:
        """InputError with its mistakes."""
        return read_site(self.settings.site)[0]

    def address(self, secret: str) -> str:
        """Where a one-time link leads."""
        console = self.settings.console
        return f"{console.public_url or f'http://{console.listen}'}/set-password/{secret}"


@contextmanager
def _opened(config: Path) -> Iterator[_Opened]:
    """The accounts of a service, whether it runs or not; what is refused is said in words."""
    settings = read_settings(config, os.environ)
    try:
        from tocsin.accounts.accounts import Accounts
    except ImportError as error:
        raise ValueError(f"users need {error.name}: pip install 'tocsin[console]'") from None
    from tocsin.accounts.refusals import RefusedError
    from tocsin.accounts.schema import AccountsFileError
    from tocsin.accounts.words import refusal_text
    from tocsin.clock import SystemClock

    try:
        accounts = Accounts.open(settings.data / ACCOUNTS, SystemClock())
        try:
            yield _Opened(accounts, settings)
        finally:
            accounts.close()
    except RefusedError as refused:
        raise ValueError(refusal_text("en", refused.reason, refused.detail)) from None
    except AccountsFileError as error:
        raise ValueError(str(error)) from None


def _print(table: Table) -> None:
    Console(width=None if sys.stdout.isatty() else _WIDTH).print(table)
