"""`python -m tocsin.deploy.reader_token CONFIG OUT`: a token for Grafana that may read history, and no more."""

import os
import sys
from pathlib import Path
from typing import Any, Final

import httpx

from tocsin.followers.influx import InfluxSettings, read_token
from tocsin.log.files import write_atomically
from tocsin.settings import read_settings

DESCRIPTION: Final = "Tocsin: Grafana reads"
_TIMEOUT_S: Final = 10.0


def ensure_reader_token(influx: InfluxSettings, out: Path) -> str:
    """Make the token and write it to `out`, unless the one there still works; returns what was done.

    Needs settings whose token may make others. ValueError where InfluxDB refuses, httpx.HTTPError where it is away.
    """
    with httpx.Client(base_url=influx.url, timeout=_TIMEOUT_S, verify=_authority(influx)) as client:
        if out.exists() and _works(client, out.read_text(encoding="ascii").strip()):
            return "kept"
        client.headers["Authorization"] = f"Token {read_token(influx.token_file)}"
        org = _asked(client, "GET", "/api/v2/orgs", params={"org": influx.org})["orgs"][0]["id"]
        known = _asked(client, "GET", "/api/v2/authorizations", params={"orgID": org})["authorizations"]
        for one in known:
            if one["description"] == DESCRIPTION:  # its text was lost, so nobody can use it any more
                _asked(client, "DELETE", f"/api/v2/authorizations/{one['id']}")
        may = [{"action": "read", "resource": {"type": "buckets", "orgID": org}}]
        asked = {"orgID": org, "description": DESCRIPTION, "permissions": may}
        made = _asked(client, "POST", "/api/v2/authorizations", json=asked)
    write_atomically(out, [f"{made['token']}\n".encode()])
    out.chmod(0o644)  # Grafana is another user, and the volume is mounted there alone
    return "made"


def _works(client: httpx.Client, token: str) -> bool:
    answer = client.get("/api/v2/buckets", params={"limit": 1}, headers={"Authorization": f"Token {token}"})
    return answer.status_code == httpx.codes.OK


def _asked(client: httpx.Client, method: str, path: str, **more: Any) -> Any:
    answer = client.request(method, path, **more)
    if not answer.is_success:
        raise ValueError(f"InfluxDB answers {path} with HTTP {answer.status_code}")
    return answer.json() if answer.content else None


def _authority(influx: InfluxSettings) -> str | bool:
    return str(influx.ca_file) if influx.ca_file else True


def main(config: Path, out: Path) -> int:
    """Exit code 0 when the token is there, 1 where it can't be had now, 2 where the settings don't say where."""
    settings = read_settings(config, os.environ)
    if settings.influx is None:
        print(f"{config}: a section [influx] is needed", file=sys.stderr)
        return 2
    try:
        print(f"{out}: {ensure_reader_token(settings.influx, out)}")
    except (httpx.HTTPError, ValueError) as error:
        print(f"{settings.influx.url}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
