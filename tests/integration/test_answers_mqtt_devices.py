"""Sirens over a real broker: what they are told, and what does not count as delivered."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from support.notices import facts, item, notice, person
from support.standins.mqtt_device import MqttHarness

from alerts.channels.mqtt_device import MqttDeviceChannel
from alerts.channels.mqtt_settings import MqttDeviceSettings
from alerts.channels.port import Notice, Outcome

NOW_MS = 1_790_000_000_000


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[MqttHarness]:
    with MqttHarness(tmp_path) as made:
        yield made


def using(channel: MqttDeviceChannel, work: Callable[[MqttDeviceChannel], Awaitable[list[Outcome]]]) -> list[Outcome]:
    async def run() -> list[Outcome]:
        try:
            return await work(channel)
        finally:
            await channel.close()

    return asyncio.run(run())


def sent(channel: MqttDeviceChannel, *notices: Notice, now_ms: int = NOW_MS) -> list[Outcome]:
    async def work(channel: MqttDeviceChannel) -> list[Outcome]:
        return [await channel.send(each, now_ms) for each in notices]

    return using(channel, work)


RESOLVED = item(2, name="cleared", purpose="resolved")
OTHER = item(about=facts(alarm="otheralarm000000", severity="orange", subject_name="E001-GAS-02"))


def test_a_command_says_what_to_do(harness: MqttHarness) -> None:
    (outcome,) = sent(harness.channel(), notice())
    assert outcome.delivered
    assert outcome.receipt == "confirmed"
    assert outcome.provider_id == "m-1"
    (topic, _, retained) = harness.siren.raw[0]
    assert (topic, retained) == ("devices/zhang/command", False)
    (command,) = harness.siren.commands
    text = command.pop("text")
    assert "东港化工" in text
    assert command == {
        "id": "m-1", "command": "sound", "exercise": False, "alarm": "yvfmenxky254frwd", "severity": "red",
        "level": "hh", "language": "zh", "volume": 80, "duration_s": 60, "issued_at": "2026-09-21T14:13:20.000Z",
        "expires_at": "2026-09-21T14:13:25.000Z", "handle": "zhang", "reply_topic": "devices/zhang/reply",
    }  # fmt: skip


def test_a_handle_names_the_device(harness: MqttHarness) -> None:
    siren = person(handles={"sirens": "gate-3", "other": "x"})
    assert sent(harness.channel(), notice(recipient=siren))[0].delivered
    assert harness.siren.raw[0][0] == "devices/gate-3/command"
    for handle in ("#", "a/+/b", ""):
        (refused,) = sent(harness.channel(), notice(recipient=person(handles={"sirens": handle})))
        assert refused.permanent


def test_it_is_silenced_when_the_last_of_its_alarms_is_over(harness: MqttHarness) -> None:
    outcomes = sent(
        harness.channel(),
        notice(),
        notice(OTHER, id="m-2"),
        notice(RESOLVED, id="m-3"),
        notice(replace(OTHER, name="cleared", purpose="resolved"), id="m-4"),
    )
    assert all(outcome.delivered for outcome in outcomes)
    assert outcomes[2].answer == "not sent: the device sounds for another alarm"
    assert [command["command"] for command in harness.siren.commands] == ["sound", "sound", "silence"]
    assert harness.siren.commands[-1]["volume"] == 0


def test_who_starts_anew_silences(harness: MqttHarness) -> None:
    assert sent(harness.channel(), notice(RESOLVED))[0].delivered
    assert harness.siren.commands[0]["command"] == "silence"
    acknowledged = item(2, name="acknowledged", purpose="acknowledged")
    sent(harness.channel(), notice(acknowledged, id="m-2"), notice(item(purpose="test"), id="m-3"))
    assert [command["command"] for command in harness.siren.commands[1:]] == ["silence", "test"]


def test_of_several_alarms_the_gravest_counts(harness: MqttHarness) -> None:
    sent(harness.channel(), notice(OTHER, item(), RESOLVED))
    assert (harness.siren.commands[0]["command"], harness.siren.commands[0]["severity"]) == ("sound", "red")


def test_an_exercise_sounds_only_where_it_may(harness: MqttHarness) -> None:
    quiet = harness.channel(sound_in_exercise=False)
    first, second = sent(quiet, notice(exercise=True), notice(id="m-2"))
    assert first.delivered
    assert first.answer == "not sent: an exercise, and sound_in_exercise is off"
    assert first.receipt == "none"
    assert second.receipt == "confirmed"
    assert [command["id"] for command in harness.siren.commands] == ["m-2"]
    assert sent(harness.channel(), notice(exercise=True, id="m-3"))[0].delivered
    assert harness.siren.commands[1]["exercise"] is True


def test_a_device_that_says_no_or_nothing_has_not_done_it(harness: MqttHarness) -> None:
    harness.play("error")
    (no,) = sent(harness.channel(), notice())
    assert no.error == "the device zhang says that it did not do it"
    assert "no power" in no.answer
    harness.play("slow")
    (nothing,) = sent(harness.channel(0.4), notice())
    assert nothing.error == "the device zhang has not confirmed within 0.4 s"
    assert [no.permanent, nothing.permanent] == [False, False]


def test_confirmed_by_correlation_data_alone(harness: MqttHarness) -> None:
    harness.siren.by_correlation = True
    assert sent(harness.channel(), notice())[0].receipt == "confirmed"
    assert not sent(harness.channel(0.4, protocol="3.1.1"), notice())[0].delivered


def test_the_older_protocol(harness: MqttHarness) -> None:
    assert sent(harness.channel(protocol="3.1.1"), notice())[0].receipt == "confirmed"


def test_a_payload_of_the_makers_own(harness: MqttHarness) -> None:
    template = '{"id":"$id","cmd":"$command","n":$volume,"say":"$text","drill":$exercise,"price":"$$1"}'
    channel = harness.channel(payload=template, commands={"sound": "ON"})
    words = facts(subject_name='"quoted" \\ point', text={})
    assert sent(channel, notice(item(about=words)))[0].delivered
    command = harness.siren.commands[0]
    assert (command["cmd"], command["n"], command["drill"], command["price"]) == ("ON", 80, False, "$1")
    assert '"quoted" \\ point' in command["say"]


def test_many_devices_at_once_over_one_connection(harness: MqttHarness) -> None:
    async def work(channel: MqttDeviceChannel) -> list[Outcome]:
        everybody = [notice(recipient=person(contact=f"s{n}"), id=f"m-{n}") for n in range(50)]
        return list(await asyncio.gather(*(channel.send(each, NOW_MS) for each in everybody)))

    outcomes = using(harness.channel(), work)
    assert all(outcome.receipt == "confirmed" for outcome in outcomes)
    assert len({topic for topic, _, _ in harness.siren.raw}) == 50


def test_a_command_does_not_wait_in_a_hanging_broker(harness: MqttHarness) -> None:
    async def work(channel: MqttDeviceChannel) -> list[Outcome]:
        first = await channel.send(notice(), NOW_MS)
        harness.broker.pause()
        hanging = await channel.send(notice(id="m-2"), NOW_MS)
        harness.broker.proceed()
        after = await channel.send(notice(id="m-3"), NOW_MS)
        return [first, hanging, after]

    first, hanging, after = using(harness.channel(1.0), work)
    assert first.delivered
    assert hanging.error == "the broker has not taken the command within 1 s"
    assert after.delivered


def test_a_broker_that_is_away_or_refuses(harness: MqttHarness, tmp_path: Path) -> None:
    harness.siren.stop()
    harness.broker.stop()
    (away,) = sent(harness.channel(1.0), notice())
    assert away.error.startswith(f"no connection to the broker 127.0.0.1:{harness.broker.port}: ")
    assert not away.permanent


def settings(**changes: Any) -> MqttDeviceSettings:
    given = {"kind": "mqtt", "name": "s", "url": "mqtt://a", "topic": "t/{handle}", "reply_topic": "r", **changes}
    return MqttDeviceSettings.model_validate(given)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "http://a"}, "is no broker's address"),
        ({"url": "mqtt://u:pw@a"}, "holds a password"),
        ({"topic": "t/#"}, "String should match"),
        ({"topic": "t/{device}"}, "holds braces, allowed is {handle}"),
        ({"payload": "$nope $id"}, "has no field nope"),
        ({"payload": "$severity"}, "is without \\$id"),
        ({"payload": "$ $id"}, "is no template"),
        ({"cert_file": "a.pem"}, "belong together"),
    ],
)
def test_settings_that_cannot_work(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        settings(**changes)


def test_a_secret_that_cannot_be_read_names_its_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the secret can't be read"):
        settings(password_file=tmp_path / "none").open()
    with pytest.raises(ValueError, match="the certificates can't be read"):
        settings(url="mqtts://a", ca_file=tmp_path / "none").open()


def test_defaults_of_the_command(tmp_path: Path) -> None:
    assert settings().address == ("a", 1883)
    assert settings(url="mqtts://a").address == ("a", 8883)
    assert settings(url="mqtt://li%40x@a").user == "li@x"
    assert json.loads(settings().model_dump_json())["confirm_s"] == 10.0
