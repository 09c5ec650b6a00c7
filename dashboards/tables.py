"""Panels that list rows: which columns, in which order, under which words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.builders.common import TableSortByFieldState
from grafana_foundation_sdk.builders.dashboard import FieldColor
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    ValueMapping,
)

from dashboards.colours import CALM, steps
from dashboards.influxql import Query
from dashboards.panels import Face, dressed

_EMPTY_CELL: Final = "–"
"""The panel's own word for nothing is that of a table without rows."""
_WIDE_PX: Final = 14
_NARROW_PX: Final = 8
_MARKS_PX: Final = 52
_FILTER: Final = (DynamicConfigValue("custom.filterable", True),)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the field of the answer, its heading, and how its cells look.

    `words` with colours fill the cell; `links` are data links (see dashboards.links.in_cell); `width` is in px.
    """

    field: str
    title: str
    unit: str = "string"
    words: Sequence[ValueMapping] = ()
    links: Sequence[dict[str, object]] = ()
    width: int | None = None
    decimals: int | None = None

    def properties(self, *, filterable: bool = False) -> list[DynamicConfigValue]:
        """What Grafana has to do differently in this column."""
        found = [DynamicConfigValue("displayName", self.title), DynamicConfigValue("unit", self.unit)]
        found.append(DynamicConfigValue("noValue", _EMPTY_CELL))
        if self.words:
            found.append(DynamicConfigValue("mappings", list(self.words)))
            found.append(DynamicConfigValue("custom.cellOptions", {"type": "color-background", "mode": "basic"}))
        if self.links:
            found.append(DynamicConfigValue("links", list(self.links)))
        if self.width is not None:
            found.append(DynamicConfigValue("custom.width", max(self.width, self._heading_px(filterable))))
        if self.decimals is not None:
            found.append(DynamicConfigValue("decimals", self.decimals))
        return found

    def _heading_px(self, filterable: bool) -> int:
        """About as wide as the heading is, with the marks of sorting and filtering beside it."""
        letters = sum(_WIDE_PX if ord(letter) > 0x2E80 else _NARROW_PX for letter in self.title)
        return letters + (_MARKS_PX if filterable else _MARKS_PX // 2)


def rows(
    face: Face,
    queries: Sequence[Query],
    columns: Sequence[Column],
    *,
    sort: str = "",
    descending: bool = True,
    first: Sequence[DataTransformerConfig] = (),
    filterable: bool = False,
) -> table.Panel:
    """A table of these columns alone, in this order; `sort` is a field, `first` is done to the answers before."""
    panel = (
        dressed(table.Panel(), face, queries)
        .unit("string")
        .thresholds(steps(CALM))
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
    )
    for step in (*first, *_only(columns)):
        panel.with_transformation(step)
    for column in columns:
        panel.override_by_name(
            column.field, [*column.properties(filterable=True), *_FILTER] if filterable else column.properties()
        )
    if sort:
        title = next(column.title for column in columns if column.field == sort)
        panel.sort_by([TableSortByFieldState().display_name(title).desc(descending)])
    return panel


def joined_by(field: str) -> DataTransformerConfig:
    """Rows of several queries become one row for each value of the field."""
    return DataTransformerConfig("joinByField", options={"byField": field, "mode": "outer"})


def counted_by(*fields: str, count_of: str = "alarm") -> list[DataTransformerConfig]:
    """How many rows there are for each combination of the fields, most first; the figure is `<count_of> (count)`."""
    options: dict[str, object] = {name: {"operation": "groupby", "aggregations": []} for name in fields}
    options[count_of] = {"operation": "aggregate", "aggregations": ["count"]}
    count = f"{count_of} (count)"
    return [
        DataTransformerConfig("groupBy", options={"fields": options}),
        DataTransformerConfig("sortBy", options={"fields": {}, "sort": [{"field": count, "desc": True}]}),
    ]


def first_rows(number: int) -> DataTransformerConfig:
    """No more rows than these."""
    return DataTransformerConfig("limit", options={"limitField": number})


def _only(columns: Sequence[Column]) -> list[DataTransformerConfig]:
    names = [column.field for column in columns]
    order = {name: index for index, name in enumerate(names)}
    return [
        DataTransformerConfig("filterFieldsByName", options={"include": {"names": names}}),
        DataTransformerConfig("organize", options={"indexByName": order, "excludeByName": {}, "renameByName": {}}),
    ]
