"""Queries of panels, as Grafana's InfluxDB data source takes them; and the conditions that many of them share."""

from typing import Final, Literal

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.runtime import UnknownDataquery
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import DataSourceRef

from dashboards.names import DATASOURCE_UID

IN_TIME: Final = "$timeFilter"
REAL: Final = "\"exercise\" = 'false'"
OF_REGION: Final = '"region" =~ /^$region$/'
OF_ENTERPRISE: Final = '"enterprise" =~ /^$enterprise$/'
OF_UNIT: Final = '"unit" =~ /^$unit$/'
OF_POINT: Final = '"point" =~ /^$point$/'
OF_SUBJECT: Final = '"subject" =~ /^$point$/'

_TAKEN: Final = "\"alarm\" <> ''"
_ACTIVE_FIELDS: Final = (
    "enterprise",
    "enterprise_name",
    "region",
    "unit",
    "subject",
    "rule",
    "level",
    "colour",
    "state",
    "raised_at",
    "value",
    "limit",
    "acknowledged",
)


def datasource() -> DataSourceRef:
    """The reference that panels, variables and annotations carry."""
    return DataSourceRef(type_val="influxdb", uid=DATASOURCE_UID)


class Query(Builder[Dataquery]):
    """One query. The SDK has no type for InfluxQL, so the object is written as the data source stores it."""

    def __init__(
        self, text: str, form: Literal["time_series", "table"], *, alias: str = "", ref: str = "A", hide: bool = False
    ) -> None:
        """`alias` names the series: `$tag_place`, `$col`, or plain words; `ref` tells a panel's queries apart."""
        self._data: dict[str, object] = {
            "datasource": datasource().to_json(),
            "refId": ref,
            "query": text,
            "rawQuery": True,
            "resultFormat": form,
        }
        if alias:
            self._data["alias"] = alias
        if hide:
            self._data["hide"] = True

    def build(self) -> Dataquery:
        return UnknownDataquery(self._data)


def series(text: str, alias: str, ref: str = "A") -> Query:
    """A query whose answer is drawn over time, or reduced to one figure."""
    return Query(text, "time_series", alias=alias, ref=ref)


def table(text: str, ref: str = "A") -> Query:
    """A query whose answer is rows."""
    return Query(text, "table", ref=ref)


def where(*conditions: str) -> str:
    """The conditions, all of which must hold."""
    return " AND ".join(conditions)


def last(measurement: str, field: str, *conditions: str) -> str:
    """The newest value of a field in the time shown."""
    return f'SELECT last("{field}") FROM "{measurement}" WHERE {where(*conditions, IN_TIME)}'


def summed_last(measurement: str, field: str, by: str, *conditions: str) -> str:
    """The sum of the newest values of what the tag `by` tells apart."""
    inner = f'SELECT last("{field}") AS "n" FROM "{measurement}" WHERE {where(*conditions, IN_TIME)} GROUP BY "{by}"'
    return f'SELECT sum("n") FROM ({inner})'


def active_alarms(*conditions: str) -> str:
    """The list of alarms that stand now: rows of the newest look, without empty slots."""
    fields = ", ".join(f'"{name}"' for name in _ACTIVE_FIELDS)
    inner = f'SELECT last("alarm") AS "alarm", {fields} FROM "active" WHERE time > now() - 5m GROUP BY "slot"'
    return f"SELECT * FROM ({inner}) WHERE {where(_TAKEN, *conditions)}"
