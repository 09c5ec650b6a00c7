"""Devices that dial in: answers only after the log has the packet, garbage, greed and silence of clients."""

import asyncio
from collections.abc import Awaitable

import pytest
import uvloop
from support.mosquitto import free_port
from support.tcp_devices import TcpListener

from ingest.codecs.gb26875.frame import CONFIRM, read_frame
from ingest.codecs.hj212.packet import read_packet
from ingest.sources.tcp_connection import MAX_UNANSWERED
from simulators.wire import gb26875, hj212

AT_MS = 1_732_190_000_000
SOURCE = bytes([1, 2, 3, 4, 5, 6])


def packet(number: int, device: str = "MN1") -> bytes:
    return hj212.encode(device, {"LA-Rtd": float(number)}, AT_MS + number * 1000)


PACKET = packet(0)


def run(test: Awaitable[None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await test

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(bounded())


async def is_closed(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read() == b""
    except ConnectionError:
        return True


async def nothing_comes(reader: asyncio.StreamReader, within_s: float = 0.1) -> bool:
    try:
        async with asyncio.timeout(within_s):
            await reader.readexactly(1)
    except TimeoutError:
        return True
    return False


def test_a_packet_is_answered_once_it_is_acknowledged_and_not_before() -> None:
    async def test() -> None:
        async with TcpListener() as listener:
            reader, writer = await listener.dial()
            writer.write(PACKET)
            await listener.until(lambda: len(listener.payloads) == 1)
            assert listener.topics == ["tcp/test/MN1"]
            assert await nothing_comes(reader)
            listener.source.acknowledge(listener.receipts)
            answer = await reader.readuntil(b"\r\n")
            assert (read_packet(answer).cn, read_packet(answer).qn) == ("9014", read_packet(PACKET).qn)
            writer.close()

    run(test())


def test_frames_of_the_other_form_are_confirmed() -> None:
    async def test() -> None:
        async with TcpListener("gb26875") as listener:
            reader, writer = await listener.dial()
            for serial in (7, 8):
                objects = [gb26875.Analog(1, 1, 40, 1, 3, 21.5)]
                writer.write(gb26875.encode(SOURCE, objects, AT_MS, serial=serial))
            await listener.until(lambda: len(listener.payloads) == 2)
            assert set(listener.topics) == {"tcp/test/060504030201"}
            listener.source.acknowledge(listener.receipts)
            for serial in (7, 8):
                frame = read_frame(await reader.readexactly(30))
                assert (frame.command, frame.serial, frame.destination) == (CONFIRM, serial, SOURCE)
            writer.close()

    run(test())


def test_a_packet_that_asks_for_no_answer_gets_none() -> None:
    async def test() -> None:
        async with TcpListener() as listener:
            reader, writer = await listener.dial()
            writer.write(hj212.encode("MN1", {"LA-Rtd": 1.0}, AT_MS, ask_for_answer=False) + packet(1))
            await listener.until(lambda: len(listener.payloads) == 2)
            listener.source.acknowledge(listener.receipts)
            assert read_packet(await reader.readuntil(b"\r\n")).qn == read_packet(packet(1)).qn
            writer.close()

    run(test())


def test_a_device_that_is_gone_when_its_packet_is_durable_harms_nobody() -> None:
    async def test() -> None:
        async with TcpListener() as listener:
            _, writer = await listener.dial()
            writer.write(PACKET)
            await listener.until(lambda: len(listener.payloads) == 1)
            writer.transport.abort()
            await listener.until(lambda: listener.source.connections == 0)
            listener.source.acknowledge(listener.receipts)
            reader, writer = await listener.dial()
            writer.write(PACKET)  # it got no answer
            await listener.until(lambda: len(listener.payloads) == 2)
            listener.source.acknowledge(listener.receipts[1:])
            assert read_packet(await reader.readuntil(b"\r\n")).cn == "9014"
            writer.close()

    run(test())


@pytest.mark.parametrize("garbage", [b"", b"\x00" * 500, b"##", b"##0050abc", b"##12x4", b"#", b"noise\r\n##9999"])
def test_a_good_packet_after_garbage_is_read(garbage: bytes) -> None:
    async def test() -> None:
        async with TcpListener() as listener:
            _, writer = await listener.dial()
            writer.write(garbage)
            writer.write(PACKET)
            await listener.until(lambda: "tcp/test/MN1" in listener.topics)
            others = [topic for topic in listener.topics if topic != "tcp/test/MN1"]
            assert set(others) <= {"tcp/test/unreadable"}
            assert [r is None for r in listener.receipts] == [t.endswith("unreadable") for t in listener.topics]
            writer.close()

    run(test())


def test_a_packet_in_single_bytes() -> None:
    async def test() -> None:
        async with TcpListener() as listener:
            _, writer = await listener.dial()
            for byte in PACKET:
                writer.write(bytes([byte]))
                await writer.drain()
            await listener.until(lambda: len(listener.payloads) == 1)
            assert listener.payloads[0] == PACKET[:-2]
            writer.close()

    run(test())


def test_endless_garbage_and_packets_too_long_end_the_connection() -> None:
    async def test() -> None:
        async with TcpListener() as listener:
            for content in (b"\x55" * 200_000, b"##9999" * 30, (PACKET[:-3] + b"x\r\n") * 30):
                reader, writer = await listener.dial()
                writer.write(content)
                assert await is_closed(reader)
                writer.close()
            assert len(listener.payloads) < 60
            reader, writer = await listener.dial()
            writer.write(PACKET)
            await listener.until(lambda: "tcp/test/MN1" in listener.topics)
            writer.close()

    run(test())


def test_a_client_without_a_good_packet_is_thrown_out_however_busy_it_is() -> None:
    async def test() -> None:
        async with TcpListener(first_packet_s=0.3) as listener:
            reader, writer = await listener.dial()
            closed = asyncio.create_task(is_closed(reader))
            while not closed.done():
                writer.write(b"#")
                await asyncio.wait({closed}, timeout=0.02)
            assert await closed
            writer.close()

    run(test())


def test_a_device_that_falls_silent_is_thrown_out_and_one_that_speaks_is_not() -> None:
    async def test() -> None:
        async with TcpListener(idle_s=0.5) as listener:
            silent, w1 = await listener.dial()
            speaking, w2 = await listener.dial()
            w1.write(PACKET)
            await listener.until(lambda: len(listener.payloads) == 1)
            closed = asyncio.create_task(is_closed(silent))
            number = 0
            while not closed.done():
                number += 1
                w2.write(packet(number, "MN2"))
                await asyncio.wait({closed}, timeout=0.05)
            assert await nothing_comes(speaking, 0.05)
            assert listener.source.connections == 1
            for writer in (w1, w2):
                writer.close()

    run(test())


def test_a_device_is_read_no_further_than_so_many_unanswered_packets() -> None:
    async def test() -> None:
        async with TcpListener() as listener:
            reader, writer = await listener.dial()
            packets = [packet(i) for i in range(20_000)]
            writer.write(b"".join(packets))
            await listener.until(lambda: len(listener.payloads) > MAX_UNANSWERED)
            assert await nothing_comes(reader)
            first = len(listener.payloads)
            # What one read brings, and no more.
            assert first * len(PACKET) < 600_000
            _, w2 = await listener.dial()
            w2.write(packet(1, "MN2"))
            await listener.until(lambda: "tcp/test/MN2" in listener.topics)
            done = 0

            async def fetch() -> None:
                while await reader.read(1 << 16):
                    pass

            fetching = asyncio.create_task(fetch())
            while listener.topics.count("tcp/test/MN1") < len(packets):
                due, done = listener.receipts[done:], len(listener.receipts)
                listener.source.acknowledge(due)
                before = len(listener.payloads)
                await listener.until(lambda before=before: len(listener.payloads) > before)  # type: ignore[misc]
            mine = [p for p, t in zip(listener.payloads, listener.topics, strict=True) if t == "tcp/test/MN1"]
            assert mine == [p[:-2] for p in packets]
            fetching.cancel()
            for w in (writer, w2):
                w.close()

    run(test())


def test_a_client_that_does_not_fetch_its_answers_is_thrown_out() -> None:
    async def test() -> None:
        async with TcpListener() as listener:
            _, writer = await listener.dial()
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            sent = done = 0
            while listener.source.connections or not sent:
                if writer.transport.get_write_buffer_size() < 100_000:
                    writer.write(b"".join(packet(i) for i in range(sent, sent + 500)))
                    sent += 500
                await listener.until(
                    lambda done=done: len(listener.receipts) > done or not listener.source.connections  # type: ignore[misc]
                )
                due, done = listener.receipts[done:], len(listener.receipts)
                listener.source.acknowledge(due)
                assert sent < 200_000
            writer.close()

    run(test())


def test_strangers_make_room_and_devices_do_not() -> None:
    async def test() -> None:
        async with TcpListener(max_connections=20) as listener:
            devices = [await listener.dial() for _ in range(10)]
            for i, (_, writer) in enumerate(devices):
                writer.write(packet(1, f"MN{i}"))
            await listener.until(lambda: len(listener.payloads) == 10)
            crowd = [await listener.dial() for _ in range(60)]
            await listener.until(lambda: listener.source.refused >= 50)
            assert listener.source.connections <= 20
            for i, (_, writer) in enumerate(devices):
                writer.write(packet(2, f"MN{i}"))
            await listener.until(lambda: len(listener.payloads) == 20)
            late, late_writer = await listener.dial()
            late_writer.write(packet(1, "late"))
            await listener.until(lambda: "tcp/test/late" in listener.topics)
            for _, writer in [*devices, *crowd, (late, late_writer)]:
                writer.close()

    run(test())


def test_many_devices_at_once() -> None:
    async def test() -> None:
        async with TcpListener() as listener:
            devices = [await listener.dial() for _ in range(300)]
            for i, (_, writer) in enumerate(devices):
                writer.write(packet(i, f"MN{i}"))
            await listener.until(lambda: len(listener.payloads) == 300)
            listener.source.acknowledge(listener.receipts)
            answers = await asyncio.gather(*(reader.readuntil(b"\r\n") for reader, _ in devices))
            assert [read_packet(answer).mn for answer in answers] == [f"MN{i}" for i in range(300)]
            for _, writer in devices:
                writer.close()

    run(test())


def test_while_paused_nothing_is_read_and_then_everything() -> None:
    async def test() -> None:
        async with TcpListener() as listener:
            _, before = await listener.dial()
            await listener.until(lambda: listener.source.connections == 1)
            listener.source.pause()
            reader, after = await listener.dial()
            for writer in (before, after):
                writer.write(PACKET)
            assert await nothing_comes(reader)
            assert listener.payloads == []
            listener.source.resume()
            await listener.until(lambda: len(listener.payloads) == 2)
            for writer in (before, after):
                writer.close()

    run(test())


def test_stopping_sends_what_was_acknowledged_and_closes() -> None:
    async def test() -> None:
        async with TcpListener() as listener:
            reader, writer = await listener.dial()
            idle, idle_writer = await listener.dial()
            writer.write(PACKET)
            await listener.until(lambda: len(listener.payloads) == 1)
            listener.source.acknowledge(listener.receipts)
            await listener.source.stop()
            assert read_packet(await reader.readuntil(b"\r\n")).cn == "9014"
            assert await is_closed(reader)
            assert await is_closed(idle)
            for w in (writer, idle_writer):
                w.close()

    run(test())


def test_waits_for_an_address_that_is_taken() -> None:
    async def test() -> None:
        port = free_port()
        taken = await asyncio.start_server(lambda r, w: None, "127.0.0.1", port)
        async with TcpListener(port=port) as listener:
            assert not listener.states[0][0]
            taken.close()
            await taken.wait_closed()
            await listener.until(lambda: listener.states[-1] == (True, ""))
            _, writer = await listener.dial()
            writer.write(PACKET)
            await listener.until(lambda: len(listener.payloads) == 1)
            writer.close()

    run(test())
