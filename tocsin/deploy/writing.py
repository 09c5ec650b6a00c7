"""Makes everything that docker-compose.yml mounts. Safe to repeat: secrets are made once, lists follow the site."""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plant.site_reader import read_site
from tocsin.deploy.certificates import Issued, make_authority, make_server
from tocsin.deploy.cluster import write_cluster
from tocsin.deploy.folder import Folder
from tocsin.deploy.texts import BROKER_MORE, BROKER_TLS, DOT_ENV, IN_CONTAINER, PROFILES, TOCSIN_TOML
from tocsin.init import write_example
from tocsin.security.access import answer_topics, rights_of
from tocsin.security.mosquitto import DRILLS, SERVICE, access_list, configuration
from tocsin.security.passwords import make_password, password_line
from tocsin.settings import Settings, read_settings

_BROKER_HOSTS: Final = ("mosquitto", "localhost", "127.0.0.1")
_HANDED_ON: Final = "passwords.txt"
SECRETS: Final = ("influx_token", "influx_password", "grafana_password", "link_secret")
"""Files under secrets/ that hold 256 random bits each; mqtt_password comes with the broker's users."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a call did, by path."""

    made: tuple[Path, ...]
    kept: tuple[Path, ...]
    renewed: tuple[Path, ...]


def write_deployment(
    root: Path,
    dot_env: Path,
    *,
    now_ms: int,
    hosts: Sequence[str] = (),
    public_url: str = "http://127.0.0.1:9109",
    cluster: bool = False,
) -> Written:
    """Fill the folder `root` and write `dot_env` beside docker-compose.yml; nothing that is there is overwritten,
    save the broker's access list and its users, which follow root/site.

    `hosts`: names and addresses under which devices reach the broker. `cluster`: also what the profile `cluster` needs,
    which `dot_env` then chooses. InputError where site or settings are wrong.
    """
    before = os.umask(0o022)
    try:
        return _write(Folder(root), dot_env, now_ms, hosts, public_url, cluster)
    finally:
        os.umask(before)


def _write(folder: Folder, dot_env: Path, now_ms: int, hosts: Sequence[str], public_url: str, cluster: bool) -> Written:
    root = folder.root
    folder.open()
    if not (root / "site").exists():
        folder.made.extend(write_example(root / "site"))
    folder.once("tocsin.toml", TOCSIN_TOML.format(public_url=public_url))
    for name in SECRETS:
        folder.once(f"secrets/{name}", secrets.token_urlsafe(32) + "\n")
    _certificates(folder, (*_BROKER_HOSTS, *hosts), now_ms)
    # Its own variables are none of this configuration's, which containers read.
    _broker(folder, read_settings(root / "tocsin.toml", {}))
    if cluster:
        write_cluster(folder, public_url, now_ms)
    beside = Folder(dot_env.parent)
    _dot_env(beside, dot_env.name, _from(dot_env.parent, root), cluster)
    return Written((*folder.made, *beside.made), (*folder.kept, *beside.kept), (*folder.renewed, *beside.renewed))


def _certificates(folder: Folder, hosts: Sequence[str], now_ms: int) -> None:
    if folder.has("broker/server.pem"):
        folder.kept += [folder.root / "broker" / name for name in ("ca.pem", "server.pem", "server.key")]
        return
    if folder.has("authority/ca.key"):
        authority = Issued(folder.read("broker/ca.pem").encode(), folder.read("authority/ca.key").encode())
    elif folder.has("broker/ca.pem"):
        raise ValueError(
            f"{folder.root / 'authority' / 'ca.key'} is not there: bring it back to make a new server.pem,"
            " or delete broker/ca.pem too for a new authority, of which every device must hear"
        )
    else:
        authority = make_authority(now_ms)
        folder.once("authority/ca.key", authority.key, private=True)
    folder.once("broker/ca.pem", authority.certificate)
    server = make_server(authority, list(dict.fromkeys(hosts)), now_ms)
    folder.once("broker/server.key", server.key)
    folder.once("broker/server.pem", server.certificate)


def _broker(folder: Folder, settings: Settings) -> None:
    """Access list, users and mosquitto.conf. A user keeps its password; a new enterprise gets one."""
    site, _ = read_site(folder.root / "site")
    rights = rights_of(site, settings.routes())
    subscribed = [topics for broker in settings.brokers() for topics in broker.subscribe]
    answers = [
        topics for wire in settings.wire for topics in answer_topics(wire.form, getattr(wire, "answer_topic", None))
    ]
    folder.always("broker/access", access_list(rights, subscribed, answers))
    conf = configuration(Path(IN_CONTAINER), max_payload_bytes=settings.batch.max_payload_bytes, listener=BROKER_TLS)
    folder.once("broker/mosquitto.conf", conf + BROKER_MORE)
    hashed = {line.partition(":")[0]: line for line in folder.read("broker/passwords").splitlines()}
    plain = dict(line.split(" ", 1) for line in folder.read(_HANDED_ON).splitlines())
    users = [SERVICE, DRILLS, *rights.enterprises]
    if not folder.has("secrets/mqtt_password"):
        hashed.pop(SERVICE, None)  # nobody knows it any more
    for user in users:
        if user not in hashed:
            plain[user] = make_password()
            hashed[user] = password_line(user, plain[user])
    if not folder.has("secrets/mqtt_password"):
        folder.once("secrets/mqtt_password", plain[SERVICE] + "\n")
    folder.always("broker/passwords", "".join(f"{hashed[user]}\n" for user in users))
    if plain:
        folder.always(_HANDED_ON, "".join(f"{user} {word}\n" for user, word in plain.items()), private=True)


def _dot_env(beside: Folder, name: str, root: str, cluster: bool) -> None:
    """Made once; later only the profile changes, where it is missing or the cluster is asked for."""
    profile = f"{PROFILES}{'cluster' if cluster else 'single'}"
    lines = beside.read(name).splitlines()
    chosen = [line for line in lines if line.startswith(PROFILES)]
    if not lines:
        beside.once(name, DOT_ENV.format(folder=root, profile=profile), private=True)
    elif chosen and not cluster:
        beside.kept.append(beside.root / name)
    else:
        changed = [profile if line in chosen else line for line in lines] + ([] if chosen else [profile])
        beside.always(name, "\n".join(changed) + "\n", private=True)


def _from(base: Path, path: Path) -> str:
    """The folder as docker-compose.yml reads it: relative where it lies below."""
    if path.resolve().is_relative_to(base.resolve()):
        return f"./{path.resolve().relative_to(base.resolve())}"
    return str(path.resolve())
