"""The form of a what-if: which readings, and what is changed."""

from collections.abc import Mapping
from typing import Any, Final, Literal, cast

from nicegui import ui
from nicegui.events import UploadEventArguments

from tocsin.centre.rulebook import POINTS, with_limit
from tocsin.console.page import PageContext
from tocsin.console.shell import heading
from tocsin.whatif.job import Wanted

NEW_FILE: Final = "rules/what-if.yaml"
MOST_FEED_BYTES: Final = 64 << 20
_SPANS_H: Final = (1, 8, 24, 72, 168)
_HOUR_MS: Final = 3_600_000
_LEVELS: Final = ("ll", "l", "h", "hh")
_MOST_TEXT: Final = 400_000
_MOST_OFFERED: Final = 2000


class WhatIfForm:
    """`files` are those in force; `packed` the rules of packs, as files that take their place."""

    def __init__(self, context: PageContext, files: Mapping[str, str], packed: Mapping[str, str], rule: str) -> None:
        self._context = context
        self._files = files
        self._packed = packed
        self._feed: str | None = None
        with ui.element("div").classes("t-grid"):
            with ui.column().classes("t-card"):
                self._ask_readings()
            with ui.column().classes("t-card"):
                self._ask_change(rule)

    def wanted(self) -> Wanted | None:
        """What is asked for; None where something is missing, and the form says what."""
        files = self._changed()
        if files is None:
            return None
        if self._source.value == "feed":
            if self._feed is None:
                self._feed_said.text = self._context.words["needed"]
                return None
            return Wanted(files=files, feed=self._feed)
        now_ms = self._context.centre.clock.now_ms()
        return Wanted(files=files, from_ms=now_ms - int(self._hours.value) * _HOUR_MS, to_ms=now_ms)

    def _ask_readings(self) -> None:
        words = self._context.words
        heading(words["readings"], level=2)
        self._source = ui.radio({"journal": words["journal"], "feed": words["feed"]}, value="journal")
        spans = {h: words("last_h", n=h) if h < 72 else words("last_d", n=h // 24) for h in _SPANS_H}
        self._hours = ui.select(spans, value=24, label=words["span"]).props("outlined").classes("full-width")
        with ui.column().classes("full-width") as feed:
            upload = ui.upload(auto_upload=True, max_files=1, max_file_size=MOST_FEED_BYTES, on_upload=self._take)
            upload.props('accept=".csv,text/csv" flat bordered').classes("full-width")
            upload.props(f'label="{words["upload_feed"]}"')
            too_large = words("feed_too_large", mib=MOST_FEED_BYTES >> 20)
            self._feed_said = ui.label().classes("t-note")
            upload.on_rejected(lambda: self._feed_said.set_text(too_large))
        self._hours.bind_visibility_from(self._source, "value", value="journal")
        feed.bind_visibility_from(self._source, "value", value="feed")

    def _ask_change(self, rule: str) -> None:
        words = self._context.words
        heading(words["change"], level=2)
        start = "file" if rule else "limit"
        self._what = ui.radio({"limit": words["change_limit"], "file": words["change_file"]}, value=start)
        with ui.column().classes("full-width") as limit:
            points = list(self._context.centre.grounds.now().site.points)
            self._point = ui.input(words["point"], autocomplete=points[:_MOST_OFFERED])
            self._point.props("outlined").classes("full-width")
            levels = {level: words[f"level_{level}"] for level in _LEVELS}
            self._level = ui.select(levels, value="h", label=words["level"]).props("outlined").classes("full-width")
            self._limit = ui.number(words["limit"]).props("outlined step=any").classes("full-width")
        with ui.column().classes("full-width") as file:
            choices = {name: name for name, text in self._files.items() if len(text) < _MOST_TEXT}
            choices[NEW_FILE] = words["new_file"]
            choices |= {f"pack:{name}": words("pack_rule", rule=name) for name in self._packed}
            chosen = f"pack:{rule}" if rule in self._packed else self._file_of(rule)
            self._file = ui.select(choices, value=chosen, label=words["file"], on_change=self._load)
            self._file.props("outlined").classes("full-width")
            self._text = ui.textarea(words["text"]).props("outlined input-style='min-height: 260px'")
            self._text.classes("full-width k-code")
        limit.bind_visibility_from(self._what, "value", value="limit")
        file.bind_visibility_from(self._what, "value", value="file")
        for box in (self._point, self._limit, self._text):
            box.on_value_change(lambda box=box: box.props(remove="error error-message"))
        self._load()

    def _file_of(self, rule: str) -> str:
        """The file that has the rule; of no rule a new one."""
        holding = (name for name, text in self._files.items() if name != POINTS and f"id: {rule}\n" in text)
        return next(holding, NEW_FILE) if rule else NEW_FILE

    def _load(self) -> None:
        name = str(self._file.value)
        self._text.value = self._packed.get(name.removeprefix("pack:"), "") if name.startswith("pack:") else ""
        if name in self._files:
            self._text.value = self._files[name]

    async def _take(self, event: UploadEventArguments) -> None:
        words = self._context.words
        try:
            self._feed = await event.file.text()
        except UnicodeDecodeError:
            self._feed, self._feed_said.text = None, words["feed_not_text"]
            return
        self._feed_said.text = words("feed_is", name=event.file.name, kib=event.file.size() >> 10)

    def _changed(self) -> dict[str, str | None] | None:
        words = self._context.words
        if self._what.value == "file":
            text = str(self._text.value or "")
            if not text.strip():
                _missing(self._text, words["needed"])
                return None
            name = str(self._file.value)
            return {NEW_FILE if name.startswith("pack:") else name: text}
        point = str(self._point.value or "").strip()
        if not point:
            _missing(self._point, words["needed"])
            return None
        if self._limit.value is None:
            _missing(self._limit, words["no_number"])
            return None
        level = cast("Literal['ll', 'l', 'h', 'hh']", self._level.value)
        try:
            return {POINTS: with_limit(self._files[POINTS], point, level, float(self._limit.value))}
        except LookupError as error:
            _missing(self._point, str(error))
            return None


def _missing(box: Any, why: str) -> None:
    box.props(f'error error-message="{why}"')
