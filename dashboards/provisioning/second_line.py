"""Alert rules that Grafana itself decides: a second line for when Tocsin can't speak for itself.

They ask InfluxDB, so what they watch is the whole way there: a service that is dead, one that is cut off from its
broker, or history that is not written. A rule that can't ask is an alert as well.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

from dashboards.names import DATASOURCE_UID

FOLDER_TITLE: Final = "Tocsin 警钟 · second line"
GROUP: Final = "tocsin-second-line"
INTERVAL_S: Final = 60
"""How often Grafana decides them."""

SILENT_S: Final = 180
"""The service writes how it stands each minute; three times without a row is silence."""
NO_READINGS_S: Final = 600
BROKER_DOWN_S: Final = 120
LAG_LIMIT_S: Final = 300
"""Readings shown on boards are older than this."""


@dataclass(frozen=True, slots=True)
class SecondLineRule:
    """One rule: the newest value of `query` is compared with `limit`, and must be so for `for_s` seconds."""

    uid: str
    title: str
    query: str
    """InfluxQL; $timeFilter is the last `over_s` seconds."""
    over_s: int
    is_: Literal["lt", "gt"]
    limit: float
    for_s: int
    severity: Literal["critical", "warning"]
    no_data: Literal["Alerting", "OK"]
    summary: str
    do: str

    def data(self) -> list[dict[str, Any]]:
        """The query, its newest value, and the comparison, as Grafana's steps A, B and C."""
        return [
            self._step("A", DATASOURCE_UID, rawQuery=True, query=self.query, resultFormat="time_series"),
            self._step("B", "__expr__", type="reduce", expression="A", reducer="last"),
            self._step("C", "__expr__", type="threshold", expression="B", conditions=[self._condition()]),
        ]

    def duration(self) -> str:
        """`for_s` as Grafana writes it: whole minutes where they are."""
        minutes, seconds = divmod(self.for_s, 60)
        return f"{self.for_s}s" if seconds else f"{minutes}m"

    def annotations(self) -> dict[str, str]:
        """What a person reads, in both languages."""
        return {"summary": self.summary, "description": self.do}

    def labels(self) -> dict[str, str]:
        """By which a policy of Grafana's may route it."""
        return {"service": "tocsin", "severity": self.severity}

    def _condition(self) -> dict[str, Any]:
        return {"type": "query", "evaluator": {"type": self.is_, "params": [self.limit]}}

    def _step(self, ref: str, datasource: str, **model: object) -> dict[str, Any]:
        source = {"type": "influxdb" if ref == "A" else "__expr__", "uid": datasource}
        return {
            "refId": ref,
            "datasourceUid": datasource,
            "relativeTimeRange": {"from": self.over_s, "to": 0},
            "model": {"refId": ref, "datasource": source, "intervalMs": 1000, "maxDataPoints": 43200, **model},
        }


RULES: Final = (
    SecondLineRule(
        uid="tocsin-silent",
        title="Tocsin is silent · 警钟无声",
        query='SELECT count("up") FROM "tocsin" WHERE $timeFilter',
        over_s=SILENT_S,
        is_="lt",
        limit=1,
        for_s=60,
        severity="critical",
        no_data="Alerting",
        summary=f"Tocsin wrote nothing for {SILENT_S} s: alarms may not be decided · "
        f"警钟 {SILENT_S} 秒没有写入，报警可能未被判定",
        do="Look at the service (/healthz) and call the enterprises' control rooms until it runs · "
        "检查服务；恢复之前请电话联系各企业中控室",
    ),
    SecondLineRule(
        uid="tocsin-broker-down",
        title="A broker's connection is down · 消息服务器断开",
        query='SELECT last("connected") FROM "source" WHERE $timeFilter GROUP BY "source"',
        over_s=SILENT_S,
        is_="lt",
        limit=1,
        for_s=BROKER_DOWN_S,
        severity="critical",
        no_data="OK",
        summary="Tocsin has no connection to {{ .Labels.source }} · 警钟与 {{ .Labels.source }} 的连接已断开",
        do="Look at the broker and the network; readings wait at devices that keep them, others are lost · "
        "检查消息服务器和网络",
    ),
    SecondLineRule(
        uid="tocsin-no-readings",
        title="No readings come · 没有读数",
        query='SELECT spread("readings") FROM "tocsin" WHERE $timeFilter',
        over_s=NO_READINGS_S,
        is_="lt",
        limit=1,
        for_s=60,
        severity="critical",
        no_data="OK",
        summary=f"Not one reading in {NO_READINGS_S // 60} minutes, though Tocsin runs · "
        f"{NO_READINGS_S // 60} 分钟没有任何读数，而警钟在运行",
        do="The broker may be connected and dumb: look at what devices publish, and at the board of device health · "
        "消息服务器可能已连接但无数据：检查设备上报",
    ),
    SecondLineRule(
        uid="tocsin-history-lag",
        title="History lags · 历史数据滞后",
        query='SELECT last("history_lag_s") FROM "tocsin" WHERE $timeFilter',
        over_s=SILENT_S,
        is_="gt",
        limit=LAG_LIMIT_S,
        for_s=BROKER_DOWN_S,
        severity="warning",
        no_data="OK",
        summary=f"Boards show readings more than {LAG_LIMIT_S // 60} minutes old · "
        f"看板上的读数已滞后 {LAG_LIMIT_S // 60} 分钟以上",
        do="Alarms are decided all the same: work from the console. Look at InfluxDB's disk and load · "
        "报警判定不受影响，请使用控制台；检查 InfluxDB 的磁盘和负载",
    ),
)
"""The silence of the service is one rule and its absence of data is an alert; the others then keep quiet."""
