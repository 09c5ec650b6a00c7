"""Devices that send what no point of the site stands for: gathered, so that an engineer can adopt them. Bounded."""

import math
from collections.abc import Iterable
from typing import Final

import msgspec

from ingest.quarantine import printable

_MOST_KEYS: Final = 200
_MOST_KEYS_IN_ALL: Final = 40_000
"""Then the devices that were seen longest ago make room: some ten megabytes, whoever sends what."""
_KEY_CHARACTERS: Final = 128
_TOPIC_CHARACTERS: Final = 256
_EVERY_MS: Final = 1000
"""A topic is looked at again after this: a flood of strange messages costs little."""

Value = tuple[str, float | None, str]
"""(key, value, unit as the wire says it or "")."""


class UnknownKey(msgspec.Struct):
    """What one key of a device was seen to send."""

    seen: int = 0
    last: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = ""


class UnknownDevice(msgspec.Struct):
    """A device, or a topic where the wire form knows no devices. Texts are printable."""

    topic: str
    device: str
    enterprise: str
    """"" where the topic names none."""
    first_seen_ms: int
    last_seen_ms: int
    messages: int = 0
    """Since first seen: all of them, also those that were not looked into."""
    keys: dict[str, UnknownKey] = {}

    def period_s(self) -> float | None:
        """Seconds between two messages on average; None before the second."""
        if self.messages < 2:
            return None
        return (self.last_seen_ms - self.first_seen_ms) / 1000 / (self.messages - 1)


class UnknownDevices:
    """Keeps the devices that were seen last. For one thread."""

    def __init__(self, *, max_devices: int = 2_000) -> None:
        self.changed = 0
        """Counts every change, for whoever saves it."""
        self._devices: dict[tuple[str, str], UnknownDevice] = {}
        self._looked_at: dict[str, tuple[int, UnknownDevice | None]] = {}
        """By topic: when it was last looked into, and the device that was found."""
        self._max_devices = max_devices
        self._keys = 0
        """Of all devices."""

    def __len__(self) -> int:
        return len(self._devices)

    def is_due(self, topic: str, now_ms: int) -> bool:
        """Whether a message of this topic should be looked into; it is counted in either case."""
        topic = topic[:_TOPIC_CHARACTERS]
        looked_at_ms, device = self._looked_at.get(topic, (now_ms - _EVERY_MS, None))
        if now_ms - looked_at_ms >= _EVERY_MS:
            if len(self._looked_at) >= self._max_devices:
                self._looked_at.clear()
            self._looked_at[topic] = (now_ms, None)
            return True
        if device is not None:
            device.messages += 1
            device.last_seen_ms = now_ms
        return False

    def note(self, topic: str, device: str, enterprise: str, values: Iterable[Value], now_ms: int) -> None:
        """One message that was looked into: the values for which there is no point."""
        name = printable(device, _KEY_CHARACTERS)
        spoken, topic = topic[:_TOPIC_CHARACTERS], printable(topic, _TOPIC_CHARACTERS)
        # Taken out and put back: the order of the dict is then the order of last use.
        known = self._devices.pop((topic, name), None)
        if known is None:
            known = UnknownDevice(topic, name, enterprise, now_ms, now_ms)
            if len(self._devices) >= self._max_devices:
                self._drop_oldest()
        self._devices[topic, name] = known
        # A topic of many devices is counted at the one that was seen last.
        self._looked_at[spoken] = (now_ms, known)
        known.messages += 1
        known.last_seen_ms = now_ms
        self._keys -= len(known.keys)
        for key, value, unit in values:
            _note_value(known.keys, printable(key, _KEY_CHARACTERS), value, unit)
        self._keys += len(known.keys)
        while self._keys > _MOST_KEYS_IN_ALL:
            self._drop_oldest()
        self.changed += 1

    def forget(self, topic: str, device: str) -> None:
        """It was adopted, or is not wanted."""
        gone = self._devices.pop((topic, device), None)
        if gone is not None:
            self._keys -= len(gone.keys)
            self.changed += 1

    def devices(self) -> list[UnknownDevice]:
        """All of them, the latest first. Not copies."""
        return list(reversed(self._devices.values()))

    def restore(self, devices: Iterable[UnknownDevice]) -> None:
        """Put back what an earlier process saved (the latest first)."""
        for device in reversed(list(devices)):
            if self._devices.setdefault((device.topic, device.device), device) is device:
                self._keys += len(device.keys)

    def _drop_oldest(self) -> None:
        self._keys -= len(self._devices.pop(next(iter(self._devices))).keys)


def _note_value(keys: dict[str, UnknownKey], key: str, value: float | None, unit: str) -> None:
    seen = keys.get(key)
    if seen is None:
        if len(keys) >= _MOST_KEYS:
            return
        seen = keys[key] = UnknownKey()
    seen.seen += 1
    seen.unit = printable(unit, 32) or seen.unit
    if value is None or not math.isfinite(value):
        return
    seen.last = value
    seen.low = value if seen.low is None else min(seen.low, value)
    seen.high = value if seen.high is None else max(seen.high, value)
