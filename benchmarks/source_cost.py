"""What each MQTT adapter costs against a real Mosquitto, beside a stock gmqtt client that only counts.

Run: python benchmarks/source_cost.py [messages]. QoS 1, one reading a message, 1,000 topics, acknowledged in batches.
The publisher and the broker run beside it, so messages/s depend on the machine; CPU us/message is the client's own.
"""

import asyncio
import multiprocessing
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import gmqtt
import uvloop

from ingest.source import SourceSettings
from ingest.sources import Adapter, make_source


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_broker(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    (folder / "c.conf").write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\n"
    )
    broker = subprocess.Popen(["mosquitto", "-c", folder / "c.conf"], stderr=subprocess.DEVNULL)
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return broker
        time.sleep(0.05)


def flood(port: int, count: int) -> None:
    """Publish with bare packets: the client under test must be the bottleneck, not its publisher."""

    def packet(first: int, body: bytes) -> bytes:
        length, head = len(body), bytearray([first])
        while True:
            length, digit = divmod(length, 128)
            head.append(digit | (0x80 if length else 0))
            if not length:
                return bytes(head) + body

    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(packet(0x10, b"\x00\x04MQTT\x04\x02\x00\x3c\x00\x05flood"))
        sock.recv(4)
        unanswered = sent = 0
        while sent < count:
            chunk = bytearray()
            for n in range(sent, min(sent + 500, count)):
                topic = b"tocsin/v1/E001/D%03d/up" % (n % 1000)
                payload = b'{"ts":1732190000123,"values":{"P%03d":12.3}}' % (n % 1000)
                body = len(topic).to_bytes(2, "big") + topic + (n % 65000 + 1).to_bytes(2, "big") + payload
                chunk += packet(0x32, body)
            sock.sendall(chunk)
            done = min(500, count - sent)
            sent += done
            unanswered += 4 * done
            while unanswered > 4 * 5000 or (sent == count and unanswered):
                unanswered -= len(sock.recv(65536))


class Count:
    def __init__(self, wanted: int) -> None:
        self.seen = 0
        self.begun = asyncio.Event()
        self.done = asyncio.Event()
        self.wanted = wanted

    def add(self) -> None:
        self.seen += 1
        if self.seen == 1:
            self.begun.set()
        if self.seen == self.wanted:
            self.done.set()


async def adapter_run(adapter: Adapter, port: int, protocol: int, count: int) -> None:
    counted = Count(count)
    receipts: list[object] = []
    up = asyncio.Event()

    def on_message(*message: object) -> None:
        receipts.append(message[5])
        counted.add()

    settings = SourceSettings(adapter, "127.0.0.1", port, ("tocsin/v1/+/+/up",), protocol=protocol)
    source = make_source(adapter, settings, on_message, lambda connected, _: up.set() if connected else None)

    async def acknowledge() -> None:
        while True:
            await asyncio.sleep(0.02)
            source.acknowledge(receipts)
            receipts.clear()

    await source.start()
    await up.wait()
    task = asyncio.create_task(acknowledge())
    await measure(f"{adapter}, MQTT {'5' if protocol == 5 else '3.1.1'}", port, counted)
    task.cancel()
    source.acknowledge(receipts)
    await source.stop()


async def stock_run(port: int, protocol: int, count: int) -> None:
    counted = Count(count)
    client = gmqtt.Client("stock", clean_session=True, receive_maximum=20_000)
    client.on_message = lambda *_: counted.add()
    await client.connect("127.0.0.1", port, version=protocol)
    client.subscribe("tocsin/v1/+/+/up", qos=1)
    await asyncio.sleep(0.2)
    await measure(f"stock gmqtt, counts only, MQTT {'5' if protocol == 5 else '3.1.1'}", port, counted)
    await client.disconnect()


async def measure(name: str, port: int, counted: Count) -> None:
    publisher = multiprocessing.get_context("spawn").Process(target=flood, args=(port, counted.wanted))
    publisher.start()
    await counted.begun.wait()
    start_s, cpu_s = time.perf_counter(), time.process_time()
    async with asyncio.timeout(120):
        await counted.done.wait()
    span_s, cpu_s = time.perf_counter() - start_s, time.process_time() - cpu_s
    publisher.join()
    rate, each_us = counted.wanted / span_s, cpu_s * 1e6 / counted.wanted
    print(f"{name:42s} {rate:9,.0f} messages/s {each_us:6.1f} us CPU/message", flush=True)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    for protocol in (4, 5):
        for run in (
            stock_run,
            lambda *a: adapter_run("gmqtt", *a),
            lambda *a: adapter_run("paho", *a),
        ):
            # A broker for each: sessions that outlive their client would gather the next one's messages.
            with tempfile.TemporaryDirectory() as folder:
                port = free_port()
                broker = start_broker(Path(folder), port)
                try:
                    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                        runner.run(run(port, protocol, count))
                finally:
                    broker.terminate()
                    broker.wait()


if __name__ == "__main__":
    main()
