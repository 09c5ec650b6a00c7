"""A configuration: a site with its rules and routes in force, and the bytes under which the log keeps it."""

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import msgspec

from alerts.ground import Ground, ground_of
from alerts.policy import policy_of
from alerts.record import Policy
from alerts.routes.loader import read_routes, restore_routes
from alerts.routes.placed import FILE as ROUTES
from alerts.routes.schema import RoutesFile
from plant.mistakes import InputError, Mistake
from plant.site import Site
from plant.site_reader import read_site
from plant.snapshot import snapshot_files, snapshot_site, unpack_snapshot
from rules.loader import read_rules
from rules.schema import Rule


class _Stored(msgspec.Struct):
    site: bytes
    """plant.snapshot of the site folder."""
    rules: bytes
    """The rules in force, packs included: a later version of Tocsin may ship other packs."""


@dataclass(frozen=True, slots=True)
class Configured:
    """What one version of a site folder means."""

    site: Site
    rules: tuple[Rule, ...]
    stored: bytes
    warnings: tuple[Mistake, ...] = ()
    routes: RoutesFile = field(default_factory=RoutesFile)

    @property
    def digest(self) -> str:
        """SHA-256 of `stored`: how the log names this version."""
        return sha256(self.stored).hexdigest()

    @property
    def policy(self) -> Policy:
        """What the alarm machine must know of the rules."""
        return policy_of(self.rules, self.site)

    def ground(self) -> Ground:
        """What the alarm book must know of it, made anew."""
        return ground_of(self.rules, self.site, self.routes, self.digest)


def read_configuration(directory: Path) -> Configured:
    """Read and check a site folder. InputError with every mistake found in it."""
    site, warnings = read_site(directory)
    rules, more = read_rules(directory, site)
    routes, of_routes = read_routes(directory, site, rules)
    shown = b"[" + b",".join(rule.model_dump_json(by_alias=True, exclude_unset=True).encode() for rule in rules) + b"]"
    stored = msgspec.msgpack.encode(_Stored(snapshot_site(directory), shown))
    return Configured(site, tuple(rules), stored, tuple(sorted([*warnings, *more, *of_routes])), routes)


def restore_configuration(stored: bytes) -> Configured:
    """The configuration that `read_configuration` made the bytes of. ValueError if they can't be read."""
    parts = _parts(stored)
    try:
        rules = tuple(
            Rule.model_validate(rule) for rule in msgspec.json.decode(parts.rules, type=list[dict[str, object]])
        )
    except msgspec.MsgspecError as error:
        raise ValueError(f"not a stored configuration: {error}") from error
    with TemporaryDirectory(prefix="tocsin-site-") as folder:
        unpack_snapshot(parts.site, Path(folder) / "site")
        try:
            site, _ = read_site(Path(folder) / "site")
            given = Path(folder) / "site" / ROUTES
            routes = restore_routes(given.read_bytes() if given.exists() else b"")
        except InputError as error:
            raise ValueError(f"a stored configuration can't be read by this version: {error}") from error
    return Configured(site, rules, stored, routes=routes)


def kind_of(before: Configured, after: Configured) -> Literal["rules", "site"]:
    """What a change is one of: of the rules alone, or of the site too."""
    return "rules" if after.site == before.site else "site"


def kept_files(stored: bytes) -> dict[str, bytes]:
    """The site's files of a stored configuration, by name. ValueError if they can't be read."""
    return snapshot_files(_parts(stored).site)


def unpack_files(stored: bytes, folder: Path) -> None:
    """Write them into a new or empty folder."""
    unpack_snapshot(_parts(stored).site, folder)


def _parts(stored: bytes) -> _Stored:
    try:
        return msgspec.msgpack.decode(stored, type=_Stored)
    except msgspec.MsgspecError as error:
        raise ValueError(f"not a stored configuration: {error}") from error
