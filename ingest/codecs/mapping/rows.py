"""Messages whose records are rows of key and value, decoded with types made for the mapping.

Takes only what it understands in full; at the least doubt the patient reader reads the message again.
"""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Final

import msgspec

from ingest.codecs.mapping.paths import EACH, JsonPath, Step
from ingest.codecs.mapping.schema import Mapping
from ingest.codecs.port import Samples
from plant.quality import NO_TIME_MS

_TIME: Final = int | float | str | None
_Tree = dict[str, Any]
"""Member -> its type, or the tree of an object."""


def rows_reader(mapping: Mapping, read_time: Callable[[Any], int]) -> Callable[[bytes], Samples | None] | None:
    """What reads such a message as a whole; None if the mapping is of another kind.

    The reader gives None for a message without rows, and raises what msgspec raises for any other doubt.
    """
    value = mapping.values[0]
    if len(mapping.values) > 1 or value.unit or value.unit_path or (value.scale, value.offset) != (1.0, 0.0):
        return None
    if mapping.quality is not None or mapping.records is None:
        return None
    row: _Tree = {}
    top: _Tree = {}
    get_key = _insert(row, value.key_path, str)
    get_value = _insert(row, value.path, float | None)
    rows_at = JsonPath(mapping.records, each=True).steps
    get_rows = _at(top, rows_at[:-1] if rows_at[-1:] == [EACH] else rows_at, list[_NotKnownYet])
    device = None if mapping.device is None else JsonPath(mapping.device)
    time = None if mapping.time is None else JsonPath(mapping.time.path)
    get_device = None if device is None else _at(top, device.steps, str)
    get_time = None if time is None else _at(top if time.from_top else row, time.steps, _TIME)
    if get_key is None or get_value is None or get_rows is None or (device is not None and not device.from_top):
        return None
    if (device is not None and get_device is None) or (time is not None and get_time is None):
        return None
    decode = msgspec.json.Decoder(_struct(top, _struct(row, None))).decode
    is_time_of_row = time is not None and not time.from_top

    def read(payload: bytes) -> Samples | None:
        message = decode(payload)
        rows = get_rows(message)
        if not rows:
            return None
        time_ms: int | list[int] = NO_TIME_MS
        if get_time is not None and is_time_of_row:
            written = list(map(get_time, rows))
            known = {text: read_time(text) for text in set(written)}
            time_ms = known[written[0]] if len(known) == 1 else [known[text] for text in written]
        elif get_time is not None:
            time_ms = read_time(get_time(message))
        name = "" if get_device is None else get_device(message)
        return Samples(name, tuple(map(get_key, rows)), list(map(get_value, rows)), time_ms)

    return read


class _NotKnownYet(msgspec.Struct):
    """Stands for the type of a row until it is made."""


def _insert(tree: _Tree, path: str | None, kind: Any) -> Callable[[Any], Any] | None:
    parsed = None if path is None else JsonPath(path)
    return None if parsed is None or parsed.from_top else _at(tree, parsed.steps, kind)


def _at(tree: _Tree, steps: Sequence[Step], kind: Any) -> Callable[[Any], Any] | None:
    """Put a type where a path leads; returns what gets it from the struct, None if it can't be put there."""
    names: list[str] = []
    for at, step in enumerate(steps):
        if not isinstance(step, str) or not isinstance(tree, dict):
            return None
        if at == len(steps) - 1:
            if step in tree:
                return None
            tree[step] = kind
        else:
            tree.setdefault(step, {})
        names.append(f"m{list(tree).index(step)}")
        tree = tree[step]
    return attrgetter(".".join(names)) if names else None


def _struct(tree: _Tree, row: Any) -> Any:
    """The type of an object with these members; others are left out."""
    fields: list[Any] = []
    for number, (name, kind) in enumerate(tree.items()):
        made = _struct(kind, row) if isinstance(kind, dict) else list[row] if kind == list[_NotKnownYet] else kind
        default = {"default": None} if kind == _TIME else {}
        fields.append((f"m{number}", made, msgspec.field(name=name, **default)))
    return msgspec.defstruct("Mapped", fields, gc=False, kw_only=True)
