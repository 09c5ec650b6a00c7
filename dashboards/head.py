"""The head of a place's board: its name, its two colours, and how many alarms of each colour it has."""

from grafana_foundation_sdk.builders import stat

from dashboards.colours import grade_steps, grades
from dashboards.influxql import IN_TIME, last, series, where
from dashboards.influxql import table as rows_of
from dashboards.panels import Face, figure
from dashboards.say import Say
from dashboards.shared import SEVERITIES, alarm_count


def name_of(face: Face, here: str) -> stat.Panel:
    """What the site folder calls the place; `here` is the condition that picks its rows of `risk`."""
    text = f'SELECT last("name") AS "name" FROM "risk" WHERE {where(here, IN_TIME)}'
    return figure(face, rows_of(text), unit="string", field="name")


def colour_of(say: Say, here: str) -> stat.Panel:
    """The colour that its alarms give it."""
    face = Face(
        say("告警颜色", "Colour of alarms"),
        say(
            "生效告警与逾期处置中最严重的颜色。来源：risk。",
            "The worst of its active alarms and overdue disposals. From: risk.",
        ),
        say("▨ 无数据", "▨ no data"),
    )
    query = series(last("risk", "colour", here), "colour")
    return figure(face, query, colours=grade_steps(), words=grades(say), filled=True)


def inherent_of(say: Say, here: str, place_zh: str) -> stat.Panel:
    """The grade that it has whatever its alarms say; `place_zh` is what such a place is called in Chinese."""
    face = Face(
        say("固有风险等级", "Inherent grade"),
        say(
            f"不论有无告警，该{place_zh}可能造成的后果。来源：risk。",
            "What the place could do, whatever its alarms say. From: risk.",
        ),
        say("未评级", "not graded"),
    )
    query = series(last("risk", "inherent", here), "inherent")
    return figure(face, query, colours=grade_steps(), words=grades(say), filled=True)


def counts_of(say: Say, here: str) -> list[tuple[int, stat.Panel]]:
    """How many alarms of each colour, with the width of each panel."""
    return [(2, alarm_count(say, name, n, series(last("risk", name, here), name))) for name, n in SEVERITIES]
