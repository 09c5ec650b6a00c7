"""Panels that draw one figure or a course of figures. Whoever makes one must say what it shows, in what unit, and what
stands there while there is nothing to show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, Self, TypeVar

from grafana_foundation_sdk.builders import bargauge, stat, statetimeline, timeseries
from grafana_foundation_sdk.builders import common as parts
from grafana_foundation_sdk.builders.dashboard import DashboardLink, FieldColor, ThresholdsConfig
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BarGaugeValueMode,
    BigValueColorMode,
    BigValueGraphMode,
    BigValueJustifyMode,
    BigValueTextMode,
    GraphDrawStyle,
    GraphTresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    LineInterpolation,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    DynamicConfigValue,
    FieldColorModeId,
    ValueMapping,
)

from dashboards.colours import CALM, steps
from dashboards.influxql import Query, datasource

_PLAIN: Final = "text"
"""Grafana's name for the colour of its text, light on dark and dark on light."""
_WORDS_PX: Final = 28
"""Words don't shrink to fit as figures do."""
_NAME_PX: Final = 20
_OF_WORDS: Final = ("string", "dateTimeFromNow")
WHEN: Final = "time:YYYY-MM-DD HH:mm:ss"
"""The unit of a field that holds ms since the epoch."""


@dataclass(frozen=True, slots=True)
class Face:
    """What a panel says of itself: its title, what it shows and where from, and what an empty one says."""

    title: str
    about: str
    nothing: str


class _Panel(Protocol):
    def title(self, title: str) -> Self: ...
    def description(self, description: str) -> Self: ...
    def datasource(self, datasource: DataSourceRef) -> Self: ...
    def with_target(self, target: Query) -> Self: ...
    def no_value(self, no_value: str) -> Self: ...


_P = TypeVar("_P", bound=_Panel)


def dressed(panel: _P, face: Face, queries: Sequence[Query]) -> _P:
    """Give a panel its face and its queries."""
    panel.title(face.title).description(face.about).no_value(face.nothing).datasource(datasource())
    for query in queries:
        panel.with_target(query)
    return panel


def figure(
    face: Face,
    query: Query,
    *,
    unit: str = "none",
    decimals: int | None = None,
    colours: ThresholdsConfig | None = None,
    words: Sequence[ValueMapping] = (),
    links: Sequence[DashboardLink] = (),
    filled: bool = False,
    field: str = "",
) -> stat.Panel:
    """One large figure: the newest of the query. `filled` colours the whole panel; `field` is a column of text."""
    reduced = parts.ReduceDataOptions().calcs(["lastNotNull"]).fields(f"/^{field}$/" if field else "")
    panel = (
        dressed(stat.Panel(), face, [query])
        .unit(unit)
        .thresholds(colours or steps(CALM if filled else _PLAIN))
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .reduce_options(reduced)
        .graph_mode(BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.BACKGROUND_SOLID if filled else BigValueColorMode.VALUE)
        .justify_mode(BigValueJustifyMode.CENTER)
        .text_mode(BigValueTextMode.VALUE)
        .mappings(list(words))
        .data_links(list(links))
    )
    if unit in _OF_WORDS or words:
        panel.text(parts.VizTextDisplayOptions().value_size(_WORDS_PX if words else _NAME_PX))
    return panel if decimals is None else panel.decimals(decimals)


def course(
    face: Face,
    queries: Sequence[Query],
    *,
    unit: str = "none",
    style: GraphDrawStyle = GraphDrawStyle.LINE,
    stacked: bool = False,
    stepped: bool = False,
    low: float | None = None,
    high: float | None = None,
    colours: ThresholdsConfig | None = None,
    links: Sequence[DashboardLink] = (),
    gap_ms: int | None = None,
    marked: bool = False,
    legend: bool = True,
) -> timeseries.Panel:
    """Figures over time.

    `gap_ms` is how long a silence may be before the line breaks; else every gap breaks it. `marked` draws lines where
    the colours change. Without `legend` names are shown on hovering alone: for as many lines as there are devices.
    """
    panel = (
        dressed(timeseries.Panel(), face, queries)
        .unit(unit)
        .thresholds(colours or steps(CALM))
        .color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
        .draw_style(style)
        .line_interpolation(LineInterpolation.STEP_AFTER if stepped else LineInterpolation.LINEAR)
        .line_width(1 if style is GraphDrawStyle.BARS else 2)
        .fill_opacity(70 if stacked or style is GraphDrawStyle.BARS else 0)
        .show_points(VisibilityMode.AUTO)
        .span_nulls(gap_ms if gap_ms is not None else False)
        .legend(_legend().show_legend(legend))
        .tooltip(parts.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
        .data_links(list(links))
    )
    if stacked:
        panel.stacking(parts.StackingConfig().mode(StackingMode.NORMAL).group("A"))
    if marked:
        panel.thresholds_style(parts.GraphThresholdsStyleConfig().mode(GraphTresholdsStyleMode.DASHED))
    if low is not None:
        panel.min(low)
    if high is not None:
        panel.max(high)
    return panel


def bars(
    face: Face,
    query: Query,
    *,
    unit: str = "none",
    low: float = 0,
    high: float | None = None,
    colours: ThresholdsConfig | None = None,
    links: Sequence[DashboardLink] = (),
) -> bargauge.Panel:
    """One bar a series: its newest value."""
    panel = (
        dressed(bargauge.Panel(), face, [query])
        .unit(unit)
        .min(low)
        .thresholds(colours or steps(CALM))
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .reduce_options(parts.ReduceDataOptions().calcs(["lastNotNull"]))
        .orientation(VizOrientation.HORIZONTAL)
        .display_mode(BarGaugeDisplayMode.BASIC)
        .value_mode(BarGaugeValueMode.TEXT)
        .data_links(list(links))
    )
    return panel if high is None else panel.max(high)


def states(
    face: Face,
    query: Query,
    words: Sequence[ValueMapping],
    colours: ThresholdsConfig,
    links: Sequence[DashboardLink] = (),
) -> statetimeline.Panel:
    """A band for each series: which state it was in, when."""
    return (
        dressed(statetimeline.Panel(), face, [query])
        .unit("none")
        .mappings(list(words))
        .thresholds(colours)
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .merge_values(True)
        .show_value(VisibilityMode.AUTO)
        .row_height(0.8)
        .fill_opacity(85)
        .line_width(0)
        .legend(_legend())
        .tooltip(parts.VizTooltipOptions().mode(TooltipDisplayMode.SINGLE).sort(SortOrder.NONE))
        .data_links(list(links))
    )


def named(panel: timeseries.Panel, name: str, title: str, colour: str, *, dashed: bool = False) -> timeseries.Panel:
    """Give one series its name in words and its own colour; `dashed` is for limits."""
    properties = [
        DynamicConfigValue("displayName", title),
        DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour}),
    ]
    if dashed:
        properties += [
            DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [8, 6]}),
            DynamicConfigValue("custom.lineWidth", 1),
            DynamicConfigValue("custom.fillOpacity", 0),
            DynamicConfigValue("custom.showPoints", "never"),
        ]
    return panel.override_by_name(name, properties)


def _legend() -> parts.VizLegendOptions:
    return (
        parts.VizLegendOptions()
        .display_mode(LegendDisplayMode.LIST)
        .placement(LegendPlacement.BOTTOM)
        .show_legend(True)
        .calcs([])
    )
