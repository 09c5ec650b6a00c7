"""A bucket of InfluxDB 2 with what one enterprise may see, tasks of InfluxDB's that fill it, a token that reads it.

The copy is made by InfluxDB, by tags, so that nothing is added to the way of readings and alarms. Boards of the
enterprise ask with a token that can't read any other bucket: what they may show is decided by InfluxDB, not by a board.
"""

from dataclasses import dataclass
from typing import Any, Final

import httpx

from tocsin.followers.influx import InfluxSettings
from tocsin.grafana.errors import GrafanaError
from tocsin.grafana.outcome import Became, Outcome, Tell

COPIED_EACH_MINUTE: Final = "5m"
COPIED_EACH_DAY: Final = "26h"
"""For what came late: devices that buffered, history that was behind."""


@dataclass(frozen=True, slots=True)
class OwnBucket:
    """Names of what belongs to one enterprise."""

    source: str
    minutes: str
    """The bucket of roll-ups by the minute: its copy goes into the same bucket, where boards ask for it."""
    enterprise: str

    @property
    def name(self) -> str:
        return f"{self.source}-{self.enterprise}"

    @property
    def description(self) -> str:
        """Of the token: by it a later push finds it again."""
        return f"Tocsin: Grafana reads {self.name}"

    def tasks(self) -> dict[str, str]:
        """Name of a task -> its Flux."""
        return {
            f"{self.name} each minute": self._flux(f"{self.name} each minute", "1m", COPIED_EACH_MINUTE),
            f"{self.name} each day": self._flux(f"{self.name} each day", "1d", COPIED_EACH_DAY),
        }

    def _flux(self, task: str, every: str, span: str) -> str:
        source = f'from(bucket: "{self.source}") |> range(start: -{span})'
        minutes = f'from(bucket: "{self.minutes}") |> range(start: -{span})'
        own = self.enterprise
        return f"""\
import "influxdata/influxdb"

option task = {{name: "{task}", every: {every}}}

{source} |> filter(fn: (r) => r.enterprise == "{own}") |> to(bucket: "{self.name}") |> yield(name: "enterprise")

{source} |> filter(fn: (r) => r.place == "{own}") |> to(bucket: "{self.name}") |> yield(name: "place")

{minutes} |> filter(fn: (r) => r.enterprise == "{own}") |> to(bucket: "{self.name}") |> yield(name: "minutes")

{source}
    |> filter(fn: (r) => r._measurement == "active")
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> filter(fn: (r) => r.enterprise == "{own}" or r.alarm == "")
    |> drop(columns: ["_start", "_stop"])
    |> influxdb.wideTo(bucket: "{self.name}")
    |> yield(name: "active")
"""


def push_own_bucket(influx: InfluxSettings, admin_token: str, own: OwnBucket, tell: Tell) -> str:
    """Make bucket, tasks and token as wanted; the token. GrafanaError if InfluxDB refuses or is none of version 2."""
    with httpx.Client(
        base_url=influx.url,
        headers={"Authorization": f"Token {admin_token}"},
        timeout=influx.timeout_s,
        verify=str(influx.ca_file) if influx.ca_file else True,
    ) as client:
        server = _Influx(client, influx.url)
        org = server.first("organisation", "orgs", org=influx.org)
        if org is None:
            raise GrafanaError(
                f"{influx.url} has no organisation {influx.org!r}, or the administrator's token can't see it"
            )
        bucket = _bucket(server, org["id"], own, tell)
        for name, flux in own.tasks().items():
            _task(server, org["id"], name, flux, tell)
        return _token(server, org["id"], bucket, own, tell)


class _Influx:
    """The few calls that are needed, their failures in words."""

    def __init__(self, client: httpx.Client, url: str) -> None:
        self._client = client
        self._url = url

    def first(self, what: str, kind: str, **query: str) -> dict[str, Any] | None:
        found = self.listed(what, kind, **query)
        return found[0] if found else None

    def listed(self, what: str, kind: str, **query: str) -> list[dict[str, Any]]:
        """All of a kind that answer the query; none where InfluxDB knows no such name."""
        answer = self._send("GET", f"/api/v2/{kind}", what, params=query)
        return [] if answer is None else list(answer[kind])

    def send(self, method: str, path: str, what: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._send(method, path, what, json=body)
        if answer is None:
            raise GrafanaError(f"{self._url} has nothing at {path}: needed is InfluxDB 2")
        return answer

    def _send(self, method: str, path: str, what: str, **more: Any) -> dict[str, Any] | None:
        try:
            answer = self._client.request(method, path, **more)
        except httpx.TransportError as error:
            raise GrafanaError(f"{self._url} can't be reached: {error}") from None
        if answer.status_code == 404:
            return None
        if answer.status_code in (401, 403):
            raise GrafanaError(f"the administrator's token may not touch {what} of {self._url} ({answer.status_code})")
        if answer.is_error:
            raise GrafanaError(f"{self._url} refused {what} ({answer.status_code}): {_said(answer)}")
        try:
            body: dict[str, Any] = answer.json()
        except ValueError:
            raise GrafanaError(f"{self._url} answers, but not as InfluxDB 2 does") from None
        return body


def _bucket(server: _Influx, org: str, own: OwnBucket, tell: Tell) -> str:
    there = server.first("buckets", "buckets", orgID=org, name=own.name)
    if there is None:
        source = server.first("buckets", "buckets", orgID=org, name=own.source)
        if source is None:
            raise GrafanaError(f"there is no bucket {own.source}: tocsin influx setup makes it")
        rules = [{"type": "expire", "everySeconds": rule["everySeconds"]} for rule in source["retentionRules"]]
        there = server.send(
            "POST", "/api/v2/buckets", "buckets", {"orgID": org, "name": own.name, "retentionRules": rules}
        )
        tell(Outcome("bucket", own.name, Became.CREATED))
    else:
        tell(Outcome("bucket", own.name, Became.UNCHANGED))
    return str(there["id"])


def _task(server: _Influx, org: str, name: str, flux: str, tell: Tell) -> None:
    there = server.first("tasks", "tasks", orgID=org, name=name)
    if there is None:
        server.send("POST", "/api/v2/tasks", "tasks", {"orgID": org, "flux": flux, "status": "active"})
        became = Became.CREATED
    elif there["flux"].strip() == flux.strip() and there["status"] == "active":
        became = Became.UNCHANGED
    else:
        server.send("PATCH", f"/api/v2/tasks/{there['id']}", "tasks", {"flux": flux, "status": "active"})
        became = Became.UPDATED
    tell(Outcome("task", name, became))


def _token(server: _Influx, org: str, bucket: str, own: OwnBucket, tell: Tell) -> str:
    wanted = [{"action": "read", "resource": {"type": "buckets", "id": bucket, "orgID": org}}]
    for there in server.listed("tokens", "authorizations", orgID=org):
        named = there.get("description") == own.description and there.get("status") == "active"
        if named and there.get("token") and _plain(there["permissions"]) == wanted:
            tell(Outcome("token", own.description, Became.UNCHANGED))
            return str(there["token"])
    body = {"orgID": org, "description": own.description, "permissions": wanted}
    made = server.send("POST", "/api/v2/authorizations", "tokens", body)
    tell(Outcome("token", own.description, Became.CREATED))
    return str(made["token"])


def _plain(permissions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Permissions without the names that InfluxDB adds to ids."""
    return [
        {
            "action": permission["action"],
            "resource": {key: permission["resource"].get(key) for key in ("type", "id", "orgID")},
        }
        for permission in permissions
    ]


def _said(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:200]
