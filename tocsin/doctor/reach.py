"""Reaching an address without saying anything there: whether it answers, and for how long its certificate is good."""

import socket
import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tocsin.doctor.finding import Finding, bad, ok, warn

TIMEOUT_S: Final = 8.0
_ENDS_SOON_DAYS: Final = 21
_DAY_S: Final = 86_400


def days_left(host: str, port: int, now_ms: int, *, tls: bool, ca_file: Path | None = None) -> float | None:
    """Connect and close; returns how many days the certificate is still good for (None without TLS). OSError says why
    it can't be reached, ssl.SSLError (one of them) why it isn't trusted.
    """
    with socket.create_connection((host, port), timeout=TIMEOUT_S) as plain:
        if not tls:
            return None
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
        with context.wrap_socket(plain, server_hostname=host) as secured:
            certificate = secured.getpeercert()
    return days_to(certificate, now_ms)


def days_to(certificate: Mapping[str, object] | None, now_ms: int) -> float | None:
    """Until the end of a certificate as `getpeercert` gives it."""
    if not certificate or "notAfter" not in certificate:
        return None
    return (ssl.cert_time_to_seconds(str(certificate["notAfter"])) - now_ms / 1000) / _DAY_S


def reached(
    check: str, subject: str, host: str, port: int, now_ms: int, *, tls: bool, ca_file: Path | None = None
) -> list[Finding]:
    """Whether an address answers, as findings."""
    address = f"{host}:{port}"
    try:
        left = days_left(host, port, now_ms, tls=tls, ca_file=ca_file)
    except ssl.SSLError as error:
        return [bad(check, "untrusted", subject, address=address, error=_said(error))]
    except OSError as error:
        return [bad(check, "away", subject, address=address, error=_said(error))]
    return [ok(check, "reached", subject, address=address), *lasting(check, subject, left)]


def reached_url(check: str, subject: str, url: str, now_ms: int, ca_file: Path | None = None) -> list[Finding]:
    """The same for a web address."""
    parts = urlsplit(url)
    tls = parts.scheme == "https"
    port = parts.port or (443 if tls else 80)
    return reached(check, subject, parts.hostname or "", port, now_ms, tls=tls, ca_file=ca_file)


def is_here(host: str) -> bool:
    """Whether it is this machine, whatever it is called."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def lasting(check: str, subject: str, days: float | None) -> list[Finding]:
    """A finding where a certificate ends soon."""
    if days is None or days > _ENDS_SOON_DAYS:
        return []
    return [warn(check, "ends_soon", subject, days=round(days, 1))]


def _said(error: OSError) -> str:
    return str(getattr(error, "verify_message", "") or error.strerror or error)
