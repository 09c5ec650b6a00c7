"""What kind of point a strange key probably is: by its name, its unit and the values seen. A proposal, no decision."""

import re
from dataclasses import dataclass
from typing import Final

from ingest.unknown import UnknownKey
from plant.site_reader.unit_symbols import FAMILIES


@dataclass(frozen=True, slots=True)
class Guess:
    """`certainty` from 0 (nothing speaks for it) to 3 (name, unit and values all do)."""

    kind: str
    certainty: int

    @property
    def words(self) -> str:
        """For a table: `gas.combustible?`, with a mark for each thing that does not speak for it."""
        return self.kind + "?" * (3 - self.certainty)


@dataclass(frozen=True, slots=True)
class _Kind:
    kind: str
    names: str
    """A pattern over the key in lower case, with separators as blanks."""
    low: float
    high: float


_KINDS: Final = (
    _Kind("gas.oxygen", r"\bo2\b|oxygen|(?<![一二过])氧(?!化)", 0, 30),
    _Kind("gas.openpath", r"open ?path|lel ?m\b|对射|开路", 0, 10),
    _Kind("gas.combustible", r"\blel\d*\b|combust|flamm|methane|\bch4\b|可燃|甲烷", 0, 100),
    _Kind("ammonia.ppm", r"\bnh3\b|ammonia|氨", 0, 1000),
    _Kind("gas.toxic.h2s", r"\bh2s\b|hydrogen ?sul|硫化氢", 0, 500),
    _Kind("gas.toxic.co", r"\bco\b|carbon ?mono|一氧化碳", 0, 2000),
    _Kind("gas.toxic.cl2", r"\bcl2\b|chlorine|氯气", 0, 100),
    _Kind("gas.toxic.so2", r"\bso2\b|二氧化硫", 0, 500),
    _Kind("dust.dp", r"\bdp\d*\b|diff\w* ?press|压差", 0, 10_000),
    _Kind("dust.inlet_temperature", r"inlet ?temp|进口温度|入口温度", -40, 300),
    _Kind("dust.hopper_temperature", r"hopper ?temp|灰斗温度", -40, 300),
    _Kind("dust.purge_pressure", r"purge|pulse ?press|清灰|喷吹", 0, 1e6),
    _Kind("dust.duct_speed", r"wind|duct ?speed|air ?speed|风速", 0, 60),
    _Kind("dust.spark", r"spark|火花", 0, 1),
    _Kind("dust.airlock", r"air ?lock|锁气|卸灰", 0, 1),
    _Kind("dust.fan", r"\bfan\d*\b|风机", 0, 1),
    _Kind("tank.level", r"level|\blvl\d*\b|液位", -1, 100),
    _Kind("tank.temperature", r"temp|温度", -200, 500),
    _Kind("tank.pressure", r"press|压力", -1e5, 1e8),
    _Kind("people.count", r"people|person|head ?count|人数", 0, 10_000),
)
"""From the special to the general: the first whose name fits is taken."""


def guess_kind(key: str, seen: UnknownKey) -> Guess | None:
    """The most probable kind; None where neither the name nor the unit says anything."""
    words = re.sub(r"[_\-./]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key)).lower()
    words = re.sub(r"\b([a-z]{4,}?)\d+\b", r"\1", words) + " " + words
    for kind in _KINDS:
        if re.search(kind.names, words):
            fits = seen.low is not None and seen.high is not None and kind.low <= seen.low and seen.high <= kind.high
            return Guess(kind.kind, 1 + fits + (seen.unit in _symbols(kind.kind)))
    by_unit = [kind for kind in _KINDS if seen.unit and seen.unit in _symbols(kind.kind)[:1]]
    return Guess(by_unit[0].kind, 1) if len(by_unit) == 1 else None


def usual_symbol(kind: str) -> str:
    """The unit that rule packs expect of a kind, "" where none is usual."""
    symbols = _symbols(kind)
    return symbols[0] if symbols else ""


def _symbols(kind: str) -> tuple[str, ...]:
    while kind:
        if kind in FAMILIES:
            return FAMILIES[kind]
        kind = kind.rpartition(".")[0]
    return ()
