"""Buckets and how long they keep what they hold: made where they are missing, told of where they differ."""

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

import httpx

from tocsin.followers.influx.settings import InfluxSettings
from tocsin.history.influxql import credentials

_DAY_S: Final = 86_400
_HTTP_CONFLICT: Final = 409


class SetupError(Exception):
    """The server did not do as it was asked; the message says what it said."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one bucket. `differs`: it keeps for another time than the settings say, and was left so."""

    bucket: str
    said: str
    differs: bool = False


def wanted(settings: InfluxSettings) -> list[tuple[str, int]]:
    """(bucket, days; 0 for ever) of every bucket of the settings."""
    buckets = [(settings.bucket, settings.raw_days)]
    if settings.rollups:
        buckets += [(settings.of_minutes, settings.minute_days), (settings.of_hours, settings.hour_days)]
    return buckets


def set_up(settings: InfluxSettings, token: str, *, change: bool = False) -> Iterator[Done]:
    """Make what is missing, one bucket after the other. `change` has those that differ keep for as long as is said.

    SetupError where the server refuses or does not answer. Doing it again does nothing.
    """
    verify: bool | ssl.SSLContext = True
    if settings.ca_file is not None:
        verify = ssl.create_default_context(cafile=str(settings.ca_file))
    auth, headers = credentials(settings.version, token)
    with httpx.Client(
        base_url=settings.url, auth=auth, headers=headers, verify=verify, timeout=settings.timeout_s, trust_env=False
    ) as client:
        server = _SERVERS[settings.version](client, settings)
        for bucket, days in wanted(settings):
            try:
                yield server.bucket(bucket, days, change=change)
            except httpx.HTTPError as error:
                raise SetupError(f"{settings.url}: {type(error).__name__}: {error}") from error
            except (KeyError, IndexError, TypeError, ValueError) as error:
                raise SetupError(f"{settings.url}: an answer that makes no sense: {error}") from error


def _for(days: int) -> str:
    return f"for {days} days" if days else "for ever"


class _Server(Protocol):
    def bucket(self, name: str, days: int, *, change: bool) -> Done: ...


class _Version2:
    """Buckets of an organisation, over /api/v2."""

    def __init__(self, client: httpx.Client, settings: InfluxSettings) -> None:
        self._client = client
        self._org = settings.org

    def bucket(self, name: str, days: int, *, change: bool) -> Done:
        found = self._ask("GET", "/api/v2/buckets", params={"name": name, "org": self._org}, missing={"buckets": []})
        rules = [{"type": "expire", "everySeconds": days * _DAY_S}] if days else []
        if not found["buckets"]:
            orgs = self._ask("GET", "/api/v2/orgs", params={"org": self._org})
            body = {"name": name, "orgID": orgs["orgs"][0]["id"], "retentionRules": rules}
            self._ask("POST", "/api/v2/buckets", json=body)
            return Done(name, f"made, keeps {_for(days)}")
        there = found["buckets"][0]
        seconds = sum(rule["everySeconds"] for rule in there["retentionRules"])
        if seconds == days * _DAY_S:
            return Done(name, f"is there, keeps {_for(days)}")
        has = _for(seconds // _DAY_S)
        if not change:
            return Done(name, f"is there and keeps {has}, not {_for(days)}: left so", differs=True)
        # An empty list leaves the rules as they are; a rule of 0 seconds is for ever.
        forever = [{"type": "expire", "everySeconds": 0}]
        self._ask("PATCH", f"/api/v2/buckets/{there['id']}", json={"retentionRules": rules or forever})
        return Done(name, f"kept {has}, now {_for(days)}")

    def _ask(self, method: str, path: str, missing: Any = None, **parts: Any) -> Any:
        answer = self._client.request(method, path, **parts)
        if answer.status_code == httpx.codes.NOT_FOUND and missing is not None:
            return missing
        return _checked(answer)


class _Version1:
    """Databases with one retention policy, over InfluxQL."""

    def __init__(self, client: httpx.Client, settings: InfluxSettings) -> None:
        self._client = client

    def bucket(self, name: str, days: int, *, change: bool) -> Done:
        quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
        duration = f"{days}d" if days else "INF"
        if name not in self._column("SHOW DATABASES", "name"):
            self._column(f"CREATE DATABASE {quoted} WITH DURATION {duration} REPLICATION 1 NAME autogen", "")
            return Done(name, f"made, keeps {_for(days)}")
        names = self._column(f"SHOW RETENTION POLICIES ON {quoted}", "name")
        durations = self._column(f"SHOW RETENTION POLICIES ON {quoted}", "duration")
        default = self._column(f"SHOW RETENTION POLICIES ON {quoted}", "default").index(True)
        number, is_hours, _ = str(durations[default]).partition("h")
        hours = int(number) if is_hours else 0  # 0s is for ever
        if hours == days * 24:
            return Done(name, f"is there, keeps {_for(days)}")
        has = _for(hours // 24)
        if not change:
            return Done(name, f"is there and keeps {has}, not {_for(days)}: left so", differs=True)
        self._column(f'ALTER RETENTION POLICY "{names[default]}" ON {quoted} DURATION {duration} DEFAULT', "")
        return Done(name, f"kept {has}, now {_for(days)}")

    def _column(self, statement: str, name: str) -> list[Any]:
        result = _checked(self._client.post("/query", data={"q": statement}))["results"][0]
        if "error" in result:
            raise SetupError(result["error"])
        return [
            row[series["columns"].index(name)]
            for series in result.get("series", [])
            for row in series.get("values", [])
        ]


class _Version3:
    """Databases, over /api/v3; how long one keeps is said once, when it is made."""

    def __init__(self, client: httpx.Client, settings: InfluxSettings) -> None:
        self._client = client

    def bucket(self, name: str, days: int, *, change: bool) -> Done:
        shown = _checked(self._client.get("/api/v3/configure/database", params={"format": "json"}))
        if name in [str(row.get("iox::database", row.get("name", ""))) for row in shown]:
            note = " (how long it keeps can't be changed)" if change else ""
            return Done(name, f"is there{note}")
        body = {"db": name, **({"retention_period": f"{days}d"} if days else {})}
        answer = self._client.post("/api/v3/configure/database", json=body)
        if answer.status_code == _HTTP_CONFLICT:
            return Done(name, "is there")
        _checked(answer)
        return Done(name, f"made, keeps {_for(days)}")


_SERVERS: Final[dict[str, Callable[[httpx.Client, InfluxSettings], _Server]]] = {
    "1": _Version1,
    "2": _Version2,
    "3": _Version3,
}


def _checked(answer: httpx.Response) -> Any:
    if answer.is_error:
        raise SetupError(f"{answer.request.url}: HTTP {answer.status_code}: {answer.text[:200].strip()}")
    return answer.json() if answer.content else {}
