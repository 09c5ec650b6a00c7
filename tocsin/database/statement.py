"""Statements of the port in the words of PostgreSQL."""

import re
from functools import lru_cache
from typing import Final

_AMONG: Final = re.compile(r"\b(NOT )?IN \(SELECT value FROM json_each\((\?\d*)\)\)")
_PARAMETER: Final = re.compile(r"'(?:[^']|'')*'|\?(\d*)")


@lru_cache(maxsize=1000)
def in_postgres(sql: str) -> str:
    """`?` and `?1` become $1, a list of values an array. ValueError for both kinds of parameters in one statement."""
    sql = _AMONG.sub(lambda found: f"<> ALL({found[2]})" if found[1] else f"= ANY({found[2]})", sql)
    count, numbered = 0, False

    def parameter(found: re.Match[str]) -> str:
        nonlocal count, numbered
        if found[1] is None:  # a text
            return found[0]
        if found[1]:
            numbered = True
            return f"${found[1]}"
        count += 1
        return f"${count}"

    translated = _PARAMETER.sub(parameter, sql)
    if numbered and count:
        raise ValueError(f"numbered parameters beside others: {sql}")
    return translated
