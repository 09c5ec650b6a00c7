"""The codec of HJ 212-2017: what data loggers of emission monitoring report, used for gas and dust as well."""

from collections import OrderedDict
from typing import Final
from zoneinfo import ZoneInfo

from ingest.codecs.hj212.content import FLAG_QUALITY, UNKNOWN_FLAG, Shape, shape_of, split
from ingest.codecs.hj212.packet import CrcError, Packet, PacketError, answer_to, packets_in, read_packet
from ingest.codecs.local_time import CHINA, LocalTimes
from ingest.codecs.port import ALL_GOOD, Parsed, PayloadError, Samples
from ingest.reason import Reason
from plant.quality import NO_TIME_MS, Quality

DATA_COMMANDS: Final = frozenset({"2011", "2021", "2031", "2041", "2051", "2061"})
"""Real-time data; states of the plant; a day's history; running times; data of minutes; data of an hour."""

_SHAPES: Final = 4_000
_OPEN_EXCHANGES: Final = 4_000


class Hj212Codec:
    """One packet a message, or several, one behind the other.

    The device is the MN; a key is the field's name, `LA-Rtd`, `a01001-Avg`.
    """

    name = "hj212"

    def __init__(self, zone: str = CHINA, answer_topic: str | None = None) -> None:
        """`zone`: of the devices' clocks. `answer_topic`: where answers are published, `{device}` stands for the
        MN; None where the transport answers by itself or nobody waits for it.
        """
        self._answer_topic = answer_topic
        self._times: LocalTimes[str] = LocalTimes(ZoneInfo(zone), _fields)
        self._shapes: dict[tuple[str, ...], Shape] = {}
        self._data_times: OrderedDict[str, tuple[str, str]] = OrderedDict()
        """By MN: QN and DataTime of an exchange in several parts, for those that do not repeat it."""

    def parse(self, topic: str, payload: bytes, received_at_ms: int) -> Parsed:
        """See `Codec`."""
        parsed = Parsed()
        try:
            self._take_packet(payload, parsed)
        except PacketError as error:
            packets = packets_in(payload)
            if len(packets) < 2:
                raise PayloadError(*_reason_of(error)) from None
            for packet in packets:
                try:
                    self._take_packet(packet, parsed)
                except PacketError as inner:
                    parsed.faults.append(_reason_of(inner))
        return parsed

    def _take_packet(self, content: bytes, parsed: Parsed) -> None:
        packet = read_packet(content)
        parsed.answers += self._answers(packet)
        if packet.cn in DATA_COMMANDS and packet.content:
            self._read(packet, parsed)

    def _answers(self, packet: Packet) -> list[tuple[str, bytes]]:
        answer = answer_to(packet) if self._answer_topic is not None else None
        if answer is None or self._answer_topic is None:
            return []
        return [(self._answer_topic.replace("{device}", packet.mn), answer)]

    def _read(self, packet: Packet, parsed: Parsed) -> None:
        names, values, stray = split(packet.content)
        shape = self._shapes.get(names)
        if shape is None:
            shape = self._learn(names)
        if stray:
            parsed.faults += [(Reason.WRONG_SHAPE, part) for part in stray]
        parsed.faults += [(Reason.WRONG_SHAPE, name) for name in shape.odd]
        parsed.faults += [(Reason.DUPLICATE_KEY, name) for name in shape.repeated]
        if shape.keys:
            self._take(packet, shape, values, parsed)

    def _take(self, packet: Packet, shape: Shape, cells: list[str], parsed: Parsed) -> None:
        written = cells[shape.data_time] if shape.data_time >= 0 else ""
        if packet.parts > 1:
            written = self._time_of_parts(packet, written)
        time_ms = self._times.ms(written) if written else NO_TIME_MS
        times: int | list[int] = time_ms
        if shape.times:
            times = [self._times.ms(cells[i]) if i >= 0 else time_ms for i in shape.times]
        flags = [cells[i] if i >= 0 else "N" for i in shape.flags]
        qualities = ALL_GOOD
        if flags.count("N") != len(flags):
            qualities = bytes(FLAG_QUALITY.get(flag, UNKNOWN_FLAG) for flag in flags)
        values: list[float | None]
        try:
            values = [float(cells[i]) for i in shape.at]
        except ValueError:
            plain = False
        else:
            # float() reads 1_0 as ten.
            plain = "_" not in packet.content or not any("_" in cells[i] for i in shape.at)
        if plain:
            parsed.samples.append(Samples(packet.mn, shape.keys, values, times, qualities))
        else:
            self._take_readable(packet.mn, shape, cells, times, qualities, parsed)

    def _take_readable(
        self,
        device: str,
        shape: Shape,
        cells: list[str],
        times: int | list[int],
        qualities: bytes,
        parsed: Parsed,
    ) -> None:
        """Some values are no numbers: an empty one is missing, another is set aside."""
        taken: list[int] = []
        values: list[float | None] = []
        for i, at in enumerate(shape.at):
            cell = cells[at]
            value = _value(cell)
            if isinstance(value, Reason):
                parsed.faults.append((value, f"{shape.keys[i]}: {cell}"))
            else:
                taken.append(i)
                values.append(value)
        if taken:
            grades = qualities or bytes([Quality.GOOD]) * len(shape.keys)
            parsed.samples.append(
                Samples(
                    device,
                    tuple(shape.keys[i] for i in taken),
                    values,
                    times if isinstance(times, int) else [times[i] for i in taken],
                    bytes(grades[i] for i in taken),
                )
            )

    def _time_of_parts(self, packet: Packet, written: str) -> str:
        known = self._data_times
        if written:
            known[packet.mn] = packet.qn, written
            known.move_to_end(packet.mn)
            if len(known) > _OPEN_EXCHANGES:
                known.popitem(last=False)
        else:
            exchange, told = known.get(packet.mn, ("", ""))
            written = told if exchange == packet.qn else ""
        return written

    def _learn(self, names: tuple[str, ...]) -> Shape:
        if len(self._shapes) >= _SHAPES:
            self._shapes.clear()
        shape = self._shapes[names] = shape_of(names)
        return shape


def _reason_of(error: PacketError) -> tuple[Reason, str]:
    return Reason.CHECKSUM if isinstance(error, CrcError) else Reason.MALFORMED, str(error)


def _value(cell: str) -> float | Reason | None:
    """A cell as a number, None for an empty one."""
    if not cell.strip():
        return None
    try:
        return float(cell) if "_" not in cell else Reason.WRONG_TYPE
    except ValueError:
        return Reason.WRONG_TYPE


def _fields(written: str) -> tuple[int, int, int, int, int, int]:
    if len(written) not in (14, 17) or not (written.isascii() and written.isdigit()):
        raise ValueError(written)
    return (
        int(written[:4]),
        int(written[4:6]),
        int(written[6:8]),
        int(written[8:10]),
        int(written[10:12]),
        int(written[12:14]),
    )
