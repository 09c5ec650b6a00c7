"""Pages: whole in one file, every text escaped, tables and charts that say what they were given."""

import re
import sys
from html.parser import HTMLParser

import numpy as np
import pytest

from tocsin.pages import (
    Cell,
    Column,
    Html,
    Limit,
    MissingExtraError,
    Moment,
    Series,
    Span,
    Tile,
    facts,
    note,
    page,
    paragraph,
    section,
    table,
    tiles,
    trend_chart,
)
from tocsin.pages.html import _environment

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")

T0 = 1_735_660_800_000
NASTY = "<script>alert('x')</script> & \"$a_b$\""
VOID = {"meta", "br", "hr", "img", "link", "input"}


class Tags(HTMLParser):
    """Which elements there are, and whether each is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def chart(**more: object) -> Html:
    at_ms = T0 + np.arange(0, 600_000, 1000)
    given: dict[str, object] = {
        "limits": [Limit("h 25", 25.0, "orange"), Limit("far 37500", 37_500.0)],
        "moments": [Moment("开始", T0 + 60_000), Moment(NASTY, T0 + 70_000, "red", alarm=True)],
        "spans": [Span("事件", T0 + 60_000, T0 + 180_000)],
        "timezone": "Asia/Shanghai",
        "unit": "%LEL",
    }
    return trend_chart([Series("读数", at_ms, np.sin(at_ms / 60_000.0) * 20.0)], **(given | more))  # type: ignore[arg-type]


def whole(title: str = "演练") -> str:
    body = [
        paragraph(NASTY),
        tiles([Tile("命中", "12 / 13", "good", NASTY)]),
        table([Column("rule"), Column("hits", figures=True)], [[NASTY, Cell("3", "bad")]], caption="表"),
        section("一", [facts([("点", NASTY)]), note("停", "warn"), section("二", [chart()], level=3)]),
    ]
    return page(title, body, lang="zh", lead=NASTY, foot="v1")


def test_a_page_is_whole_and_asks_for_nothing_outside() -> None:
    text = whole()
    tags = Tags(text)
    assert tags.open == []
    assert "script" not in tags.seen
    assert {"svg", "table", "dl", "figure", "h1", "h2", "h3"} <= set(tags.seen)
    assert not re.search(r"://|url\((?!#)|@import|<link", text)
    assert '<html lang="zh-CN">' in text


def test_text_from_a_site_stays_text() -> None:
    text = whole(NASTY)
    assert "<script" not in text
    assert Tags(text).text.count(NASTY) == 8, "two titles, lead, paragraph, tile, cell, fact, chart"


def test_text_in_a_chart_stays_text() -> None:
    svg = chart()
    assert Tags(svg).text.count(NASTY) == 1
    for label in ("开始", "h 25", "↑ far 37500", "2025-01-01  Asia/Shanghai", "00:02", "%LEL", "读数", "事件"):
        assert label in Tags(svg).text


def test_a_chart_is_the_same_to_the_byte() -> None:
    assert chart() == chart()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("values", [[], [1.0], [2.0, 2.0, 2.0], [1.0, float("nan"), 3.0]])
def test_a_chart_takes_what_there_is(values: list[float]) -> None:
    at_ms = [T0 + 1000 * n for n in range(len(values))]
    assert "<svg" in trend_chart([Series("v", at_ms, values, gap_ms=500)], limits=[Limit("h", 9.0)])


def test_a_long_series_is_thinned_without_losing_its_peaks() -> None:
    at_ms = T0 + np.arange(0, 86_400_000, 1000)
    value = np.zeros(len(at_ms))
    value[40_000] = 99.0
    svg = trend_chart([Series("v", at_ms, value)])
    assert len(svg) < 60_000
    flat = trend_chart([Series("v", at_ms, np.zeros(len(at_ms)))])
    assert ">80<" in svg, "the axis reaches up to the peak"
    assert ">80<" not in flat


def test_a_row_has_as_many_cells_as_columns() -> None:
    with pytest.raises(ValueError, match="2 cells in a table of 1"):
        table([Column("a")], [["1", "2"]])


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"matplotlib: pip install 'tocsin\[reports\]'"):
        trend_chart([])
    monkeypatch.setitem(sys.modules, "jinja2", None)
    _environment.cache_clear()
    with pytest.raises(MissingExtraError, match=r"jinja2: pip install 'tocsin\[reports\]'"):
        paragraph("x")
