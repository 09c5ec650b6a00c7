"""An entry of the log <-> the value of a Kafka record: a MessagePack map, readings as columns of bytes.

Version 1. Every map has `v` (1), `entry` (what it is) and `at` (received_at_ms). `readings` has n, little-endian:

    source          text      the connection that brought them; left out where empty
    measured_at_ms  i8[n]     plant.batch.Batch says what each column means
    value           f8[n]
    point           u4[n]     numbers of the registry that the topic `config` holds
    quality         u1[n]     left out where all are 0 (good)
    keys            u8[k]     redelivery keys; left out where there are none

The other entries are named after the entries of plant.entries and have those fields. MessagePack because it can be read
in every language without a schema at hand, costs about a microsecond, and gives back the columns without a copy.
"""

from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from plant.batch import Batch
from plant.entries import (
    Act,
    Configuration,
    DeviceDown,
    DisposalAction,
    Entry,
    NoticeAction,
    OperatorAction,
    OverrideAction,
    OwnCondition,
    Readings,
    SourceDown,
    SourceUp,
    Tick,
)

VERSION: Final = 1

_ENTRIES: Final[dict[str, type[Tick | SourceUp | SourceDown | DeviceDown | Configuration | Act]]] = {
    "tick": Tick,
    "source_up": SourceUp,
    "source_down": SourceDown,
    "device_down": DeviceDown,
    "configuration": Configuration,
    "operator": OperatorAction,
    "override": OverrideAction,
    "disposal": DisposalAction,
    "notice": NoticeAction,
    "own_condition": OwnCondition,
}
NAME_OF: Final = {kind: name for name, kind in _ENTRIES.items()}
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(dict[str, Any])


class RecordError(ValueError):
    """A record that can't be read, or an entry that can't be written. The text says why."""


def encode(entry: Entry) -> bytes:
    """The value of the entry's record. RecordError if a field can't be written."""
    form: dict[str, object]
    if isinstance(entry, Readings):
        form = _columns(entry)
    elif type(entry) in NAME_OF:
        form = entry_form(entry)
    else:
        raise RecordError(f"{type(entry).__name__} is no entry of the log")
    try:
        return _ENCODER.encode(form)
    except (UnicodeEncodeError, OverflowError, TypeError) as error:
        raise RecordError(f"{type(entry).__name__} can't be written: {error}") from error


def decode(value: bytes | None) -> Entry:
    """The entry of a record. The columns of a batch are read-only views of `value`. RecordError if it is none."""
    if value is None:
        raise RecordError("the record is empty")
    try:
        form = _DECODER.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(f"not a MessagePack map: {error}") from error
    if form.get("v") != VERSION:
        raise RecordError(f"record format {form.get('v')!r} is not known, this version of Tocsin reads {VERSION}")
    return _readings(form) if form.get("entry") == "readings" else entry_of(form)


def entry_form(entry: Entry) -> dict[str, object]:
    """The map of an entry that is not readings."""
    fields = msgspec.to_builtins(entry)
    return {"v": VERSION, "entry": NAME_OF[type(entry)], "at": fields.pop("received_at_ms"), **fields}  # type: ignore[index]


def entry_of(form: dict[str, Any]) -> Entry:
    """The entry of such a map. RecordError if it is none."""
    name = form.get("entry")
    kind = _ENTRIES.get(name) if isinstance(name, str) else None
    if kind is None:
        raise RecordError(f"entry {str(name)[:64]!r} is not known")
    try:
        fields = {key: value for key, value in form.items() if key not in ("v", "entry", "at")}
        return msgspec.convert({**fields, "received_at_ms": form.get("at")}, kind)
    except msgspec.MsgspecError as error:
        raise RecordError(f"{name} can't be read: {error}") from error


def _columns(entry: Readings) -> dict[str, object]:
    batch = entry.batch
    form: dict[str, object] = {"v": VERSION, "entry": "readings", "at": entry.received_at_ms}
    if entry.source:
        form["source"] = entry.source
    form["measured_at_ms"] = _bytes(batch.measured_at_ms, "<i8")
    form["value"] = _bytes(batch.value, "<f8")
    form["point"] = _bytes(batch.point, "<u4")
    if batch.quality.any():
        form["quality"] = _bytes(batch.quality, "u1")
    if entry.redelivery_keys:
        form["keys"] = np.array(entry.redelivery_keys, dtype="<u8").tobytes()
    return form


def _bytes(array: NDArray[Any], dtype: str) -> bytes:
    # No silent cast: a point number that does not fit would become another point's.
    if array.dtype != np.dtype(dtype):
        raise RecordError(f"Readings can't be written: a column is {array.dtype}, allowed is {np.dtype(dtype)}")
    return array.tobytes()


def _readings(form: dict[str, Any]) -> Readings:
    at, source = form.get("at"), form.get("source", "")
    if type(at) is not int or not isinstance(source, str):
        raise RecordError("readings have no time, or no source that is text")
    try:
        point = np.frombuffer(form["point"], "<u4")
        quality = np.frombuffer(form["quality"], "u1") if "quality" in form else np.zeros(len(point), np.uint8)
        batch = Batch(point, np.frombuffer(form["measured_at_ms"], "<i8"), np.frombuffer(form["value"], "<f8"), quality)
        keys = tuple(np.frombuffer(form["keys"], "<u8").tolist()) if "keys" in form else ()
    except (KeyError, TypeError, ValueError) as error:
        raise RecordError(f"readings can't be read: {error}") from error
    return Readings(at, batch, source, keys)
