"""The files of Grafana's provisioning folder, as text: generated, so that they agree with what is pushed."""

from pathlib import Path
from typing import Any, Final

import yaml

from dashboards.names import DATASOURCE_UID
from dashboards.provisioning.second_line import FOLDER_TITLE, GROUP, INTERVAL_S, RULES, SecondLineRule

BOARDS_PATH: Final = "/etc/tocsin/boards"
"""Where a Grafana that reads these files finds a folder of boards for each language."""
FOLDERS: Final = {"zh": "警钟", "en": "Tocsin"}
"""The title of the boards' folder in each language; its uid is `tocsin-` and the language."""

_HEAD: Final = "# Written by `python -m dashboards.provisioning`; change it there.\n"


def files() -> dict[Path, str]:
    """Path below the provisioning folder -> text."""
    return {
        Path("datasources", "tocsin.yaml"): _datasources(),
        Path("dashboards", "tocsin.yaml"): _boards(),
        Path("alerting", "tocsin.yaml"): _alerting(),
    }


def influxdb_json_data(database: str) -> dict[str, Any]:
    """`jsonData` of a data source that asks InfluxDB 1.8, 2 or 3 in InfluxQL, the token in a header."""
    return {
        "version": "InfluxQL",
        "dbName": database,
        "httpMode": "POST",
        "httpHeaderName1": "Authorization",
        "timeInterval": "1s",
    }


def _datasources() -> str:
    source = {
        "name": "Tocsin InfluxDB",
        "uid": DATASOURCE_UID,
        "type": "influxdb",
        "access": "proxy",
        "url": "$TOCSIN_INFLUX_URL",
        "isDefault": True,
        "editable": False,
        "jsonData": influxdb_json_data("$TOCSIN_INFLUX_BUCKET"),
        "secureJsonData": {"httpHeaderValue1": "Token $__file{/run/secrets/influx_read}"},
    }
    return _text(
        {"apiVersion": 1, "datasources": [source]},
        "# TOCSIN_INFLUX_URL and _BUCKET are Grafana's environment; the token in a file may read the buckets.\n",
    )


def _boards() -> str:
    providers = [
        {
            "name": f"tocsin-{language}",
            "folder": title,
            "folderUid": f"tocsin-{language}",
            "type": "file",
            "disableDeletion": True,
            "allowUiUpdates": False,
            "updateIntervalSeconds": 60,
            "options": {"path": f"{BOARDS_PATH}/{language}"},
        }
        for language, title in FOLDERS.items()
    ]
    return _text({"apiVersion": 1, "providers": providers}, "# dashboards/generated is mounted there.\n")


def _alerting() -> str:
    group = {
        "orgId": 1,
        "name": GROUP,
        "folder": FOLDER_TITLE,
        "interval": f"{INTERVAL_S}s",
        "rules": [_rule(rule) for rule in RULES],
    }
    return _text(
        {"apiVersion": 1, "groups": [group]}, "# Who is told is up to the notification policy of this Grafana.\n"
    )


def _rule(rule: SecondLineRule) -> dict[str, Any]:
    return {
        "uid": rule.uid,
        "title": rule.title,
        "condition": "C",
        "data": rule.data(),
        "for": rule.duration(),
        "noDataState": rule.no_data,
        "execErrState": "Alerting",
        "annotations": rule.annotations(),
        "labels": rule.labels(),
    }


def _text(content: dict[str, Any], remark: str) -> str:
    return _HEAD + remark + yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120)
