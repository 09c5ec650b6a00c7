"""`tocsin env`."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def env(
    out: Annotated[Path, typer.Option("--out", help="The folder for settings, secrets and certificates.")] = Path(
        "deploy"
    ),
    dot_env: Annotated[Path, typer.Option("--env-file", help="What docker-compose.yml reads.")] = Path(".env"),
    host: Annotated[
        list[str] | None, typer.Option("--host", help="A name or address under which devices reach the broker.")
    ] = None,
    public_url: Annotated[
        str, typer.Option("--public-url", help="How people reach the pages of links from outside.")
    ] = "http://127.0.0.1:9109",
    cluster: Annotated[
        bool, typer.Option("--cluster", help="Also what many machines' worth of processes need: Kafka, PostgreSQL.")
    ] = False,
) -> None:
    """Make what docker-compose.yml needs: secrets, certificates, the broker's users, settings. Overwrites none of them.

    Call it again when enterprises come: they get a user and a password, all else stays.
    """
    from tocsin.clock import SystemClock
    from tocsin.deploy.writing import write_deployment

    written = write_deployment(
        out, dot_env, now_ms=SystemClock().now_ms(), hosts=host or (), public_url=public_url, cluster=cluster
    )
    for verb, paths in (("made", written.made), ("renewed", written.renewed)):
        for path in paths:
            print(f"{verb}  {path}")
    if written.kept:
        print(f"kept  {len(written.kept)} files that were there")
    if any(path.name == "passwords.txt" for path in written.made + written.renewed):
        print(f"{out}/passwords.txt holds passwords in plain text: hand them on, then delete it.", file=sys.stderr)
