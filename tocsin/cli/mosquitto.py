"""`tocsin mosquitto`: the broker's access list and password file from a site."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer


def mosquitto(
    out: Annotated[Path, typer.Option("--out", help="The folder for access, passwords and mosquitto.conf.")],
    site: Annotated[Path | None, typer.Option("--site", help="The site folder; left out: that of --config.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="tocsin.toml, for its [[wire]] forms.")] = None,
    generate: Annotated[
        bool, typer.Option("--generate", help="Make random passwords; they are written to secrets.txt once.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace files of an earlier run, passwords included.")
    ] = False,
) -> None:
    """Write Mosquitto's files so that an enterprise can publish only under its own topics."""
    from plant.site_reader import read_site
    from tocsin.log.files import make_directory, write_atomically
    from tocsin.security.access import answer_topics, rights_of
    from tocsin.security.mosquitto import DRILLS, SERVICE, access_list, configuration, password_stub
    from tocsin.security.passwords import make_password, password_line
    from tocsin.settings import MqttSettings, Settings, read_settings

    if site is None and config is None:
        raise ValueError("needs --site or --config")
    if config is not None:
        settings = read_settings(config, os.environ)
    else:
        settings = Settings(site=site or Path(), mqtt=(MqttSettings(url="mqtt://127.0.0.1:1883"),))
    read, warnings = read_site(site or settings.site)
    for warning in warnings:
        print(warning, file=sys.stderr)
    rights = rights_of(read, settings.routes())
    reserved = sorted({SERVICE, DRILLS} & set(rights.enterprises))
    if reserved:
        raise ValueError(f"{', '.join(reserved)} is a user of Tocsin's own, call the enterprise otherwise")
    for topics in rights.untold:
        print(
            f"tocsin: {topics}: whose topics these are is not told, so no enterprise may write there; give the route"
            " enterprise, enterprise_level or {enterprise}",
            file=sys.stderr,
        )
    for topics in rights.shared:
        print(
            f"tocsin: {topics}: several enterprises have points there, so no enterprise may write there; give each a"
            " topic or an edge node of its own",
            file=sys.stderr,
        )
    names = ("access", "mosquitto.conf", "passwords", *(["secrets.txt"] if generate else []))
    there = [name for name in names if (out / name).exists()]
    if there and not force:
        raise ValueError(f"{out} holds {', '.join(there)} already; --force replaces them")
    make_directory(out)
    users = [SERVICE, DRILLS, *rights.enterprises]
    subscribed = [topics for broker in settings.brokers() for topics in broker.subscribe]
    answers = [
        topics for wire in settings.wire for topics in answer_topics(wire.form, getattr(wire, "answer_topic", None))
    ]
    files = {
        "access": access_list(rights, subscribed, answers),
        "mosquitto.conf": configuration(out.resolve(), max_payload_bytes=settings.batch.max_payload_bytes),
    }
    if generate:
        passwords = {user: make_password() for user in users}
        files["passwords"] = "".join(password_line(user, word) + "\n" for user, word in passwords.items())
        files["secrets.txt"] = "".join(f"{user} {word}\n" for user, word in passwords.items())
    else:
        files["passwords"] = password_stub(users, str(out / "passwords"))
    before = os.umask(0o077)
    try:
        for name, text in files.items():
            write_atomically(out / name, [text.encode()])
    finally:
        os.umask(before)
    for name in files:
        print(out / name)
    if generate:
        print("secrets.txt holds the passwords in plain text: hand them on, then delete it.", file=sys.stderr)
