"""MQTT topic filters whose levels may have a name: `plant/{enterprise}/+/{device}`."""

import re
from typing import Final

CAPTURES: Final = ("enterprise", "device", "key")
"""Names that a level may have; it matches what `+` matches."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NAMED = re.compile(r"\{([^{}]*)\}")


class TopicFilter:
    """One filter. ValueError if it is none."""

    __slots__ = ("_levels", "_names", "mqtt", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._levels: list[str] = []
        self._names: dict[str, int] = {}
        levels = text.split("/")
        for at, level in enumerate(levels):
            named = _NAMED.fullmatch(level)
            if named is not None:
                if named[1] not in CAPTURES:
                    raise ValueError(f"{level} is no name of a level, allowed are {_allowed()}")
                if named[1] in self._names:
                    raise ValueError(f"{level} stands twice in {text}")
                self._names[named[1]] = at
                level = "+"
            elif level == "#" and at != len(levels) - 1:
                raise ValueError(f"{text}: # may only be the last level")
            elif _CONTROL.search(level):
                raise ValueError(f"the level {level!r} holds a control character")
            elif level not in ("+", "#") and set(level) & set("+#{}"):
                raise ValueError(f"{text}: the level {level!r} mixes text with +, # or a name")
            self._levels.append(level)
        if not text or text.startswith("$share/"):
            raise ValueError(f"{text!r} is no topic filter, allowed is one such as plant/+/{{device}}/up or plant/#")
        self.mqtt = "/".join(self._levels)
        """As a broker takes it."""

    def match(self, topic: str) -> dict[str, str] | None:
        """What the named levels stand for; None if the topic does not match."""
        levels = topic.split("/")
        mine = self._levels
        if len(levels) < len(mine) - (mine[-1] == "#") or (len(levels) > len(mine) and mine[-1] != "#"):
            return None
        if topic.startswith("$") and mine[0] in ("+", "#"):
            return None
        for expected, level in zip(mine, levels, strict=False):
            if expected == "#":
                break
            if expected not in ("+", level):
                return None
        return {name: levels[at] for name, at in self._names.items()}


def is_covered(filter_: str, by: str) -> bool:
    """Whether every topic that matches one plain MQTT filter also matches another (`$share/group/` left aside)."""
    wanted, given = _levels(filter_), _levels(by)
    if wanted[0].startswith("$") and given[0] in ("+", "#"):
        return False
    for at, level in enumerate(given):
        if level == "#":
            return True
        if at >= len(wanted) or wanted[at] == "#" or level not in ("+", wanted[at]):
            return False
    return len(wanted) == len(given)


def _levels(filter_: str) -> list[str]:
    levels = filter_.split("/")
    return levels[2:] if levels[0] == "$share" and len(levels) > 2 else levels


def _allowed() -> str:
    return ", ".join(f"{{{name}}}" for name in CAPTURES)
