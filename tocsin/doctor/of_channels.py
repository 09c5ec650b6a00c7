"""Channels and webhooks: their settings complete, their secrets there, their targets reachable. Nothing is sent."""

import asyncio
import os
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from alerts.channels.settings import MissingExtraError
from tocsin.doctor.finding import Check, Finding, bad, ok
from tocsin.doctor.reach import reached, reached_url
from tocsin.settings import Settings

_NAME: Final = "channel"
_MQTT_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
_MAIL_PORTS: Final = {"tls": 465, "starttls": 587, "none": 25}


def channel_checks(settings: Settings, now_ms: int) -> list[Check]:
    """One for each channel and each webhook."""
    checks = [Check(_NAME, lambda c=c: _look(c, c.name, now_ms), c.name) for c in settings.channel]  # type: ignore[misc]
    for target in settings.webhook:
        checks.append(Check("webhook", lambda t=target: _webhook(t, now_ms), target.name))  # type: ignore[misc]
    return checks


def _look(channel: Any, name: str, now_ms: int) -> list[Finding]:
    if trouble := _opened(channel, name):
        return trouble
    for field in ("path", "folder", "device"):
        if isinstance(place := getattr(channel, field, None), Path):
            return [_writable(name, place, made=field != "device")]
    url = getattr(channel, "endpoint", None) or getattr(channel, "url", None)
    ca_file = getattr(channel, "ca_file", None)
    if url and urlsplit(url).scheme in _MQTT_PORTS:
        parts = urlsplit(url)
        port = parts.port or _MQTT_PORTS[parts.scheme]
        tls = parts.scheme == "mqtts" and getattr(channel, "cert_file", None) is None
        return reached(_NAME, name, parts.hostname or "", port, now_ms, tls=tls, ca_file=ca_file)
    if url:
        return reached_url(_NAME, name, url, now_ms, ca_file)
    if host := getattr(channel, "host", None):
        security = getattr(channel, "security", "tls" if getattr(channel, "tls", False) else "none")
        port = channel.port or _MAIL_PORTS[security]
        return reached(_NAME, name, host, port, now_ms, tls=security == "tls", ca_file=ca_file)
    return [ok(_NAME, "channel_opens", name, kind=channel.kind)]


def _opened(channel: Any, name: str) -> list[Finding]:
    """What keeps it from being opened: a secret, a library."""

    async def open_and_close() -> None:
        await channel.open().close()

    try:
        asyncio.run(open_and_close())
    except MissingExtraError as error:
        return [bad(_NAME, "channel_wrong", name, error=str(error))]
    except (OSError, ValueError) as error:
        return [bad(_NAME, "secret", name, error=str(error))]
    return []


def _webhook(target: Any, now_ms: int) -> list[Finding]:
    if not os.access(target.secret_file, os.R_OK):
        return [bad("webhook", "secret", target.name, error=f"{target.secret_file} can't be read")]
    return reached_url("webhook", target.name, target.url, now_ms, target.ca_file)


def _writable(name: str, place: Path, *, made: bool) -> Finding:
    """`made`: it is made where it is not there."""
    there = next(path for path in (place, *place.parents) if path.exists()) if made else place
    if not os.access(there, os.W_OK):
        return bad(_NAME, "unwritable", name, folder=str(there))
    return ok(_NAME, "channel_writes", name, file=str(place))
