"""What the profile `cluster` of docker-compose.yml needs beside the rest: Kafka's certificates, PostgreSQL's passwords.

Kafka has an authority of its own. Its key is used once and not kept: whoever has it could let anybody in, and the
certificates last as long as the authority. New ones are made all at once: delete kafka/.
"""

import secrets
from typing import Final

from tocsin.deploy.certificates import make_authority, make_member
from tocsin.deploy.folder import Folder
from tocsin.deploy.texts import CLUSTER_TOML

BROKERS: Final = ("kafka-1", "kafka-2", "kafka-3")
CLIENT: Final = "tocsin"
PASSWORDS: Final = ("postgres_password", "database_password")
"""Files under secrets/: of PostgreSQL's administrator, and of the user that Tocsin is there."""


def write_cluster(folder: Folder, public_url: str, now_ms: int) -> None:
    """Make what is missing. ValueError where only some of the certificates are there."""
    folder.once("tocsin.cluster.toml", CLUSTER_TOML.format(public_url=public_url))
    for name in PASSWORDS:
        folder.once(f"secrets/{name}", secrets.token_urlsafe(32) + "\n")
    _certificates(folder, now_ms)


def _certificates(folder: Folder, now_ms: int) -> None:
    names = ["kafka/ca.pem", "kafka/client.pem", "kafka/client.key", *(f"kafka/{broker}.pem" for broker in BROKERS)]
    there = [folder.has(name) for name in names]
    if all(there):
        folder.kept += [folder.root / name for name in names]
        return
    if any(there):
        raise ValueError(
            f"{folder.root / 'kafka'} has lost {names[there.index(False)]}: delete the folder for new ones"
        )
    authority = make_authority(now_ms, "Tocsin authority of Kafka")
    for broker in BROKERS:
        member = make_member(authority, [broker, "localhost", "127.0.0.1"], now_ms)
        folder.once(f"kafka/{broker}.pem", member.key + member.certificate)
    client = make_member(authority, [CLIENT], now_ms)
    folder.once("kafka/client.pem", client.certificate)
    folder.once("kafka/client.key", client.key)
    folder.once("kafka/ca.pem", authority.certificate)
