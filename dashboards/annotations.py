"""Alarms over the courses of readings: a region from raised to cleared, one for each severity."""

from grafana_foundation_sdk.builders.dashboard import AnnotationQuery as AnnotationBuilder
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import AnnotationQuery, AnnotationTarget

from dashboards.colours import GRADES, grade_words
from dashboards.influxql import IN_TIME, REAL, datasource, where
from dashboards.say import Say

_MEASUREMENT = "alarm_span"
_NAMES = {4: "red", 3: "orange", 2: "yellow", 1: "blue"}


class _Target(AnnotationTarget):
    """What the data source's annotation query is. The SDK's own type is for Grafana's store of annotations."""

    def __init__(self, data: dict[str, object]) -> None:
        super().__init__()
        self._data = data

    def to_json(self) -> dict[str, object]:
        return self._data


class _Annotation(Builder[AnnotationQuery]):
    def __init__(self, name: str, colour: str, text: str, shown: bool) -> None:
        # Grafana names the columns of an answer "<measurement>.<field>", takes those of the text and the tags by a
        # part of the name and that of the end by all of it, and leaves out rows in which any column is empty.
        columns = {
            "titleColumn": f"{_MEASUREMENT}.rule",
            "textColumn": f"{_MEASUREMENT}.subject",
            "tagsColumn": f"{_MEASUREMENT}.level",
            "timeEndColumn": f"{_MEASUREMENT}.ended_at",
        }
        self._built = AnnotationBuilder().name(name).datasource(datasource()).enable(shown).icon_color(colour).build()
        self._built.target = _Target(
            {
                "datasource": datasource().to_json(),
                "refId": "Anno",
                "name": name,
                "query": text,
                "queryType": "tags",
                "rawQuery": True,
                "resultFormat": "table",
                "fromAnnotations": True,
                **columns,
            }
        )

    def build(self) -> AnnotationQuery:
        return self._built


def alarms(say: Say, *conditions: str, shown: bool = True) -> list[Builder[AnnotationQuery]]:
    """Regions of ended alarms, and lines where alarms began that are on still; by severity, so each has its colour.

    Where not `shown` they wait to be switched on at the top: those of a whole district hide the lines behind them.
    """
    words = grade_words(say)
    found: list[Builder[AnnotationQuery]] = []
    for number, name in _NAMES.items():
        narrowed = where(REAL, f"\"severity\" = '{name}'", *conditions, IN_TIME)
        ended = f'SELECT "subject", "rule", "level", "ended_at" FROM "{_MEASUREMENT}" WHERE {narrowed}'
        found.append(_Annotation(say("告警 ", "Alarms ") + words[number], GRADES[number], ended, shown))
    on = where(REAL, '"state" =~ /^active/', *conditions, IN_TIME)
    standing = f'SELECT "subject", "rule", "level" FROM "{_MEASUREMENT}" WHERE {on}'
    found.append(_Annotation(say("未恢复的告警", "Alarms still on"), GRADES[4], standing, shown))
    return found
