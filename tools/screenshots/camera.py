"""A browser in which somebody has signed in: opens views, waits until they stand still, looks, takes pictures."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal

from playwright.sync_api import Browser, Page

from tools.screenshots.district import District, Language
from tools.screenshots.views import View

Theme = Literal["light", "dark"]
DESK_PX: Final = 1440
PHONE_PX: Final = 390
_HEIGHTS_PX: Final = {DESK_PX: 900, PHONE_PX: 844}
_LONGEST_MS: Final = 20_000
_STILL: Final = """async () => {
    await document.fonts.ready;
    const begun = performance.now();
    let changed = begun;
    const seen = new MutationObserver((changes) => {
        // Clocks and ages go on for ever.
        if (changes.some((c) => !c.target.parentElement?.closest("time, .b-age, .d-left"))) changed = performance.now();
    });
    seen.observe(document.body, { childList: true, subtree: true, characterData: true });
    while (performance.now() - changed < 400 && performance.now() - begun < 3000) {
        await new Promise((done) => setTimeout(done, 50));
    }
    seen.disconnect();
}"""
_OUT_OF_REACH: Final = """() => {
    const wider = document.documentElement.scrollWidth - innerWidth;
    const found = wider > 0 ? [`${wider} px too wide`] : [];
    for (const one of document.querySelectorAll("header button, header a")) {
        const right = one.getBoundingClientRect().right;
        if (right > innerWidth) found.push(`off the screen: ${one.ariaLabel ?? one.textContent}`);
    }
    return found;
}"""


@dataclass(frozen=True, slots=True)
class Looks:
    """How somebody looks at pages."""

    language: Language
    width_px: int
    theme: Theme

    def __str__(self) -> str:
        return f"{self.language}-{self.width_px}-{self.theme}"


class Camera:
    """Use `camera_of`. `complaints` are what pages said in the browser's console, or threw."""

    def __init__(self, page: Page, url: str, fields: Mapping[str, str]) -> None:
        self._page = page
        self._url = url
        self._fields = fields
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self._complain(str(error)))
        page.on("console", lambda message: self._complain(message.text) if message.type == "error" else None)

    def open(self, view: View) -> int:
        """Open it and wait until it stands still; the status of the answer."""
        answer = self._page.goto(f"{self._url}{(view.path + view.query).format(**self._fields)}")
        assert answer is not None
        if self._page.locator("#t-given").count():
            self._page.wait_for_function("window.tocsin?.live?.beat && window.socket?.connected", timeout=_LONGEST_MS)
        if view.wait_for:
            self._page.locator(view.wait_for).first.wait_for(timeout=_LONGEST_MS)
        self._page.evaluate(_STILL)
        return answer.status

    def picture(self, *, whole: bool = False) -> bytes:
        """PNG; `whole` is all of the page, however long."""
        return self._page.screenshot(full_page=whole)

    def out_of_reach(self) -> list[str]:
        """What runs off the screen to the right: the page, or what one would touch in its header."""
        found: list[str] = self._page.evaluate(_OUT_OF_REACH)
        return found

    def kept_out(self, axe: str) -> list[str]:
        """What axe-core finds that is serious or worse; `axe` is its script."""
        self._page.evaluate(axe)
        found = self._page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{v['id']} ({v['impact']}): {json.dumps([n['target'] for n in v['nodes']][:4])} {v['help']}"
            for v in found["violations"]
            if v["impact"] in ("serious", "critical")
        ]

    def _complain(self, text: str) -> None:
        self.complaints.append(text[:300])


@contextmanager
def camera_of(
    browser: Browser, district: District, looks: Looks, fields: Mapping[str, str], *, signed_in: bool = True
) -> Iterator[Camera]:
    """A window of the browser."""
    context = browser.new_context(
        viewport={"width": looks.width_px, "height": _HEIGHTS_PX[looks.width_px]},
        color_scheme=looks.theme,
        locale="zh-CN" if looks.language == "zh" else "en-GB",
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    )
    try:
        if signed_in:
            cookie = district.sign_in(looks.language)
            context.add_cookies([{"name": "tocsin_session", "value": cookie, "url": district.url}])
        yield Camera(context.new_page(), district.url, fields)
    finally:
        context.close()
