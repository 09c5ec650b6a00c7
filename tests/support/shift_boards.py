"""Where the incident of a shift stands on the boards: what their queries get back from InfluxDB."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from support.grafana_queries import Asked, Series, answer, expand, queries_of, span_ms
from support.influx import BUCKET, InfluxServer
from support.shift import NEAR
from support.waiting import eventually

from dashboards.generate import build
from dashboards.names import BOARDS
from tocsin.clock import SystemClock

_WHOLE: Final = frozenset({"region", "channel"})
_VALUES: Final = {
    "region": ".*",
    "channel": ".*",
    "enterprise": "E1",
    "unit": "E1-U",
    "kind": "gas.combustible",
    "point": NEAR,
    "minute_bucket": f"{BUCKET}_1m",
}
_CATCHING_UP_S: Final = 15.0

Look = Callable[[list[Series], str, str], bool]


def _has_cell(got: list[Series], text: str) -> bool:
    return any(text in row for series in got for row in series.rows)


def _has_alarm(got: list[Series], alarm: str, cause: str) -> bool:
    return _has_cell(got, alarm)


def _has_subject(got: list[Series], alarm: str, cause: str) -> bool:
    return _has_cell(got, NEAR)


def _has_its_end(got: list[Series], alarm: str, cause: str) -> bool:
    return any({NEAR, cause, "closed"} <= set(row) for series in got for row in series.rows)


def _counts(got: list[Series], alarm: str, cause: str) -> bool:
    values: list[Any] = [value for series in got for row in series.rows for value in row[1:]]
    return any(value is not None and value >= 1 for value in values)


_LOOKS: Final[Mapping[str, tuple[str, Look]]] = {
    "district": ("Active alarms by colour", _counts),
    "enterprise": ("Alarms in this time", _has_subject),
    "unit": ("Alarms in this time", _has_subject),
    "point": ("Alarms in this time", _has_subject),
    "alarms": ("Newest events", _has_subject),
    "kpi": ("Top ten sources", _has_alarm),
    "disposal": ("Disposals", _has_its_end),
    "devices": ("Expected", _counts),
    "delivery": ("Attempts", _has_alarm),
    "health": ("Open alarms", _counts),
}
"""The panel of each board in which it must be found, and how."""


def boards_without(influx: InfluxServer, alarm: str, cause: str) -> list[str]:
    """Boards on which the closed incident isn't to be seen, once history has had time to catch up."""
    missing = list(BOARDS)

    def seen_on_all() -> bool:
        missing[:] = [board for board in missing if not _is_seen(influx, board, alarm, cause)]
        return not missing

    eventually(seen_on_all, _CATCHING_UP_S)
    return missing


def _is_seen(influx: InfluxServer, board: str, alarm: str, cause: str) -> bool:
    made = build(board, "en")
    title, look = _LOOKS[board]
    asked = [one for one in queries_of(board, made) if one.of == title]
    assert asked, (board, title)
    return any(look(_answer(influx, one, made["time"]["from"]), alarm, cause) for one in asked)


def _answer(influx: InfluxServer, asked: Asked, since: str) -> list[Series]:
    now_ms = SystemClock().now_ms()
    return answer(influx, expand(asked.text, _VALUES, _WHOLE, now_ms - span_ms(since), now_ms))
