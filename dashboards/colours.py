"""Four colours that a colour-blind person can tell apart, and never colour alone: a shape and a word beside each.

The four differ in lightness as well as in hue; tests hold their distances under simulated colour blindness.
"""

from typing import Final

from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models.dashboard import (
    DashboardRangeMapOptions,
    RangeMap,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)

from dashboards.say import Say

RED: Final = "#B5122B"
ORANGE: Final = "#F28522"
YELLOW: Final = "#FBE06A"
BLUE: Final = "#2F6FD0"
CALM: Final = "#5B6770"
NO_DATA: Final = "#B39BC4"
GOOD: Final = "#2A9D8F"
INK: Final = "#8AA4C8"
"""A line that says nothing about danger."""

GRADES: Final = {4: RED, 3: ORANGE, 2: YELLOW, 1: BLUE, 0: CALM, -1: NO_DATA}
"""Numbers of colours as they are stored."""


def grade_words(say: Say) -> dict[int, str]:
    """Shape and word of every number of a colour."""
    return {
        4: say("◆ 红", "◆ red"),
        3: say("▲ 橙", "▲ orange"),
        2: say("■ 黄", "■ yellow"),
        1: say("● 蓝", "● blue"),
        0: say("○ 正常", "○ normal"),
        -1: say("▨ 无数据", "▨ no data"),
    }


def grades(say: Say, calm: str | None = None) -> list[ValueMapping]:
    """Numbers of colours become words and colours; `calm` is another word for 0."""
    words = grade_words(say)
    if calm is not None:
        words[0] = calm
    return [words_for({str(number): (words[number], GRADES[number]) for number in words})]


def words_for(words: dict[str, tuple[str, str]]) -> ValueMapping:
    """Values become a text and a colour each."""
    return ValueMap(
        options={
            value: ValueMappingResult(text=text, color=colour, index=index)
            for index, (value, (text, colour)) in enumerate(words.items())
        }
    )


def from_to(low: float, high: float, text: str, colour: str) -> ValueMapping:
    """Every figure from `low` to `high` becomes one text."""
    result = ValueMappingResult(text=text, color=colour, index=0)
    return RangeMap(options=DashboardRangeMapOptions(from_val=low, to=high, result=result))


def steps(base: str, *above: tuple[float, str]) -> ThresholdsConfig:
    """`base` below the first of `above`; each colour from its value on."""
    return (
        ThresholdsConfig()
        .mode(ThresholdsMode.ABSOLUTE)
        .steps([Threshold(value=None, color=base), *(Threshold(value=value, color=colour) for value, colour in above)])
    )


def grade_steps() -> ThresholdsConfig:
    """For panels that colour by number: no data, normal, and the four."""
    return steps(NO_DATA, *((float(number), GRADES[number]) for number in range(5)))
