"""The data source: InfluxDB, asked in InfluxQL, with a token that only Grafana's server sees."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from dashboards.names import DATASOURCE_UID
from dashboards.provisioning.files import influxdb_json_data
from tocsin.grafana.connection import Grafana
from tocsin.grafana.outcome import Became, Outcome, Tell

_NAME: Final = "Tocsin InfluxDB"
_COMPARED: Final = ("name", "type", "access", "url", "database")


@dataclass(frozen=True, slots=True)
class Datasource:
    """Where boards get their data: a bucket of InfluxDB as Grafana reaches it, and a token that may read it."""

    url: str
    bucket: str
    token: str = field(repr=False)

    def command(self) -> dict[str, Any]:
        """What Grafana is sent."""
        return {
            "uid": DATASOURCE_UID,
            "name": _NAME,
            "type": "influxdb",
            "access": "proxy",
            "url": self.url,
            "database": self.bucket,
            "jsonData": {**influxdb_json_data(self.bucket), "tocsinKey": self._fingerprint()},
            "secureJsonData": {"httpHeaderValue1": f"Token {self.token}"},
        }

    def _fingerprint(self) -> str:
        """Tells one token from another without telling it: Grafana never hands a secret back."""
        return sha256(self.token.encode()).hexdigest()[:12]


def push_datasource(grafana: Grafana, wanted: Datasource, tell: Tell) -> None:
    """Make the data source as wanted."""
    command = wanted.command()
    there = grafana.find("the data source", f"/datasources/uid/{DATASOURCE_UID}")
    if there is None:
        grafana.do("make the data source", lambda api: api.datasource.create_datasource(command))
        became = Became.CREATED
    elif there.get("readOnly"):
        became = Became.LEFT
    elif _same(there, command):
        became = Became.UNCHANGED
    else:
        grafana.do(
            "change the data source", lambda api: api.datasource.update_datasource_by_uid(DATASOURCE_UID, command)
        )
        became = Became.UPDATED
    tell(Outcome("data source", _NAME, became))


def _same(there: dict[str, Any], wanted: dict[str, Any]) -> bool:
    kept = {key: there.get("jsonData", {}).get(key) for key in wanted["jsonData"]}
    return (
        all(there.get(key) == wanted[key] for key in _COMPARED)
        and kept == wanted["jsonData"]
        and there.get("secureJsonFields", {}).get("httpHeaderValue1") is True
    )
