"""Boards as pictures: a browser opens the page for each, waits until nothing is asked any more, and takes it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Page, sync_playwright

WIDTH_PX: Final = 1600
_ROW_PX: Final = 38
_HEAD_PX: Final = 90
_FOOT_PX: Final = 12
_COLOURS: Final = 96
_LONGEST_S: Final = 90


@dataclass(frozen=True, slots=True)
class Picture:
    """One board in one language over a span of time; `values` are given to its variables."""

    board: str
    language: str
    from_ms: int
    to_ms: int
    values: Mapping[str, str]
    theme: str = "dark"

    def query(self) -> str:
        """As the page wants it."""
        variables = "".join(f"&var-{name}={value}" for name, value in self.values.items())
        span = f"from={self.from_ms}&to={self.to_ms}"
        return f"board={self.board}&lang={self.language}&theme={self.theme}&{span}{variables}"


def draw(address: str, chromium: str, boards: Path, wanted: Sequence[Picture], out: Path) -> list[str]:
    """Take each picture into <out>/<language>/<board>.png. What the page complained of, a line each."""
    said: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            for picture in wanted:
                size = {"width": WIDTH_PX, "height": _height(boards, picture)}
                page = browser.new_page(viewport={"width": size["width"], "height": size["height"]}, locale="en-GB")
                page.on("console", lambda message: _note(said, picture, message.type, message.text))  # noqa: B023
                _take(page, f"{address}/?{picture.query()}", out / picture.language / f"{picture.board}.png", said)
                page.close()
        finally:
            browser.close()
    return said


def _note(said: list[str], picture: Picture, kind: str, text: str) -> None:
    # Grafana's fonts are not published; the page brings the same ones by itself.
    if kind == "error" and "404" not in text:
        said.append(f"{picture.language}/{picture.board}: {text[:300]}")


def _take(page: Page, url: str, path: Path, said: list[str]) -> None:
    page.goto(url)
    page.wait_for_function("window.settled || window.failed", timeout=_LONGEST_S * 1000)
    failed = page.evaluate("window.failed")
    if failed:
        said.append(f"{path.stem}: {failed}")
    page.evaluate("document.fonts.ready")
    path.parent.mkdir(parents=True, exist_ok=True)
    height = page.evaluate(
        "Math.max(...[...document.querySelectorAll('section')].map(s => s.getBoundingClientRect().bottom))"
    )
    page.screenshot(path=path, clip={"x": 0, "y": 0, "width": WIDTH_PX, "height": height + _FOOT_PX})
    with Image.open(path) as taken:
        few = taken.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def _height(boards: Path, picture: Picture) -> int:
    """So high that the whole board is seen; a panel that repeats gets room for a few."""
    model = json.loads((boards / picture.language / f"{picture.board}.json").read_text(encoding="utf-8"))
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in model["panels"])
    repeated = sum(2 * panel["gridPos"]["h"] for panel in model["panels"] if panel.get("repeat"))
    return int((rows + repeated) * _ROW_PX + _HEAD_PX)
