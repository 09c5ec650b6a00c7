"""The four colours of severity. Never by colour alone: each has a shape, and a word beside it.

They are those of the Grafana boards, so that red looks the same wherever somebody sees it.
"""

from dataclasses import dataclass
from html import escape
from typing import Final

from tocsin.console.words import Language


@dataclass(frozen=True, slots=True)
class Colour:
    """`fill` is a ground that `ink` can be read on (contrast of 4.5 or more), in the light and in the dark."""

    fill: str
    ink: str
    shape: str
    zh: str
    en: str

    def word(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


COLOURS: Final[dict[str, Colour]] = {
    "red": Colour("#B5122B", "#FFFFFF", "◆", "红色", "red"),
    "orange": Colour("#F28522", "#000000", "▲", "橙色", "orange"),
    "yellow": Colour("#FBE06A", "#000000", "■", "黄色", "yellow"),
    "blue": Colour("#2F6FD0", "#FFFFFF", "●", "蓝色", "blue"),
}
"""By severity, the worst first."""

NORMAL: Final = Colour("#5F6B75", "#FFFFFF", "○", "正常", "normal")
NO_DATA: Final = Colour("#A88CB8", "#000000", "▨", "无数据", "no data")

_OTHERS: Final = {"": NORMAL, "normal": NORMAL, "none": NO_DATA}


def colour_of(severity: str) -> Colour:
    """Of a severity; "" and "normal" are NORMAL. One that nobody knows looks like the worst."""
    return COLOURS.get(severity) or _OTHERS.get(severity) or COLOURS["red"]


def badge(severity: str, language: Language, text: str = "") -> str:
    """HTML: shape and word (or `text`, which is escaped) on the colour."""
    colour = colour_of(severity)
    said = escape(text or colour.word(language))
    return f'<span class="badge {_class(severity)}"><span aria-hidden="true">{colour.shape}</span> {said}</span>'


def css() -> str:
    """The colours as custom properties (--red, --red-ink, ...) and as classes of badges (.badge.severity-red)."""
    named = COLOURS | {"normal": NORMAL, "none": NO_DATA}
    properties = "".join(f"--{name}:{c.fill};--{name}-ink:{c.ink};" for name, c in named.items())
    classes = "".join(f".severity-{n}{{background:var(--{n});color:var(--{n}-ink)}}" for n in named)
    return f":root{{{properties}}}{classes}"


def _class(severity: str) -> str:
    return f"severity-{'normal' if severity == '' else severity if severity in (*COLOURS, *_OTHERS) else 'red'}"
