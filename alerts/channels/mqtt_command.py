"""Commands to devices and their replies, as bytes (pure)."""

import string
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import msgspec

from alerts.channels.cloudevents import rfc3339
from alerts.channels.mqtt_settings import MqttDeviceSettings
from alerts.channels.port import Item, Notice
from alerts.severity import severity_rank
from alerts.wording.facts import facts_of
from alerts.wording.language import language_of
from alerts.wording.texts import short_text

Command = Literal["sound", "silence", "test"]

_SILENCING = frozenset({"resolved", "acknowledged"})


class Said(NamedTuple):
    """A reply: to which command, and whether the device did it (else why not)."""

    id: str
    ok: bool
    text: str


def command_of(notice: Notice) -> Command:
    """A device sounds as long as one of the alarms it is told of is not over and not acknowledged."""
    if all(item.purpose in _SILENCING for item in notice.items):
        return "silence"
    return "test" if all(item.purpose == "test" for item in notice.items) else "sound"


def gravest(notice: Notice) -> Item:
    """The item whose severity counts."""
    sounding = [item for item in notice.items if item.purpose not in _SILENCING] or list(notice.items)
    return max(sounding, key=lambda item: severity_rank(facts_of(item).severity))


def command_payload(
    settings: MqttDeviceSettings, notice: Notice, handle: str, reply_topic: str, command_id: str, now_ms: int
) -> bytes:
    """The command as JSON, or as the settings' template with its fields put in, escaped as within a JSON text."""
    command, item = command_of(notice), gravest(notice)
    facts = facts_of(item)
    silent = command == "silence"
    fields: dict[str, object] = {
        "id": command_id,
        "command": settings.commands.get(command, command),
        "exercise": notice.exercise,
        "alarm": facts.alarm,
        "severity": facts.severity,
        "level": facts.level,
        "text": short_text(notice, settings.text_chars, link=False),
        "language": language_of(notice),
        "volume": 0 if silent else settings.volume,
        "duration_s": 0 if silent else settings.duration_s,
        "issued_at": rfc3339(now_ms),
        "expires_at": rfc3339(now_ms + round(settings.confirm_s * 1000)),
        "handle": handle,
        "reply_topic": reply_topic,
    }
    if settings.payload is None:
        return msgspec.json.encode(fields)
    return (
        string.Template(settings.payload).substitute({name: _inside(given) for name, given in fields.items()}).encode()
    )


def read_reply(settings: MqttDeviceSettings, payload: bytes, correlation: bytes | None) -> Said | None:
    """What a device says; None where nobody can tell to which command."""
    try:
        given = msgspec.json.decode(payload) if payload else {}
    except msgspec.MsgspecError:
        given = {}
    command_id = _at(given, settings.reply_id)
    if command_id is None and correlation is not None:
        command_id = correlation.decode("utf-8", "replace")
    if command_id is None:
        return None
    ok = _at(given, settings.reply_ok)
    good = ok is None or _plain(ok).lower() in {value.lower() for value in settings.reply_ok_values}
    return Said(_plain(command_id), good, payload.decode("utf-8", "replace")[:512])


def _inside(value: object) -> str:
    """A value as it stands between the quotes of a JSON text."""
    text = msgspec.json.encode(value).decode()
    return text[1:-1] if text.startswith('"') else text


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _at(given: Any, path: str) -> Any:
    for name in _steps(path):
        if not isinstance(given, dict) or name not in given:
            return None
        given = given[name]
    return given


def _steps(path: str) -> Iterator[str]:
    yield from path.split(".")
