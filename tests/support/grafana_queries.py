"""Queries of boards as Grafana sends them: variables and macros written out, as its InfluxDB data source does."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import httpx
from support.influx import BUCKET, TOKEN, InfluxServer

Json = dict[str, Any]
Values = Mapping[str, str | list[str]]
"""Values of variables: one, or all that there are; a text in ALL stands for itself, unescaped."""

_STEPS_MS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000)
_SPANS: Final = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
_SPECIAL: Final = re.compile(r"[\\^$*+?.()|\[\]{}/]")


@dataclass(frozen=True, slots=True)
class Asked:
    """One query of a board: of which panel (or variable, or annotation), in which form."""

    board: str
    of: str
    ref: str
    text: str
    form: str

    def __str__(self) -> str:
        return f"{self.board}: {self.of} ({self.ref})"


@dataclass(frozen=True, slots=True)
class Series:
    """One series of an answer. Times are ms."""

    tags: dict[str, str]
    columns: list[str]
    rows: list[list[Any]]

    def column(self, name: str) -> list[Any]:
        place = self.columns.index(name)
        return [row[place] for row in self.rows]


def queries_of(board: str, made: Json) -> Iterator[Asked]:
    """Those of its panels."""
    for panel in made["panels"]:
        for target in panel.get("targets", ()):
            yield Asked(board, panel["title"], target["refId"], target["query"], target["resultFormat"])


def expand(text: str, values: Values, whole: frozenset[str], from_ms: int, to_ms: int) -> str:
    """Write out macros and variables. `whole` names the variables whose value is their own "all" value, raw."""
    step_ms = next((step for step in _STEPS_MS if step >= (to_ms - from_ms) / 1000), _STEPS_MS[-1])
    text = text.replace("$timeFilter", f"time >= {from_ms}ms and time <= {to_ms}ms")
    text = text.replace("$__interval", f"{step_ms}ms")

    def value(match: re.Match[str]) -> str:
        name = match[1]
        given = values[name]
        if name in whole:
            assert isinstance(given, str)
            return given
        if isinstance(given, str):
            return _escaped(given)
        return _escaped(given[0]) if len(given) == 1 else f"({'|'.join(map(_escaped, given))})"

    return re.sub(r"\$(\w+)", value, text)


def span_ms(since: str) -> int:
    """Of a board's `now-6h`."""
    found = re.fullmatch(r"now-(\d+)([mhd])", since)
    assert found is not None, since
    return int(found[1]) * _SPANS[found[2]]


def answer(influx: InfluxServer, text: str) -> list[Series]:
    """What InfluxDB answers; AssertionError with its words where it refuses."""
    reply = _client(influx.url).get("/query", params={"db": BUCKET, "q": text, "epoch": "ms"})
    assert reply.status_code == 200, (text, reply.text)
    result = reply.json()["results"][0]
    assert "error" not in result, (text, result["error"])
    return [Series(one.get("tags", {}), one["columns"], one["values"]) for one in result.get("series", [])]


def options_of(influx: InfluxServer, variable: Json, values: Values, whole: frozenset[str]) -> list[str]:
    """What a query variable offers, in Grafana's way: the second column of SHOW TAG VALUES, each once."""
    text = expand(variable["query"]["query"], values, whole, 0, 1)
    return sorted({str(row[1]) for series in answer(influx, text) for row in series.rows})


@lru_cache(maxsize=1)
def _client(url: str) -> httpx.Client:
    """Kept: hundreds of queries are asked, and making one is slower than an answer."""
    return httpx.Client(base_url=url, headers={"Authorization": f"Token {TOKEN}"}, timeout=60)


def _escaped(value: str) -> str:
    return _SPECIAL.sub(lambda match: "\\" + match[0], value)
