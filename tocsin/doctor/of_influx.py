"""InfluxDB: reachable, the token good, the buckets there and kept long enough, history not behind."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx

from plant.mistakes import InputError
from tocsin.doctor.finding import Finding, bad, ok, warn
from tocsin.doctor.of_service import service_url
from tocsin.followers.influx import InfluxSettings, read_token
from tocsin.settings import Settings

_NAME: Final = "influxdb"
_TIMEOUT_S: Final = 8.0
LEAST_DAYS: Final = 30
_DAY_S: Final = 86_400
_LAG = re.compile(r'^tocsin_follower_lag_seconds\{follower="influx[^"]*"\} (\S+)$', re.M)


def look_at_influx(settings: Settings) -> list[Finding]:
    """Nothing is written: a write without lines shows whether lines would be taken."""
    influx = settings.influx
    if influx is None:
        return [ok(_NAME, "influx_none")]
    try:
        token = read_token(influx.token_file)
    except InputError as error:
        return [bad(_NAME, "secret", error=str(error.mistakes[0]))]
    try:
        with _client(influx, token) as client:
            return list(_of_server(client, influx))
    except httpx.HTTPError as error:
        return [bad(_NAME, "away", address=influx.url, error=str(error))]


def look_at_lag(settings: Settings) -> list[Finding]:
    """How far the service says history is behind; nothing where it isn't asked or doesn't answer: others tell that."""
    if settings.influx is None:
        return []
    try:
        text = httpx.get(f"{service_url(settings)}/metrics", timeout=_TIMEOUT_S, trust_env=False).text
    except httpx.HTTPError:
        return []
    behind_s = max((float(lag) for lag in _LAG.findall(text)), default=0.0)
    if behind_s > settings.watch.history_behind_s:
        return [bad(_NAME, "influx_behind", seconds=round(behind_s))]
    return []


def server_time_ms(settings: Settings) -> int | None:
    """What time it is at InfluxDB, to the second; None where it isn't told."""
    if settings.influx is None:
        return None
    try:
        with _client(settings.influx, "") as client:
            told = client.get("/ping").headers.get("date", "")
        return round(parsedate_to_datetime(told).replace(tzinfo=UTC).timestamp() * 1000)
    except (httpx.HTTPError, ValueError, TypeError):
        return None


def _of_server(client: httpx.Client, influx: InfluxSettings) -> Iterator[Finding]:
    buckets = [influx.bucket, *((influx.of_minutes, influx.of_hours) if influx.rollups else ())]
    if influx.version != "2":
        client.get("/ping").raise_for_status()
        yield ok(_NAME, "reached", address=influx.url)
        return
    good = True
    for bucket in buckets:
        answer = client.post("/api/v2/write", params={"bucket": bucket, "org": influx.org}, content=b"")
        if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            yield bad(_NAME, "influx_token", bucket, bucket=bucket, file=str(influx.token_file))
            return
        if answer.status_code == httpx.codes.NOT_FOUND:
            good = False
            yield bad(_NAME, "influx_bucket", bucket, bucket=bucket)
        elif not answer.is_success:
            good = False
            yield bad(_NAME, "away", bucket, address=influx.url, error=f"HTTP {answer.status_code}")
        else:
            yield from _kept(client, bucket)
    if good:
        yield ok(_NAME, "influx_ok", address=influx.url, buckets=", ".join(buckets))


def _kept(client: httpx.Client, bucket: str) -> Iterator[Finding]:
    """A finding where the bucket forgets too soon, or where the token isn't allowed to know."""
    listed: dict[str, Any] = client.get("/api/v2/buckets", params={"name": bucket}).json()
    if not listed.get("buckets"):
        yield warn(_NAME, "influx_unseen", bucket, bucket=bucket)
        return
    seconds = [int(rule.get("everySeconds", 0)) for rule in listed["buckets"][0].get("retentionRules", [])]
    days = min((s / _DAY_S for s in seconds if s), default=None)
    if days is not None and days < LEAST_DAYS:
        yield bad(_NAME, "influx_short", bucket, bucket=bucket, days=round(days, 1), least=LEAST_DAYS)


def _client(influx: InfluxSettings, token: str) -> httpx.Client:
    headers = {"Authorization": f"Token {token}"} if token else {}
    verify = str(influx.ca_file) if influx.ca_file else True
    return httpx.Client(base_url=influx.url, headers=headers, timeout=_TIMEOUT_S, verify=verify, trust_env=False)


def shown_instant(at_ms: int) -> str:
    """UTC, to the second."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(" ", "seconds")
