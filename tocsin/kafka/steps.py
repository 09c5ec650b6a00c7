"""The alarm book's log: what one entry of a shard's log came to, as one record of the topic `steps`.

The book takes steps in the order of this topic, whichever shards they come from, so it is the same however often it
is made anew. A record is a MessagePack map of version 1:

    v, shard, offset   the entry that it came of: shard, and its offset in that shard's log; both are -1 where the
                       notifier tells what it has found itself
    part               which of the records of this entry it is, where it came to very many steps
    clock_ms           the shard's clock with that entry
    steps              engine events as the alarm book keeps them; then the entry itself where it is a person's act or a
                       configuration (tocsin.kafka.records.entry_form). Empty where only the clock has moved.
"""

from typing import Any, Final, NamedTuple

import msgspec

from plant.entries import Act, Configuration, Position
from rules.events import AlarmEvent
from tocsin.kafka.records import RecordError, entry_form, entry_of
from tocsin.kafka.topics import Shard

NOTIFIER: Final[Shard] = -1
"""Stands for the shard where the notifier tells what it has found itself (tocsin/notifier/own_steps.py)."""

VERSION: Final = 1

Step = AlarmEvent | Act | Configuration


class Steps(NamedTuple):
    """What the entry at `offset` of a shard's log came to. `offset` is -1 where there is no such entry."""

    shard: Shard
    offset: Position
    clock_ms: int
    steps: tuple[Step, ...]
    part: int = 0
    """An entry that ends thousands of alarms makes several records: 0, 1, 2 ..., in one transaction."""


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(dict[str, Any])


def encode_steps(steps: Steps) -> bytes:
    """The value of the record."""
    return _ENCODER.encode(
        {
            "v": VERSION,
            "shard": steps.shard,
            "offset": steps.offset,
            "clock_ms": steps.clock_ms,
            "part": steps.part,
            "steps": [msgspec.to_builtins(s) if isinstance(s, AlarmEvent) else entry_form(s) for s in steps.steps],
        }
    )


def decode_steps(value: bytes | None) -> Steps:
    """What a record says. RecordError if it can't be read."""
    if value is None:
        raise RecordError("the record is empty")
    try:
        form = _DECODER.decode(value)
        if form.get("v") != VERSION:
            raise RecordError(f"format {form.get('v')!r} is not known, this version of Tocsin reads {VERSION}")
        head = msgspec.convert([form["shard"], form["offset"], form["clock_ms"]], tuple[int, int, int])
        part = msgspec.convert(form.get("part", 0), int)
        return Steps(*head, tuple(_step(one) for one in form["steps"]), part)
    except (KeyError, TypeError, AttributeError, msgspec.MsgspecError) as error:
        raise RecordError(f"not steps: {error}") from error


def _step(form: dict[str, Any]) -> Step:
    if "event" in form:
        return msgspec.convert(form, AlarmEvent)
    entry = entry_of(form)
    if not isinstance(entry, Act | Configuration):
        raise RecordError(f"{type(entry).__name__} is no step")
    return entry
