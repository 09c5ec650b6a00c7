"""The synthetic reading is published as a device would: what the broker says to that is said on."""

import asyncio
from pathlib import Path

import pytest
from support.live import running_broker
from support.mosquitto import Mosquitto, free_port, mosquitto_path
from support.mqtt_listener import Listener

from ingest.source import SourceSettings
from tocsin.selftest.publish import PublishError, publish

TOPIC = "tocsin/v1/CENTRE/self-test/up"


def source(port: int, user: str | None = None, password: str | None = None, protocol: int = 5) -> SourceSettings:
    return SourceSettings("broker", "127.0.0.1", port, (TOPIC,), protocol=protocol, username=user, password=password)


@pytest.mark.parametrize("protocol", [4, 5])
def test_it_arrives_without_a_time_of_its_own(tmp_path: Path, protocol: int) -> None:
    async def run(port: int) -> None:
        async with Listener("gmqtt", source(port), acknowledge=True) as listener:
            await listener.until(lambda: (True, "") in listener.states)
            await publish(source(port, protocol=protocol), TOPIC, "test", 1.0, 5.0)
            await listener.until(lambda: bool(listener.payloads))
            assert (listener.topics, listener.payloads) == ([TOPIC], [b'{"values":{"test":1.0}}'])

    with running_broker(tmp_path / "broker") as broker:
        asyncio.run(run(broker.port))


def test_what_a_broker_refuses(tmp_path: Path) -> None:
    if mosquitto_path() is None:
        pytest.skip("mosquitto is not installed")
    rights = tmp_path / "rights"
    rights.write_text(f"user tocsin\ntopic read {TOPIC}\nuser centre\ntopic write {TOPIC}\n")
    users = {"tocsin": "one", "centre": "two"}
    broker = Mosquitto(tmp_path / "broker", users=users, options=f"acl_file {rights}")
    broker.start()
    try:
        with pytest.raises(PublishError, match="broker refuses the connection: Not authorized"):
            asyncio.run(publish(source(broker.port), TOPIC, "test", 1.0, 5.0))
        with pytest.raises(PublishError, match="broker refuses the reading: Not authorized"):
            asyncio.run(publish(source(broker.port, "tocsin", "one"), TOPIC, "test", 1.0, 5.0))
        asyncio.run(publish(source(broker.port, "centre", "two"), TOPIC, "test", 1.0, 5.0))
        broker.pause()
        with pytest.raises(PublishError, match=r"did not take the reading within 0\.5 s"):
            asyncio.run(publish(source(broker.port, "centre", "two"), TOPIC, "test", 1.0, 0.5))
        broker.proceed()
    finally:
        broker.stop()


def test_nobody_listens() -> None:
    port = free_port()
    with pytest.raises(PublishError, match=f"no connection to 127.0.0.1:{port}: "):
        asyncio.run(publish(source(port), TOPIC, "test", 1.0, 5.0))


def test_who_is_cancelled_need_not_wait(tmp_path: Path) -> None:
    async def run(port: int) -> None:
        task = asyncio.create_task(publish(source(port), TOPIC, "test", 1.0, 60.0))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(task), 0.3)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(10):
            await asyncio.get_running_loop().shutdown_default_executor()

    with running_broker(tmp_path / "broker") as broker:
        broker.pause()
        asyncio.run(run(broker.port))
        broker.proceed()
