"""The demo's folder: the county, who is told in it, secrets, and the settings that service and console share."""

import base64
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from simulators import write_county

_ROUTES: Final = """\
# The demo's: the centre's duty officer hears of red alarms until they are acknowledged, safety officers of their own.
# Their short messages go into messages.jsonl.
routes:
  - id: red
    match: {severity: [red]}
    ladder: [{to: [{contact: C00}]}]
    repeat: {every_s: 120, times: 5}
  - id: enterprise
    match: {severity: [red, orange]}
    tier: enterprise
    ladder: [{to: [{role: safety}]}]
disposal:
  severities:
    red: {assign_s: 300, close_s: 14400, verify: false}
"""

_SETTINGS: Final = """\
# Written by `tocsin demo` at each start.
site = "county"
data = "data"
log_level = "WARNING"

[[mqtt]]
url = "mqtt://127.0.0.1:{broker}"
name = "demo"
protocol = "3.1.1"

[http]
listen = "127.0.0.1:{http}"

[[webhook]]
url = {receiver}
secret_file = "webhook.secret"
name = "demo-receiver"
allow_private = true

[[channel]]
kind = "file"
name = "sms"
path = "messages.jsonl"

[answers]
public_url = "http://127.0.0.1:{console}/answers"
secret_file = "links.secret"

[console]
listen = "127.0.0.1:{console}"
"""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Ports on 127.0.0.1, and where the webhook is received."""

    broker: int
    http: int
    console: int
    receiver: str


def write_district(folder: Path) -> None:
    """The county with its routes, and the secrets that are made at the first start."""
    write_county(folder / "county")
    (folder / "county" / "routes.yaml").write_text(_ROUTES, encoding="utf-8")
    _once(folder / "webhook.secret", lambda: "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode())
    _once(folder / "links.secret", lambda: secrets.token_urlsafe(32))


def write_settings(folder: Path, at: Addresses) -> Path:
    """tocsin.toml for these addresses; returns its path."""
    text = _SETTINGS.format(broker=at.broker, http=at.http, console=at.console, receiver=json.dumps(at.receiver))
    path = folder / "tocsin.toml"
    path.write_text(text, encoding="utf-8")
    return path


def _once(path: Path, make: Callable[[], str]) -> None:
    if not path.exists():
        path.touch(0o600)
        path.write_text(make())
