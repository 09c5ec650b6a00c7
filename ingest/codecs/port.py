"""The port of a wire form: bytes -> samples, of which nobody knows yet what points they are.

The native form has a faster way of its own (`ingest.codecs.native`); every other form is a `Codec`.
"""

import re
from collections.abc import Sequence
from typing import Any, Final, Protocol, Self

import msgspec

from ingest.reason import Reason
from plant.quality import NO_TIME_MS, Quality

ALL_GOOD: Final = b""
OWN_UNITS: Final[tuple[str, ...]] = ()


class PayloadError(Exception):
    """A message that can't be read as a whole: the one exception that `Codec.parse` may raise."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason
        self.detail = detail


class Samples(msgspec.Struct, gc=False):
    """Samples of one device in the order in which they stand in the message, as columns of one length.

    Columns, and not an object for each sample, because the points of one tuple of keys are looked up once and
    remembered: a device sends the same keys again. Give each device's samples of a message together.
    """

    device: str
    """As the wire names it; "" where the form knows none (then the topic alone says whose samples they are)."""
    keys: tuple[str, ...]
    values: Sequence[float | None]
    """Finite or not; None is a missing value. Never a bool, never text."""
    measured_at_ms: int | Sequence[int] = NO_TIME_MS
    """One for all, or one each. NO_TIME_MS and UNREADABLE_TIME_MS as in `plant.quality`; int64 in any case."""
    qualities: bytes = ALL_GOOD
    """uint8 `Quality` each; empty when all are good."""
    units: tuple[str, ...] = OWN_UNITS
    """The unit symbol of each as the wire says it, "" for the point's own; empty when all are the points' own."""


class Parsed(msgspec.Struct, gc=False):
    """All that one message says. Every part may be empty."""

    samples: list[Samples] = []
    down: list[str] = []
    """Devices that are said to be dead now: their points are stale at once."""
    answers: list[tuple[str, bytes]] = []
    """(topic, payload) to publish over the connection that the message came by."""
    faults: list[tuple[Reason, str]] = []
    """(reason, detail) of single values or parts that were set aside; all others are in `samples`."""


class Codec(Protocol):
    """One wire form of one route. May keep what a device said earlier (aliases, sequence numbers), within a bound.

    One whose messages mean something only within a session has `has_sessions = True`: it gets no retained messages,
    which may be of an earlier session.
    """

    name: str
    """The form, as settings call it."""

    def parse(self, topic: str, payload: bytes, received_at_ms: int) -> Parsed:
        """Raises PayloadError for a message that can't be read, and nothing else, whatever the payload.

        Time is only an argument: a message of the same history always gives the same answer.
        """


class SamplesBuilder:
    """Gathers samples one at a time and hands them out by device, for forms that come value by value."""

    __slots__ = ("_devices",)

    def __init__(self) -> None:
        self._devices: dict[str, _Columns] = {}

    def add(
        self,
        device: str,
        key: str,
        measured_at_ms: int,
        value: float | None,
        quality: int = Quality.GOOD,
        unit: str = "",
    ) -> Self:
        """One reading as the wire says it."""
        columns = self._devices.get(device)
        if columns is None:
            columns = self._devices[device] = _Columns()
        columns.keys.append(key)
        columns.times.append(measured_at_ms)
        columns.values.append(value)
        columns.qualities.append(quality)
        columns.units.append(unit)
        return self

    def samples(self) -> list[Samples]:
        """Everything added, the devices in the order in which they came."""
        return [
            Samples(
                device,
                tuple(columns.keys),
                columns.values,
                columns.times,
                bytes(columns.qualities) if any(columns.qualities) else ALL_GOOD,
                tuple(columns.units) if any(columns.units) else OWN_UNITS,
            )
            for device, columns in self._devices.items()
        ]


class _Columns:
    __slots__ = ("keys", "qualities", "times", "units", "values")

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.times: list[int] = []
        self.values: list[float | None] = []
        self.qualities: list[int] = []
        self.units: list[str] = []


_NUMBER_TEXT: Final = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,3})?", re.ASCII)


def number_of_text(text: str) -> float | str:
    """Text that is a plain decimal number as that number; any other text (hex, digit groups, words) as it is."""
    stripped = text.strip()
    return float(stripped) if _NUMBER_TEXT.fullmatch(stripped) else text


def number(value: Any) -> float | Reason | None:
    """A JSON value as a sample's value: a number, None for null and empty text, else why it is set aside."""
    if type(value) is float or value is None:
        return value
    if type(value) is int:
        try:
            return float(value)
        except OverflowError:  # beyond binary64
            return float("inf") if value > 0 else float("-inf")
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        try:
            float(text)
        except ValueError:
            return Reason.WRONG_TYPE
        return Reason.NUMBER_AS_STRING
    return Reason.WRONG_TYPE
