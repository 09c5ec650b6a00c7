"""A siren at a real broker: it confirms commands, and can be told to fail in every way a siren does."""

import json
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from support.mosquitto import Mosquitto, mosquitto_path
from support.standins.harness import Script

from alerts.channels.mqtt_device import MqttDeviceChannel
from alerts.channels.mqtt_settings import MqttDeviceSettings


class Siren:
    """Listens on `devices/+/command`, answers on `devices/<handle>/reply`. MQTT 5."""

    def __init__(self, port: int) -> None:
        self.script: Script = "ok"
        self.commands: list[dict[str, Any]] = []
        self.raw: list[tuple[str, bytes, bool]] = []
        self.by_correlation = False
        """It answers without JSON, by MQTT 5's correlation data alone."""
        self._changed = threading.Condition()
        ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_message = self._command
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.connect("127.0.0.1", port)
        self._client.subscribe("devices/+/command", qos=1)
        self._client.loop_start()
        assert ready.wait(10)

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def wait_for(self, count: int, timeout_s: float = 10.0) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.raw) >= count, timeout_s), self.raw

    def _command(self, client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        with self._changed:
            self.raw.append((message.topic, message.payload, message.retain))
            self._changed.notify_all()
        handle = message.topic.split("/")[1]
        command = json.loads(message.payload)
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        reply = {
            "ok": json.dumps({"id": command["id"], "ok": True}).encode(),
            "error": json.dumps({"id": command["id"], "ok": False, "why": "no power"}).encode(),
            "nonsense": b"\xff{{{",
        }.get(self.script)
        if self.by_correlation:
            reply = b""
            correlation = getattr(message.properties, "CorrelationData", None)
            if correlation is not None:
                properties.CorrelationData = correlation
        if reply is not None:
            if self.script == "ok":
                self.commands.append(command)
            client.publish(f"devices/{handle}/reply", reply, qos=1, properties=properties)


class MqttHarness:
    """`hang_up`: the broker is gone. `slow`: the siren says nothing."""

    plays: frozenset[Script] = frozenset({"error", "slow", "nonsense", "hang_up"})
    words = True
    links = False
    secrets: tuple[str, ...] = ("hunter2-siren",)

    def __init__(self, folder: Path) -> None:
        if mosquitto_path() is None:
            pytest.skip("mosquitto is not installed")
        self._folder = folder
        self.broker = Mosquitto(folder / "broker")

    def __enter__(self) -> Self:
        self.broker.start()
        self.siren = Siren(self.broker.port)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.siren.stop()
        self.broker.stop()

    def channel(self, timeout_s: float = 5.0, **changes: Any) -> MqttDeviceChannel:
        password = self._folder / "password"
        password.write_text(self.secrets[0] + "\n")
        return MqttDeviceChannel(
            MqttDeviceSettings(
                kind="mqtt",
                name="sirens",
                url=f"mqtt://siren@127.0.0.1:{self.broker.port}",
                password_file=password,
                topic="devices/{handle}/command",
                reply_topic="devices/{handle}/reply",
                **{"confirm_s": timeout_s, "sound_in_exercise": True, "text_chars": 2000, **changes},
            )
        )

    def play(self, script: Script) -> None:
        if script == "hang_up":
            self.siren.stop()
            self.broker.stop(kill=True)
        elif self.broker.pid is None:
            self.broker.start()
            self.siren = Siren(self.broker.port)
        self.siren.script = script

    def told(self) -> list[str]:
        return [command["text"] for command in self.siren.commands]

    def complaints(self) -> list[str]:
        wrong = [topic for topic, _, retained in self.siren.raw if retained or not topic.startswith("devices/zhang/")]
        return [f"on {topic}" for topic in wrong]
