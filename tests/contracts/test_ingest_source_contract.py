"""The contract of `ingest.source.Source`, run on every adapter and both protocol versions against a real Mosquitto."""

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.mosquitto import Certificates, Mosquitto, make_certificates, mosquitto_path
from support.mqtt_listener import Listener, publish
from support.source_contract import KINDS, run, settings

from ingest.sources import Adapter

TOPIC = "tocsin/v1/E1/D1/up"

pytestmark = pytest.mark.skipif(mosquitto_path() is None, reason="mosquitto is not installed")


@pytest.fixture(params=KINDS, ids=str)
def kind(request: pytest.FixtureRequest) -> tuple[Adapter, int]:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


async def send(port: int, count: int, start: int = 0, **how: Any) -> list[bytes]:
    payloads = [b"%d" % n for n in range(start, start + count)]
    await asyncio.to_thread(publish, port, [(TOPIC, payload) for payload in payloads], **how)
    return payloads


def test_delivers_topic_and_payload_in_order(kind: tuple[Adapter, int], broker: Mosquitto) -> None:
    async def test() -> None:
        async with Listener(kind[0], settings(kind, broker.port), acknowledge=True) as listener:
            await listener.until_up()
            sent = await send(broker.port, 50)
            await listener.until_payloads(50)
            assert listener.payloads == sent
            assert set(listener.topics) == {TOPIC}
            assert not any(listener.duplicates)

    run(test())


def test_unacknowledged_messages_come_again_to_a_new_client_and_acknowledged_ones_do_not(
    kind: tuple[Adapter, int], broker: Mosquitto
) -> None:
    async def test() -> None:
        async with Listener(kind[0], settings(kind, broker.port)) as first:
            await first.until_up()
            sent = await send(broker.port, 10)
            await first.until_payloads(10)
            first.source.acknowledge(first.receipts[:4])
        async with Listener(kind[0], settings(kind, broker.port)) as second:
            await second.until_payloads(6)
            assert second.payloads == sent[4:]
            assert all(second.duplicates)
            second.source.acknowledge(second.receipts)
        async with Listener(kind[0], settings(kind, broker.port)) as third:
            await third.until_up()
            last = await send(broker.port, 1, start=99)
            await third.until_payloads(1)
            assert third.payloads == last

    run(test())


def test_a_broker_restart_with_messages_in_flight_loses_none(kind: tuple[Adapter, int], broker: Mosquitto) -> None:
    async def test() -> None:
        async with Listener(kind[0], settings(kind, broker.port)) as listener:
            await listener.until_up()
            sent = await send(broker.port, 200)
            await listener.until_payloads(200)
            earlier = listener.receipts[:]
            listener.source.acknowledge(earlier[:50])
            await asyncio.to_thread(broker.stop)
            await listener.until(lambda: not listener.states[-1][0])
            await asyncio.to_thread(broker.start)
            # The broker may have stopped before it read the acknowledgements: then those messages come again as well.
            await listener.until(lambda: set(sent[50:]) <= set(listener.payloads[200:]))
            assert all(listener.duplicates[200:])
            # Receipts of the lost connection acknowledge nothing, whatever packet ids they name.
            listener.source.acknowledge(earlier)
        async with Listener(kind[0], settings(kind, broker.port), acknowledge=True) as again:
            await again.until(lambda: set(sent[50:]) <= set(again.payloads))

    run(test())


def test_subscribes_again_at_a_broker_that_forgot_the_session(kind: tuple[Adapter, int], tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path / "broker")
    broker.start()

    async def test() -> None:
        async with Listener(kind[0], settings(kind, broker.port), acknowledge=True) as listener:
            await listener.until_up()
            await asyncio.to_thread(broker.stop)
            await listener.until(lambda: not listener.states[-1][0])
            (tmp_path / "broker" / "mosquitto.db").unlink(missing_ok=True)
            await asyncio.to_thread(broker.start)
            await listener.until_up()
            sent = await send(broker.port, 3)
            await listener.until_payloads(3)
            assert listener.payloads == sent

    try:
        run(test())
    finally:
        broker.stop()


def test_waits_for_a_broker_that_is_away_at_the_start(kind: tuple[Adapter, int], tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path / "broker")

    async def test() -> None:
        async with Listener(kind[0], settings(kind, broker.port), acknowledge=True) as listener:
            await listener.until(lambda: bool(listener.states))
            connected, reason = listener.states[0]
            assert not connected
            assert reason
            await asyncio.to_thread(broker.start)
            await listener.until_up()
            await send(broker.port, 1)
            await listener.until_payloads(1)

    try:
        run(test())
    finally:
        broker.stop()


def test_other_filters_are_taken_over_on_the_same_connection_and_after_the_next(
    kind: tuple[Adapter, int], tmp_path: Path
) -> None:
    broker = Mosquitto(tmp_path / "broker")
    broker.start()
    topics = {name: f"tocsin/v1/{name}/D1/up" for name in ("E1", "E2", "E3")}

    async def test() -> None:
        first = ("tocsin/v1/E1/+/up", "tocsin/v1/E2/+/up")
        async with Listener(kind[0], settings(kind, broker.port, subscribe=first), acknowledge=True) as listener:
            await listener.until_up()
            await asyncio.to_thread(publish, broker.port, [(topic, b"before") for topic in topics.values()])
            await listener.until_payloads(2)
            listener.source.subscribe(("tocsin/v1/E2/+/up", "tocsin/v1/E3/+/up"))
            while topics["E3"] not in listener.topics:
                await asyncio.to_thread(publish, broker.port, [(topics["E3"], b"asked for")])
                await asyncio.sleep(0.02)
            async with asyncio.timeout(20):
                while True:
                    count = len(listener.topics)
                    await asyncio.to_thread(publish, broker.port, [(topic, b"after") for topic in topics.values()])
                    await listener.until(lambda count=count: topics["E3"] in listener.topics[count:])  # type: ignore[misc]
                    if topics["E1"] not in listener.topics[count:]:
                        break
            assert listener.states == [(True, "")]
            await asyncio.to_thread(broker.stop)
            await listener.until(lambda: not listener.states[-1][0])
            await asyncio.to_thread(broker.start)
            await listener.until_up()
            count = len(listener.topics)
            await asyncio.to_thread(publish, broker.port, [(topic, b"later") for topic in topics.values()])
            await listener.until_payloads(count + 2)
            assert listener.topics[count:] == [topics["E2"], topics["E3"]]

    try:
        run(test())
    finally:
        broker.stop()


def test_a_shared_subscription_splits_the_messages(kind: tuple[Adapter, int], broker: Mosquitto) -> None:
    async def test() -> None:
        shared = ("$share/tocsin/tocsin/v1/+/+/up",)
        one = settings(kind, broker.port, subscribe=shared)
        two = settings(kind, broker.port, subscribe=shared, client_id="contract-2")
        news = asyncio.Event()
        async with (
            Listener(kind[0], one, acknowledge=True, news=news) as first,
            Listener(kind[0], two, acknowledge=True, news=news) as second,
        ):
            await first.until_up()
            await second.until_up()
            sent = await send(broker.port, 100)
            await first.until(lambda: len(first.payloads) + len(second.payloads) == 100)
            assert sorted(first.payloads + second.payloads, key=int) == sent
            assert first.payloads
            assert second.payloads

    run(test())


def test_tls_with_a_client_certificate(kind: tuple[Adapter, int], tmp_path: Path, certificates: Certificates) -> None:
    broker = Mosquitto(tmp_path / "broker", certificates=certificates)
    broker.start()
    secure = {
        "tls": True,
        "ca_file": str(certificates.ca),
        "cert_file": str(certificates.client_cert),
        "key_file": str(certificates.client_key),
    }
    context = ssl.create_default_context(cafile=str(certificates.ca))
    context.load_cert_chain(certificates.client_cert, certificates.client_key)

    async def test() -> None:
        async with Listener(kind[0], settings(kind, broker.port, **secure), acknowledge=True) as listener:
            await listener.until_up()
            sent = await send(broker.port, 500, tls=context)
            await listener.until_payloads(500)
            assert listener.payloads == sent
        no_certificate = settings(kind, broker.port, tls=True, ca_file=str(certificates.ca), client_id="other")
        async with Listener(kind[0], no_certificate) as refused:
            await refused.until(lambda: bool(refused.states))
            assert not refused.states[0][0]
        unknown_authority = settings(kind, broker.port, tls=True)
        async with Listener(kind[0], unknown_authority) as refused:
            await refused.until(lambda: bool(refused.states))
            assert "certificate" in refused.states[0][1].lower()

    try:
        run(test())
    finally:
        broker.stop()


def test_a_wrong_password_is_reported_and_tried_again(kind: tuple[Adapter, int], tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path / "broker", users={"tocsin": "old"})
    broker.start()

    async def test() -> None:
        mine = settings(kind, broker.port, username="tocsin", password="new")
        async with Listener(kind[0], mine, acknowledge=True) as listener:
            await listener.until(lambda: bool(listener.states))
            connected, reason = listener.states[0]
            assert not connected
            assert "not authorised" in reason or "password" in reason
            assert "new" not in reason
            broker.set_users({"tocsin": "new"})
            broker.reload()
            await listener.until_up()
            await asyncio.to_thread(publish, broker.port, [(TOPIC, b"in")], username="tocsin", password="new")

    try:
        run(test())
    finally:
        broker.stop()


def test_pause_stops_delivery_and_resume_goes_on(kind: tuple[Adapter, int], broker: Mosquitto) -> None:
    async def test() -> None:
        # The pause outlives several keep-alive periods: the connection must hold all the same.
        async with Listener(kind[0], settings(kind, broker.port, keepalive_s=1), acknowledge=True) as listener:
            await listener.until_up()
            await send(broker.port, 1)
            await listener.until_payloads(1)
            before = len(listener.payloads)
            listener.source.pause()
            sent = await send(broker.port, 100, start=1000)
            with pytest.raises(TimeoutError):
                await listener.until_payloads(before + 1, within_s=4.0)
            listener.source.resume()
            await listener.until_payloads(before + 100)
            assert listener.payloads[before:] == sent
            assert listener.states == [(True, "")]

    run(test())


def test_a_pause_holds_over_a_broker_restart(kind: tuple[Adapter, int], broker: Mosquitto) -> None:
    async def test() -> None:
        async with Listener(kind[0], settings(kind, broker.port), acknowledge=True) as listener:
            await listener.until_up()
            await send(broker.port, 1)
            await listener.until_payloads(1)
            await asyncio.to_thread(broker.stop)
            await listener.until(lambda: not listener.states[-1][0])
            listener.source.pause()
            await asyncio.to_thread(broker.start)
            await listener.until_up()
            listener.source.resume()
            await send(broker.port, 5, start=500)
            await listener.until(lambda: b"504" in listener.payloads)

    run(test())


def test_a_flood_acknowledged_in_batches(kind: tuple[Adapter, int], broker: Mosquitto) -> None:
    async def test() -> None:
        async with Listener(kind[0], settings(kind, broker.port, receive_maximum=500)) as listener:
            await listener.until_up()
            publishing = asyncio.create_task(send(broker.port, 10_000))
            done = 0
            while done < 10_000:
                await listener.until(lambda upto=done: len(listener.receipts) > upto)  # type: ignore[misc]
                upto = len(listener.receipts)
                listener.source.acknowledge(listener.receipts[done:upto])
                done = upto
            assert sorted(listener.payloads, key=int) == await publishing
        async with Listener(kind[0], settings(kind, broker.port)) as second:
            await second.until_up()
            last = await send(broker.port, 1, start=10_000)
            await second.until_payloads(1)
            assert second.payloads == last

    run(test())


def test_a_retained_message_is_marked(kind: tuple[Adapter, int], broker: Mosquitto) -> None:
    async def test() -> None:
        await send(broker.port, 1, start=7, retain=True)
        async with Listener(kind[0], settings(kind, broker.port), acknowledge=True) as listener:
            await listener.until_payloads(1)
            await send(broker.port, 1, start=8)
            await listener.until_payloads(2)
            assert listener.payloads == [b"7", b"8"]
            assert listener.retained == [True, False]

    run(test())


def test_publishes_while_it_is_connected_and_says_so(kind: tuple[Adapter, int], broker: Mosquitto) -> None:
    async def test() -> None:
        mine = settings(kind, broker.port, subscribe=("reply/+",))
        async with Listener(kind[0], mine, acknowledge=True) as listener:
            assert not listener.source.publish("reply/early", b"lost")
            await listener.until_up()
            assert all(listener.source.publish("reply/1", b"%d" % n) for n in range(50))
            for topic in ("", "reply/+", "reply/#", "a\0b", "x" * 70_000, "\ud800"):
                assert not listener.source.publish(topic, b"never")
            assert listener.source.publish("reply/2", bytes(range(256)) * 400)
            await listener.until_payloads(51)
            assert listener.payloads == [b"%d" % n for n in range(50)] + [bytes(range(256)) * 400]
            assert not any(listener.retained)
            await asyncio.to_thread(broker.stop)
            await listener.until(lambda: not listener.states[-1][0])
            assert not listener.source.publish("reply/1", b"lost")

    run(test())


def test_what_is_published_to_be_retained_is_kept(kind: tuple[Adapter, int], broker: Mosquitto) -> None:
    async def test() -> None:
        async with Listener(kind[0], settings(kind, broker.port)) as listener:
            await listener.until_up()
            assert listener.source.publish("reply/1", b"kept", retain=True)
            async with Listener(
                kind[0], settings(kind, broker.port, client_id="later", subscribe=("reply/+",))
            ) as later:
                await later.until_payloads(1)
                assert (later.payloads, later.retained) == ([b"kept"], [True])

    run(test())
