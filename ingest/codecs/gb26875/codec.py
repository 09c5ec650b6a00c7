"""The codec of GB/T 26875.3-2011: what fire-alarm transmission devices report."""

from typing import Final
from zoneinfo import ZoneInfo

from ingest.codecs.gb26875.frame import (
    RESPOND,
    SEND,
    Frame,
    FrameError,
    SumError,
    address_name,
    confirmation,
    frames_in,
    read_frame,
)
from ingest.codecs.gb26875.objects import (
    ANALOG_CELLS,
    ANALOG_TYPES,
    ANALOG_VALUE,
    AS_SENT,
    NOT_READINGS,
    STATES,
    StateLayout,
    place_name,
    state_keys,
)
from ingest.codecs.local_time import CHINA, LocalTimes
from ingest.codecs.port import OWN_UNITS, Parsed, PayloadError, Samples
from ingest.reason import Reason

_SHAPES: Final = 10_000
"""Remembered at most; past it they are learnt anew."""

Shape = tuple[tuple[str, ...], tuple[float, ...], tuple[str, ...]]
"""Keys, divisors and units of one row of analogue heads."""


class Gb26875Codec:
    """One frame a message, or several, one behind the other.

    The device is the source address in hex, as `address_name` writes it.

    Keys: `<system>-<address>-<component>-<component address>-<analogue type>` for values, and a state's place with
    the bit's name, `1-1-40-65537-fire`, for states (1 or 0). Numbers are decimal.
    """

    name = "gb26875"

    def __init__(self, zone: str = CHINA, answer_topic: str | None = None) -> None:
        """`zone`: of the devices' clocks. `answer_topic`: where confirmations are published, `{device}` stands for
        the source address; None where the transport confirms by itself or nobody waits for it.
        """
        self._answer_topic = answer_topic
        self._times: LocalTimes[bytes] = LocalTimes(ZoneInfo(zone), _fields)
        self._shapes: dict[tuple[bytes, ...], Shape] = {}
        self._state_keys: dict[tuple[int, bytes], tuple[str, ...]] = {}

    def parse(self, topic: str, payload: bytes, received_at_ms: int) -> Parsed:
        """See `Codec`."""
        parsed = Parsed()
        try:
            self._take_frame(payload, parsed)
        except FrameError as error:
            frames = frames_in(payload)
            if len(frames) < 2:
                raise PayloadError(*_reason_of(error)) from None
            for frame in frames:
                try:
                    self._take_frame(frame, parsed)
                except FrameError as inner:
                    parsed.faults.append(_reason_of(inner))
        return parsed

    def _take_frame(self, content: bytes, parsed: Parsed) -> None:
        frame = read_frame(content)
        device = address_name(frame.source)
        parsed.answers += self._answers(device, frame)
        # Other commands are the centre's own, or answers to it; an ADU of one byte is a sign of life.
        if frame.command in (SEND, RESPOND) and len(frame.adu) >= 2:
            self._read_adu(device, frame.adu, parsed)

    def _answers(self, device: str, frame: Frame) -> list[tuple[str, bytes]]:
        if self._answer_topic is None:
            return []
        answer = confirmation(frame)
        return [(self._answer_topic.replace("{device}", device), answer)] if answer is not None else []

    def _read_adu(self, device: str, adu: bytes, parsed: Parsed) -> None:
        kind, count = adu[0], adu[1]
        if kind in NOT_READINGS:
            return
        cells = ANALOG_CELLS if kind == ANALOG_VALUE else STATES[kind].cells if kind in STATES else None
        if cells is None:
            parsed.faults.append((Reason.WRONG_SHAPE, f"type {kind} is not known"))
            return
        whole = min(count, (len(adu) - 2) // cells.size)
        if whole * cells.size != len(adu) - 2 or whole != count:
            parsed.faults.append((Reason.WRONG_SHAPE, f"{count} objects of type {kind} in {len(adu) - 2} bytes"))
        if not whole:
            return
        body = adu[2 : 2 + whole * cells.size]
        if kind == ANALOG_VALUE:
            parsed.samples.append(self._analog(device, body))
        else:
            parsed.samples.append(self._states(device, kind, body))

    def _analog(self, device: str, body: bytes) -> Samples:
        heads, raw, labels = zip(*ANALOG_CELLS.iter_unpack(body), strict=True)
        shape = self._shapes.get(heads)
        if shape is None:
            shape = self._learn(heads)
        keys, divisors, units = shape
        values = [value / divisor for value, divisor in zip(raw, divisors, strict=True)]
        return Samples(device, keys, values, [self._times.ms(label) for label in labels], units=units)

    def _learn(self, heads: tuple[bytes, ...]) -> Shape:
        types = [ANALOG_TYPES.get(head[7], AS_SENT) for head in heads]
        units = tuple(analog.unit for analog in types)
        shape = (
            tuple(f"{place_name(head[:7])}-{head[7]}" for head in heads),
            tuple(analog.divisor for analog in types),
            units if any(units) else OWN_UNITS,
        )
        if len(self._shapes) >= _SHAPES:
            self._shapes.clear()
        self._shapes[heads] = shape
        return shape

    def _states(self, device: str, kind: int, body: bytes) -> Samples:
        layout = STATES[kind]
        keys: list[str] = []
        values: list[float] = []
        times: list[int] = []
        for head, state, label in layout.cells.iter_unpack(body):
            keys += self._keys_of(kind, head, layout)
            values += [float(state >> bit & 1) for bit in range(len(layout.bits))]
            times += [self._times.ms(label)] * len(layout.bits)
        return Samples(device, tuple(keys), values, times)

    def _keys_of(self, kind: int, head: bytes, layout: StateLayout) -> tuple[str, ...]:
        keys = self._state_keys.get((kind, head))
        if keys is None:
            if len(self._state_keys) >= _SHAPES:
                self._state_keys.clear()
            keys = self._state_keys[kind, head] = state_keys(head, layout)
        return keys


def _reason_of(error: FrameError) -> tuple[Reason, str]:
    return Reason.CHECKSUM if isinstance(error, SumError) else Reason.MALFORMED, str(error)


def _fields(label: bytes) -> tuple[int, int, int, int, int, int]:
    second, minute, hour, day, month, year = label
    return 2000 + year, month, day, hour, minute, second
