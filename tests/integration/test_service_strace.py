"""The promise, seen from the kernel: no PUBACK leaves before the fdatasync of the batch that holds its message."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.field import Field
from support.live import POINTS, Live, running_broker
from support.strace import Call, Strace
from support.waiting import eventually

MESSAGES = 200
BATCHES = 5
"""At least."""
READ = ("read", "readv", "recvfrom", "recvmsg")


@pytest.mark.parametrize("adapter", ["gmqtt", "paho"])
def test_each_puback_follows_the_sync_of_its_batch(tmp_path: Path, adapter: str) -> None:
    with (
        running_broker(tmp_path / "broker") as broker,
        Live(tmp_path, broker.port, mqtt=f'adapter = "{adapter}"\nprotocol = "3.1.1"') as live,
        Field(broker.port, POINTS) as field,
    ):
        live.start()
        assert live.process is not None
        with Strace(live.process.pid, tmp_path / "calls") as strace:
            sent: set[float] = set()
            while len(sent) < MESSAGES:
                # One group after the other, so that there are many batches.
                sent |= {field.send(POINTS[n], 5.0, with_time=n > 2).value for n in range(len(POINTS))}
                field.settle()
            assert eventually(lambda: sent <= {reading.value for reading in live.readings()})
            assert eventually(lambda: live.metrics()["tocsin_unacknowledged_messages"] == 0)
        calls = strace.calls()
        assert live.stop() == 0

    to_broker = f"->127.0.0.1:{broker.port}]"
    of_broker = [call for call in calls if call.file.endswith(to_broker)]
    value_of = {mid: value for _, mid, value in publishes([c for c in of_broker if c.name in READ])}
    assert set(value_of.values()) == sent
    durable = synced_at([call for call in calls if call.file.endswith(".seg")], sent)
    acknowledged = set()
    for began, mid in pubacks([c for c in of_broker if c.name not in READ]):
        assert durable[value_of[mid]] < began, f"packet {mid} was acknowledged before it was durable"
        acknowledged.add(value_of[mid])
    assert acknowledged == sent
    assert len(set(durable.values())) >= BATCHES


def synced_at(calls: list[Call], values: set[float]) -> dict[float, int]:
    """When the fdatasync ended that made each value of the journal durable."""
    durable: dict[float, int] = {}
    written: list[tuple[bytes, int]] = []
    for call in calls:
        if call.name.startswith("pwrite"):
            written.append((call.data, call.ended))
        elif call.name == "fdatasync":
            before = b"".join(data for data, ended in written if ended < call.began)
            written = [one for one in written if one[1] > call.began]
            for value in values:
                if struct.pack("<d", value) in before:
                    durable.setdefault(value, call.ended)
    return durable


def packets(calls: list[Call]) -> Iterator[tuple[int, int, bytes]]:
    """MQTT packets of one direction: (when the call began that completed it, first byte, body)."""
    stream = bytearray()
    for call in calls:
        stream += call.data
        while len(stream) >= 2:
            length, shift, at = 0, 0, 1
            while True:
                length |= (stream[at] & 0x7F) << shift
                shift += 7
                at += 1
                if not stream[at - 1] & 0x80:
                    break
            if len(stream) < at + length:
                break
            yield call.began, stream[0], bytes(stream[at : at + length])
            del stream[: at + length]


def publishes(calls: list[Call]) -> Iterator[tuple[int, int, float]]:
    """(when, packet id, value) of QoS 1 messages with one reading each."""
    for began, first, body in packets(calls):
        if first & 0xF0 == 0x30:
            at = 2 + int.from_bytes(body[:2], "big")
            (value,) = json.loads(body[at + 2 :])["values"].values()
            yield began, int.from_bytes(body[at : at + 2], "big"), value


def pubacks(calls: list[Call]) -> Iterator[tuple[int, int]]:
    """(when, packet id)."""
    for began, first, body in packets(calls):
        if first == 0x40:
            yield began, int.from_bytes(body[:2], "big")
