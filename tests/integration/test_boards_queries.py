"""Every query of every board, as Grafana sends it, against a real InfluxDB that a drill has filled."""

from collections import Counter
from typing import Any

import pytest
from support.filled_influx import Filled, filled  # noqa: F401 - a fixture
from support.grafana_queries import Asked, Json, Series, answer, expand, options_of, queries_of, span_ms

from dashboards.generate import build
from dashboards.names import BOARDS
from dashboards.provisioning import RULES, SecondLineRule

_MADE = {board: build(board, "en") for board in BOARDS}
_QUERIES = [asked for board in BOARDS for asked in queries_of(board, _MADE[board])]
_LEVELS = {"Lhh", "Lh", "Ll", "Lll"}
_SINCE = {"health": "now-10m"}
"""A rate needs two intervals, and the drill's live part is short."""
_FROM_TRANSFORMATIONS = {"alarm (count)"}
Values = dict[str, str | list[str]]


@pytest.fixture(scope="module")
def chosen(filled: Filled) -> dict[str, Values]:  # noqa: F811
    """For each board, values of its variables that have most to show, taken from what the variables offer."""
    busiest = _busiest_point(filled)
    found: dict[str, Values] = {}
    for board in BOARDS:
        values: Values = {}
        for variable in _MADE[board]["templating"]["list"]:
            if variable["type"] == "constant":
                values[variable["name"]] = variable["query"]
                continue
            offered = options_of(filled.influx, variable, values, _whole(variable, values))
            assert offered, (board, variable["name"])
            name = variable["name"]
            if name in ("region", "channel"):
                values[name] = ".*"
            elif variable["includeAll"]:
                values[name] = offered
            else:
                assert busiest[name] in offered, (board, name)
                values[name] = busiest[name]
        found[board] = values
    return found


def _busiest_point(filled: Filled) -> dict[str, str]:  # noqa: F811
    """A point with a forecast, with alarms and with doubtful readings; and where it lies."""
    influx, points = filled.influx, filled.configured.site.points
    forecasts = influx.query('SELECT "subject" FROM "alarm" WHERE "forecast_at" > 0')
    doubtful = influx.query('SELECT count("quality") FROM "reading" WHERE "quality" = 2 GROUP BY "point"')
    uncertain = influx.query('SELECT count("quality") FROM "reading" WHERE "quality" = 1 GROUP BY "point"')
    both = {str(row["point"]) for row in doubtful} & {str(row["point"]) for row in uncertain}
    counted = Counter(str(row["subject"]) for row in forecasts if row["subject"] in both)
    point = points[counted.most_common(1)[0][0]]
    return {"enterprise": point.enterprise, "unit": point.unit, "point": point.point}


def _whole(variable: Json, values: Values) -> frozenset[str]:
    return frozenset(name for name, value in values.items() if value == ".*")


def _text(filled: Filled, asked: Asked, values: Values) -> str:  # noqa: F811
    own = _panel(asked).get("timeFrom")
    since = span_ms(f"now-{own}" if own else _SINCE.get(asked.board, _MADE[asked.board]["time"]["from"]))
    whole = frozenset(name for name, value in values.items() if value == ".*")
    return expand(asked.text, values, whole, filled.ended_ms - since, filled.ended_ms)


def _panel(asked: Asked) -> Json:
    found: Json = next((p for p in _MADE[asked.board]["panels"] if p.get("title") == asked.of), {})
    return found


@pytest.mark.parametrize("asked", _QUERIES, ids=str)
def test_a_panel_gets_rows_that_it_can_draw(filled: Filled, chosen: dict[str, Values], asked: Asked) -> None:  # noqa: F811
    got = answer(filled.influx, _text(filled, asked, chosen[asked.board]))
    if asked.ref in _LEVELS and not got:
        # A point has some of the four levels, never none where it is watched at all.
        others = [other for other in _QUERIES if (other.board, other.of) == (asked.board, asked.of)]
        assert any(answer(filled.influx, _text(filled, o, chosen[o.board])) for o in others if o.ref in _LEVELS)
        return
    assert sum(len(series.rows) for series in got) > 0
    if asked.form == "time_series":
        assert all(series.columns[0] == "time" for series in got)
        values = [value for series in got for row in series.rows for value in row[1:] if value is not None]
        assert values
        assert all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    else:
        _check_table(_panel(asked), got)


def _check_table(panel: Json, got: list[Series]) -> None:
    """Of the columns that the panel shows, those of this query are there, and hold what their unit needs."""
    units = {
        override["matcher"]["options"]: prop["value"]
        for override in panel["fieldConfig"]["overrides"]
        for prop in override["properties"]
        if prop["id"] == "unit"
    }
    columns = {name for series in got for name in (*series.columns, *series.tags)}
    if len(panel["targets"]) == 1:
        missing = units.keys() - columns - _FROM_TRANSFORMATIONS - {"Time"}
        assert not missing, missing
    for series in got:
        for name in series.columns:
            held = [value for value in series.column(name) if value is not None]
            match units.get(name):
                case "string":
                    assert all(isinstance(value, str) for value in held), name
                case "bool":
                    assert all(isinstance(value, bool) for value in held), name
                case str():
                    assert all(isinstance(value, int | float) for value in held), name
                case _:
                    pass


def test_every_column_of_every_table_has_something_in_it(filled: Filled, chosen: dict[str, Values]) -> None:  # noqa: F811
    empty = []
    for board in BOARDS:
        for panel in _MADE[board]["panels"]:
            if panel["type"] != "table":
                continue
            held: set[str] = set()
            for asked in queries_of(board, {"panels": [panel]}):
                values = {**chosen[board], **dict.fromkeys(chosen[board].keys() & {"enterprise", "unit", "kind"}, ".*")}
                for series in answer(filled.influx, _text(filled, asked, values)):
                    held |= {name for name in series.columns if any(v is not None for v in series.column(name))}
                    held |= series.tags.keys()
            shown = {override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]}
            empty += [(board, panel["title"], name) for name in shown - held - _FROM_TRANSFORMATIONS - {"Time"}]
    assert not empty


_ANNOTATIONS = [
    Asked(board, annotation["name"], "Anno", annotation["target"]["query"], "table")
    for board in BOARDS
    for annotation in _MADE[board]["annotations"]["list"]
]


@pytest.mark.parametrize("asked", _ANNOTATIONS, ids=str)
def test_an_annotation_is_a_region_from_raised_to_cleared(
    filled: Filled,  # noqa: F811
    chosen: dict[str, Values],
    asked: Asked,
) -> None:
    values: Any = chosen[asked.board]
    got = answer(filled.influx, _text(filled, asked, values))
    made = next(a for a in _MADE[asked.board]["annotations"]["list"] if a["name"] == asked.of)["target"]
    if asked.board == "district":
        assert got, "the drill has alarms of every colour"
    for series in got:
        named = {f"alarm_span.{name}" for name in series.columns}
        assert {made["textColumn"], made["tagsColumn"], made["titleColumn"]} <= named
        whole = [dict(zip(series.columns, row, strict=True)) for row in series.rows if None not in row]
        assert whole or asked.board != "district"
        for row in whole:
            assert all((row["subject"], row["rule"], row["level"]))
            if "ended_at" in row:
                assert made["timeEndColumn"] in named
                assert row["ended_at"] >= row["time"]


@pytest.mark.parametrize("board", BOARDS)
def test_variables_offer_only_what_lies_in_what_was_chosen(
    filled: Filled,  # noqa: F811
    chosen: dict[str, Values],
    board: str,
) -> None:
    site, values = filled.configured.site, chosen[board]
    for variable in _MADE[board]["templating"]["list"]:
        if variable["type"] != "query":
            continue
        offered = set(options_of(filled.influx, variable, values, _whole(variable, values)))
        match variable["name"]:
            case "region":
                assert offered == {e.region for e in site.enterprises.values()}
            case "enterprise":
                assert offered == set(site.enterprises)
            case "unit":
                assert offered == {u.unit for u in site.units.values() if u.enterprise == values["enterprise"]}
            case "point":
                assert offered <= {p.point for p in site.points.values() if p.unit == values["unit"]}
            case "kind":
                assert offered <= {p.kind for p in site.points.values() if p.unit == values["unit"]}
            case name:
                assert name == "channel"


def test_a_region_narrows_its_enterprises(filled: Filled) -> None:  # noqa: F811
    variable = next(v for v in _MADE["enterprise"]["templating"]["list"] if v["name"] == "enterprise")
    site = filled.configured.site
    region = next(e.region for e in site.enterprises.values())
    assert region is not None
    offered = set(options_of(filled.influx, variable, {"region": region}, frozenset()))
    assert offered == {e.enterprise for e in site.enterprises.values() if e.region == region}


def test_names_with_odd_characters_break_no_query(filled: Filled) -> None:  # noqa: F811
    odd: Values = dict.fromkeys(("region", "enterprise", "unit", "kind", "point", "channel"), "a.b/c(d)$-é*")
    odd["minute_bucket"] = "readings_1m"
    for text in {_text(filled, asked, odd) for asked in _QUERIES}:
        answer(filled.influx, text)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.uid)
def test_the_second_line_is_quiet_after_the_drill(filled: Filled, rule: SecondLineRule) -> None:  # noqa: F811
    newest = _newest(filled, rule, filled.ended_ms)
    assert newest
    for value in newest:
        assert not (value < rule.limit if rule.is_ == "lt" else value > rule.limit), newest


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.uid)
def test_an_hour_later_nothing_answers_the_second_line(filled: Filled, rule: SecondLineRule) -> None:  # noqa: F811
    """Which is an alert of the first rule, and left to it by the others."""
    assert _newest(filled, rule, filled.ended_ms + 3_600_000) == []
    assert (rule.no_data == "Alerting") == (rule.uid == "tocsin-silent")


def _newest(filled: Filled, rule: SecondLineRule, now_ms: int) -> list[float]:  # noqa: F811
    """The newest value of each series of a rule's query, which is what it compares."""
    text = expand(rule.query, {}, frozenset(), now_ms - rule.over_s * 1000, now_ms)
    return [float(series.rows[-1][1]) for series in answer(filled.influx, text)]
