"""The service itself, by the address where it tells of its health."""

from typing import Final

import httpx

from tocsin.doctor.finding import Finding, bad, ok, warn
from tocsin.observe.http_server import listen_address
from tocsin.settings import Settings

_NAME: Final = "service"
_TIMEOUT_S: Final = 5.0
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what it is asked by, not what it listens on


def service_url(settings: Settings) -> str:
    """Where the service of this machine answers."""
    host, port = reachable(settings.http.listen)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def reachable(listen: str) -> tuple[str, int]:
    """Host and port by which what listens there is asked on this machine."""
    host, port = listen_address(listen)
    return _EVERYWHERE.get(host, host), port


def look_at_service(settings: Settings) -> list[Finding]:
    """Ready, or why not. What is merely noted there is a warning here."""
    url = service_url(settings)
    address = url.removeprefix("http://")
    try:
        with httpx.Client(base_url=url, timeout=_TIMEOUT_S, trust_env=False) as client:
            answer = client.get("/readyz")
            said = answer.json()
            reasons = [str(reason) for reason in said["reasons"]]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return [bad(_NAME, "service_away", address=address)]
    if not said.get("ready"):
        return [bad(_NAME, "service_unready", reason="; ".join(reasons))]
    if reasons:
        return [warn(_NAME, "service_noted", reason="; ".join(reasons))]
    return [ok(_NAME, "service_ok", address=address)]
