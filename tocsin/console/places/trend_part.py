"""The trend of a point on a page: read in the background, then drawn, and drawn on as readings come."""

import json
from collections.abc import Callable, Sequence
from typing import Final

import structlog
from nicegui import background_tasks, ui

from alerts.record import AlarmRecord
from alerts.wording.figures import local_time
from tocsin.centre.errors import UnavailableError
from tocsin.centre.rules_of import LevelLimit
from tocsin.console.page import PageContext, SignedOutError
from tocsin.console.places.chart import trend_option
from tocsin.console.places.render import renderer
from tocsin.console.places.words import SHARED
from tocsin.history.query import Trend

_log = structlog.get_logger(__name__)

_ROWS: Final = 900
"""About as many as a chart has pixels."""

Drawn = Callable[[Trend, Sequence[AlarmRecord]], None]


class TrendPart:
    """A place on the page for one trend at a time. `show` may be called again: the last one counts."""

    def __init__(self, context: PageContext, drawn: Drawn | None = None) -> None:
        """`drawn` is told of what is shown."""
        self._context = context
        self._drawn = drawn
        self._wanted = 0
        self._box = ui.element("div").classes("p-trend")

    def show(self, point: str, symbol: str, limits: Sequence[LevelLimit], from_ms: int, to_ms: int) -> None:
        """The readings of [from_ms, to_ms). Returns at once; where they can't be had, that is said in their place."""
        self._wanted += 1
        self._say('<div class="p-waiting p-waiting-trend" aria-busy="true"></div>')
        background_tasks.create(self._fill(self._wanted, point, symbol, limits, from_ms, to_ms))

    async def _fill(
        self, wanted: int, point: str, symbol: str, limits: Sequence[LevelLimit], from_ms: int, to_ms: int
    ) -> None:
        context, words = self._context, SHARED.said(self._context.language)
        centre = context.centre
        try:
            trend = await context.ask(centre.trends.trend, point, from_ms, to_ms, _ROWS)
            had = [listed.record for listed in await context.ask(centre.alarms_at.ever, point, None)]
        except Exception as error:
            if not isinstance(error, UnavailableError | SignedOutError):
                _log.exception("trend_failed", point=point)
            if wanted == self._wanted and not self._box.is_deleted:
                reason = str(error) if isinstance(error, UnavailableError) else type(error).__name__
                self._say(renderer(context)("trend_failed.html", text=words("trend_failed", reason=reason)))
            return
        if wanted != self._wanted or self._box.is_deleted:
            return
        self._draw(point, symbol, limits, trend, had)
        if self._drawn is not None:
            self._drawn(trend, had)

    def _draw(
        self, point: str, symbol: str, limits: Sequence[LevelLimit], trend: Trend, had: Sequence[AlarmRecord]
    ) -> None:
        context, words = self._context, SHARED.said(self._context.language)
        option = trend_option(trend, limits, had, words, symbol, context.centre.clock.now_ms())
        self._box.clear()
        with self._box:
            if not any(value is not None for value in trend.last):
                ui.label(words["no_readings"]).classes("t-note")
            chart = ui.echart(option).classes("p-chart")
            chart.props(f'role=img aria-label="{words["trend_label"]}"')
            if trend.cut_at_ms is not None:
                ui.label(words("cut", time=local_time(trend.cut_at_ms, context.zone.key))).classes("t-note")
            if trend.note:
                ui.label(words("trend_note", note=trend.note)).classes("t-note")
            ui.run_javascript(f"tocsinPlaces.chart({chart.id}, {json.dumps(point)}, {json.dumps(context.zone.key)})")

    def _say(self, html: str) -> None:
        self._box.clear()
        with self._box:
            ui.html(html, sanitize=False)
