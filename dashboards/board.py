"""A board: panels in rows that fill the width, variables, links, annotations; built into Grafana's JSON."""

import json
from collections.abc import Sequence
from typing import Any, Final

from grafana_foundation_sdk.builders.dashboard import ConstantVariable, Dashboard, QueryVariable, Row
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    AnnotationQuery,
    DashboardCursorSync,
    GridPos,
    Panel,
)

from dashboards.links import between_boards
from dashboards.names import TAG
from dashboards.say import Say

COLUMNS: Final = 24


class Board:
    """Collects what a board is made of. Panels are numbered in the order in which they are added."""

    def __init__(
        self, key: str, say: Say, title: str, about: str, *, since: str = "now-6h", refresh: str = "30s"
    ) -> None:
        self._say = say
        self._row = 0
        self._number = 0
        self._dashboard = (
            Dashboard(title)
            .uid(say.uid(key))
            .description(about)
            .tags([TAG, f"{TAG}-{say.language}", f"{TAG}-{key}"])
            .timezone("browser")
            .week_start("monday")
            .time(since, "now")
            .refresh(refresh)
            .tooltip(DashboardCursorSync.CROSSHAIR)
            .readonly()
            .links(list(between_boards(say, key)))
        )

    def variable(self, *variables: QueryVariable | ConstantVariable) -> None:
        """What the board can be narrowed down to, the wider first."""
        for variable in variables:
            self._dashboard.with_variable(variable)

    def annotate(self, annotations: Sequence[Builder[AnnotationQuery]]) -> None:
        """What is drawn over every course."""
        for annotation in annotations:
            self._dashboard.annotation(annotation)

    def heading(self, title: str) -> None:
        """A line with a title over the rows that follow."""
        self._number += 1
        row = Row(title).id(self._number).grid_pos(GridPos(h=1, w=COLUMNS, x=0, y=self._row))
        self._dashboard.with_row(row)
        self._row += 1

    def row(self, height: int, *panels: tuple[int, Builder[Panel]]) -> None:
        """Panels beside each other, each with its width; together they fill the width."""
        if sum(width for width, _ in panels) != COLUMNS:
            raise ValueError(f"a row is {COLUMNS} columns wide, not {[width for width, _ in panels]}")
        column = 0
        for width, panel in panels:
            self._number += 1
            built = panel.build()
            built.id_val = self._number
            built.grid_pos = GridPos(h=height, w=width, x=column, y=self._row)
            self._dashboard.with_panel(_Built(built))
            column += width
        self._row += height

    def build(self) -> dict[str, Any]:
        """Grafana's JSON as plain objects."""
        made: dict[str, Any] = json.loads(json.dumps(self._dashboard.build(), cls=JSONEncoder))
        for part in ("templating", "annotations"):
            made.setdefault(part, {}).setdefault("list", [])
        return made


class _Built(Builder[Panel]):
    def __init__(self, panel: Panel) -> None:
        self._panel = panel

    def build(self) -> Panel:
        return self._panel
