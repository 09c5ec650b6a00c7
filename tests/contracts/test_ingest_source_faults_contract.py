"""The contract of `ingest.source.Source` at a broker that refuses, breaks off or falls silent: a fake one."""

import pytest
from support.fake_broker import FakeBroker
from support.mosquitto import free_port
from support.mqtt_listener import Listener
from support.source_contract import KINDS, run, settings

from ingest.sources import Adapter


@pytest.fixture(params=KINDS, ids=str)
def kind(request: pytest.FixtureRequest) -> tuple[Adapter, int]:
    return request.param  # type: ignore[no-any-return]


def test_a_refused_subscription_is_reported_and_tried_again(kind: tuple[Adapter, int]) -> None:
    async def test() -> None:
        async with (
            FakeBroker(protocol=kind[1], suback_codes=(0x80, 0x87, 1)) as fake,
            Listener(kind[0], settings(kind, fake.port, subscribe=("a/#",)), acknowledge=True) as listener,
        ):
            await fake.until_received(8, 3)
            await listener.until(lambda: len(listener.states) == 3)
            refused = [reason for _, reason in listener.states[:2]]
            assert [connected for connected, _ in listener.states] == [True] * 3
            assert all("a/#" in reason and "refused" in reason for reason in refused)
            assert listener.states[2] == (True, "")
            assert fake.connections == 1

    run(test())


def test_a_refusal_that_libraries_hold_for_permanent_is_tried_again(kind: tuple[Adapter, int]) -> None:
    async def test() -> None:
        code = 0x8A if kind[1] == 5 else 5
        async with (
            FakeBroker(protocol=kind[1], connack_code=code) as fake,
            Listener(kind[0], settings(kind, fake.port)) as listener,
        ):
            await fake.until_received(1, 3)
            assert "banned" in listener.states[0][1] or "not authorised" in listener.states[0][1]
            assert len(listener.states) == 1, "the same news is told once"

    run(test())


def test_a_connection_that_breaks_is_made_again(kind: tuple[Adapter, int]) -> None:
    async def test() -> None:
        async with (
            FakeBroker(protocol=kind[1]) as fake,
            Listener(kind[0], settings(kind, fake.port)) as listener,
        ):
            await listener.until_up()
            fake.drop()
            await fake.until_received(8, 2)
            await listener.until(lambda: [up for up, _ in listener.states] == [True, False, True])

    run(test())


def test_a_broker_that_shows_no_sign_of_life_is_left(kind: tuple[Adapter, int]) -> None:
    async def test() -> None:
        async with (
            FakeBroker(protocol=kind[1], pongs=False) as fake,
            Listener(kind[0], settings(kind, fake.port, keepalive_s=1)) as listener,
        ):
            await fake.until_received(8, 2)
            assert [up for up, _ in listener.states[:2]] == [True, False]
            assert 12 in fake.kinds()

    run(test())


def test_the_session_is_persistent(kind: tuple[Adapter, int]) -> None:
    async def test() -> None:
        async with FakeBroker(protocol=kind[1]) as fake:
            mine = settings(kind, fake.port, session_expiry_s=3600, receive_maximum=777)
            async with Listener(kind[0], mine):
                (connect,) = await fake.until_received(1)
                assert connect[6] == kind[1]
                assert not connect[7] & 0x02, "clean start"
                if kind[1] == 5:
                    properties = connect[11 : 11 + connect[10]]
                    assert b"\x11\x00\x00\x0e\x10" in properties
                    assert b"\x21\x03\x09" in properties

    run(test())


def test_stop_ends_a_source_that_never_connected(kind: tuple[Adapter, int]) -> None:
    async def test() -> None:
        async with Listener(kind[0], settings(kind, free_port())) as listener:
            await listener.until(lambda: bool(listener.states))

    run(test())
