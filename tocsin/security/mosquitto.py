"""Mosquitto's files: access list, password file, configuration."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tocsin.security.access import Access, Rights

SERVICE: Final = "tocsin"
"""The user of the service itself."""

DRILLS: Final = "tocsin-drill"
"""The user that may publish exercises; no enterprise may."""

EXERCISES: Final = "tocsin/exercise/#"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def access_list(rights: Rights, subscribed: Sequence[str], answers: Sequence[str]) -> str:
    """The access list. `subscribed`: the service's filters; `answers`: filters of what it publishes to devices.

    ValueError for what would not stay on its line.
    """
    lines = [
        "# Made by `tocsin mosquitto` from the site: make it anew when enterprises, topics or wire forms change.",
        "# Whoever is not named here may do nothing.",
    ]
    service = Access(list(answers), [*(_without_share(s) for s in subscribed), EXERCISES])
    users = {SERVICE: service, DRILLS: Access([EXERCISES], [])}
    for user, access in {**users, **rights.enterprises}.items():
        if any(_CONTROL.search(text) for text in (user, *access.write, *access.read)):
            raise ValueError(f"a topic of {user!r} holds a control character")
        lines += ["", f"user {user}"]
        lines += [f"topic write {topics}" for topics in access.write]
        lines += [f"topic read {topics}" for topics in access.read]
    return "\n".join(lines) + "\n"


def password_stub(users: Sequence[str], file: str) -> str:
    """A password file in which nobody can log in yet: it says how each user gets a password."""
    lines = ["# Nobody can log in until you give passwords; each command asks for one:"]
    lines += [f"#   mosquitto_passwd {file} {user}" for user in users]
    return "\n".join(lines) + "\n"


def configuration(folder: Path, *, max_payload_bytes: int, listener: str = "") -> str:
    """A mosquitto.conf that uses the two files. `folder`: where they will stand on the broker's machine.

    `listener`: lines that say where and how it listens; left out: 127.0.0.1 without TLS, and how to change that.
    """
    return f"""# Made by Tocsin from a site.
{listener or _local(folder)}
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/access

# What waits for Tocsin while it is away survives a restart of the broker, and is not cut at 1,000 messages.
persistence true
autosave_interval 60
max_queued_messages 0
max_queued_bytes 2147483648
max_inflight_messages 0
message_size_limit {max_payload_bytes}
persistent_client_expiration 14d
"""


def _local(folder: Path) -> str:
    return f"""# Say in `listener` where field devices reach the broker.
listener 1883 127.0.0.1
# For devices that come from outside, TLS:
#   listener 8883
#   cafile {folder}/ca.pem
#   certfile {folder}/broker.pem
#   keyfile {folder}/broker.key
"""


def _without_share(filter_: str) -> str:
    return filter_.split("/", 2)[2] if filter_.startswith("$share/") else filter_
