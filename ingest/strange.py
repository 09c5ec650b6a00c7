"""What a message that no point stands for holds: keys and numbers, however it is written. For people to look at."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from ingest.codecs.port import Samples
from ingest.unknown import Value

_MOST: Final = 200
_DEEP: Final = 4


def values_of_samples(parts: Sequence[Samples]) -> Iterator[tuple[str, list[Value]]]:
    """(device, its values) of a message whose wire form is known."""
    for part in parts:
        units = part.units or ("",) * len(part.keys)
        yield part.device, list(zip(part.keys, part.values, units, strict=False))[:_MOST]


def values_of_payload(payload: bytes) -> list[Value]:
    """Numbers of a JSON payload of any shape under dotted keys, `values` and list places left out; or a plain number.

    Empty where it is neither.
    """
    try:
        content = json.loads(payload.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return []
    found: dict[str, float | None] = {}
    _walk(content, "", found, _DEEP)
    return [(key, value, "") for key, value in found.items() if key or value is not None]


def _walk(content: Any, key: str, found: dict[str, float | None], depth: int) -> None:
    if len(found) >= _MOST or depth < 0:
        return
    if content is None:
        found[key] = None
    elif isinstance(content, bool):
        found[key] = float(content)
    elif isinstance(content, int | float):
        try:
            found[key] = float(content)
        except OverflowError:
            found[key] = None
    elif isinstance(content, dict):
        rows = content.get("r")
        if isinstance(rows, list) and all(isinstance(row, list) and len(row) in (3, 4) for row in rows):
            for row in rows:
                _walk(row[2], str(row[0]), found, 0)
            return
        for name, value in content.items():
            if name in ("ts", "time", "timestamp"):
                continue
            inner = key if name == "values" else f"{key}.{name}" if key else str(name)
            _walk(value, inner, found, depth - 1)
    elif isinstance(content, list):
        for value in content[:_MOST]:
            _walk(value, key, found, depth - 1)
