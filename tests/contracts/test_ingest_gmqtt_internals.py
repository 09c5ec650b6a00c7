"""The fast path stands on gmqtt's internals: this fails loudly when a new version has moved them."""

import asyncio
import inspect
from collections.abc import Awaitable

import gmqtt
import pytest
import uvloop
from gmqtt.mqtt.connection import MQTTConnection
from gmqtt.mqtt.handler import MQTTConnectError, MqttPackageHandler
from gmqtt.mqtt.protocol import BaseMQTTProtocol, MQTTProtocol
from support.fake_broker import FakeBroker, publish_packet
from support.mqtt_listener import Listener

from ingest.source import SourceSettings
from ingest.sources.gmqtt_wire import WireClient

TOPIC = b"tocsin/v1/E1/D1/up"
PUBACK = 4


def run(test: Awaitable[None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await test

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(bounded())


def listener(port: int, protocol: int = 5) -> Listener:
    settings = SourceSettings(
        "fake", "127.0.0.1", port, ("#",), protocol=protocol, reconnect_min_s=0.02, reconnect_max_s=0.1
    )
    return Listener("gmqtt", settings, acknowledge=True)


def test_version_is_one_that_was_read() -> None:
    assert gmqtt.__version__.split(".")[:2] == ["0", "8"], "read gmqtt_wire.py against this version first"


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (MQTTProtocol.__init__, {"connection_state", "id_generator"}),
        (MQTTConnection.__init__, {"transport", "protocol", "clean_session", "keepalive", "package_handler", "logger"}),
        (MQTTConnection.put_package, {"pkg"}),
        (MQTTConnection.send_package, {"package"}),
        (gmqtt.Client.reconnect, {"delay"}),
        (gmqtt.Client._create_connection, {"host", "port", "ssl", "clean_session", "keepalive"}),
        (gmqtt.Client.connect, {"host", "port", "ssl", "keepalive", "version"}),
        (BaseMQTTProtocol.connection_made, {"transport"}),
        (BaseMQTTProtocol.connection_lost, {"exc"}),
        (MQTTConnection._keep_connection, {"self"}),
        (MQTTConnectError.__init__, {"code"}),
        (MqttPackageHandler.__call__, {"package"}),
    ],
    ids=lambda it: getattr(it, "__qualname__", ""),
)
def test_the_seams_are_where_they_were(function: object, parameters: set[str]) -> None:
    assert parameters <= set(inspect.signature(function).parameters)  # type: ignore[arg-type]


def test_the_attributes_are_where_they_were() -> None:
    async def test() -> None:
        async with FakeBroker(protocol=5) as broker, listener(broker.port) as it:
            await it.until_up()
            client: WireClient = it.source._client  # type: ignore[attr-defined]
            wire = client.wire
            assert wire is not None
            protocol = wire._protocol
            assert {
                "_transport",
                "_last_data_in",
                "_last_data_out",
                "_keepalive",
                "_handler",
                "_keep_connection_callback",
            } <= set(vars(wire))
            assert {"_connection", "_transport", "_closed"} <= set(vars(protocol))
            assert protocol._read_loop_future is None, "gmqtt's own read loop must not run"
            assert client._package_handler.current_connection is wire

    run(test())


@pytest.mark.parametrize("protocol", [4, 5])
def test_all_acknowledgements_of_a_call_leave_together_in_order(protocol: int) -> None:
    async def test() -> None:
        async with FakeBroker(protocol=protocol) as broker:
            settings = SourceSettings("fake", "127.0.0.1", broker.port, ("#",), protocol=protocol)
            async with Listener("gmqtt", settings) as it:
                await it.until_up()
                await broker.until_received(8)
                rest = b"\x00x" if protocol == 5 else b"x"
                broker.send(*(publish_packet(TOPIC, rest, packet_id=n) for n in range(1, 301)))
                await it.until_payloads(300)
                assert PUBACK not in broker.kinds()
                it.source.acknowledge([*it.receipts, None])
                bodies = await broker.until_received(PUBACK, 300)
                assert [int.from_bytes(body[:2], "big") for body in bodies] == list(range(1, 301))

    run(test())


@pytest.mark.parametrize(
    "rest",
    [
        b"\x05\x23\x00\x01\x26\x00x",  # a topic alias, then half a user property
        b"\x02\xff\xff{}",  # an unknown property
        b"\x7f{}",  # longer than the packet
        b"\xff\xff\xff\xff\xff{}",  # a length that never ends
        b"\xff",  # a length cut short
        b"",  # no properties at all
    ],
    ids=repr,
)
def test_malformed_properties_kill_nothing_and_are_acknowledged(rest: bytes) -> None:
    async def test() -> None:
        async with FakeBroker(protocol=5) as broker, listener(broker.port) as it:
            await it.until_up()
            await broker.until_received(8)
            broker.send(publish_packet(TOPIC, rest, packet_id=7), publish_packet(TOPIC, b"\x00next", packet_id=8))
            await it.until_payloads(2)
            assert it.payloads[1] == b"next"
            bodies = await broker.until_received(PUBACK, 2)
            assert [body[:2] for body in bodies] == [b"\x00\x07", b"\x00\x08"]
            assert broker.connections == 1

    run(test())


def test_packets_cut_anywhere_and_giants() -> None:
    async def test() -> None:
        async with FakeBroker(protocol=5) as broker, listener(broker.port) as it:
            await it.until_up()
            await broker.until_received(8)
            one = publish_packet(TOPIC, b"\x00" + b"a" * 300, packet_id=1)
            for n in range(len(one)):
                broker.send(one[n : n + 1])
                await asyncio.sleep(0)
            giant = publish_packet(TOPIC, b"\x00" + b"g" * (40 << 20), packet_id=2)
            broker.send(giant + one)
            await it.until_payloads(3)
            assert [len(payload) for payload in (it.payloads[0], it.payloads[2])] == [300, 300]
            assert 1 << 20 < len(it.payloads[1]) < 17 << 20, "a giant is cut, yet seen as too long"
            assert it.payloads[1].strip(b"g") == b""
            await broker.until_received(PUBACK, 3)

    run(test())


def test_a_topic_that_is_no_utf8_is_handed_on_escaped() -> None:
    async def test() -> None:
        async with FakeBroker(protocol=4) as broker, listener(broker.port, 4) as it:
            await it.until_up()
            await broker.until_received(8)
            broker.send(publish_packet(b"tocsin/\xff", b"x"))
            await it.until_payloads(1)
            assert it.topics == ["tocsin/\\xff"]

    run(test())


def test_a_message_of_quality_of_service_2_is_taken_over_only_when_acknowledged() -> None:
    async def test() -> None:
        async with FakeBroker(protocol=5) as broker, listener(broker.port) as it:
            await it.until_up()
            await broker.until_received(8)
            broker.send(publish_packet(TOPIC, b"\x00x", packet_id=9, flags=0x04))
            assert (await broker.until_received(5))[0][:2] == b"\x00\x09"
            broker.send(b"\x62\x02\x00\x09")
            assert (await broker.until_received(7))[0][:2] == b"\x00\x09"

    run(test())
