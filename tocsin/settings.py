"""tocsin.toml and TOCSIN_... variables, checked: unknown keys are errors with their line."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from alerts.channels.webhook import WebhookSettings
from ingest.source import SourceSettings
from plant.mistakes import InputError, Mistake
from tocsin.followers.influx import InfluxSettings
from tocsin.observe.http_server import listen_address

PREFIX = "TOCSIN_"

_NOT_SETTINGS = frozenset({"TOCSIN_CASES"})
"""Names the folder of shared test cases."""
_SEVERAL = frozenset({"mqtt", "webhook"})
"""Sections that may stand several times."""

Place = tuple[int | str, ...]
"""Where a key stands: ("http", "listen"), ("mqtt", 0, "url")."""

M = TypeVar("M", bound=BaseModel)


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class MqttSettings(Model):
    """One broker."""

    url: str
    """mqtt://host:port, or mqtts:// for TLS."""
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$")] = ""
    """What the broker is called in the log and in metrics; host and port where left out."""
    subscribe: Annotated[tuple[str, ...], Field(min_length=1)] = ("tocsin/v1/+/+/up",)
    client_id: Annotated[str, Field(min_length=1, max_length=65535)] = "tocsin"
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    adapter: Literal["gmqtt", "paho"] = "gmqtt"
    protocol: Literal["3.1.1", "5"] = "5"
    keepalive_s: Annotated[int, Field(ge=1, le=65535)] = 30

    @field_validator("url")
    @classmethod
    def _broker(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise ValueError("is no broker's address, allowed are mqtt://host:port and mqtts://host:port")
        if parts.password:
            raise ValueError("holds a password, allowed is password_file")
        return url

    @property
    def label(self) -> str:
        """The name of the source."""
        parts = urlsplit(self.url)
        return self.name or f"{parts.hostname}:{parts.port or (8883 if parts.scheme == 'mqtts' else 1883)}"

    def source(self) -> SourceSettings:
        """Settings of the source adapter. InputError if the password can't be read."""
        parts = urlsplit(self.url)
        tls = parts.scheme == "mqtts"
        return SourceSettings(
            name=self.label,
            host=parts.hostname or "",
            port=parts.port or (8883 if tls else 1883),
            subscribe=self.subscribe,
            client_id=self.client_id,
            protocol=5 if self.protocol == "5" else 4,
            tls=tls,
            ca_file=_text(self.ca_file),
            cert_file=_text(self.cert_file),
            key_file=_text(self.key_file),
            username=self.username or (unquote(parts.username) if parts.username else None),
            password=_secret(self.password_file),
            keepalive_s=self.keepalive_s,
        )


class HttpSettings(Model):
    listen: str = "127.0.0.1:9108"

    @field_validator("listen")
    @classmethod
    def _address(cls, listen: str) -> str:
        listen_address(listen)
        return listen


class BatchSettings(Model):
    """When the readings taken in become a batch: whichever comes first."""

    max_age_ms: Annotated[int, Field(ge=1, le=1000)] = 20
    max_readings: Annotated[int, Field(ge=1, le=1_000_000)] = 20_000
    max_bytes: Annotated[int, Field(ge=1024, le=1 << 30)] = 8 << 20
    max_payload_bytes: Annotated[int, Field(ge=64, le=256 << 20)] = 1 << 20
    """A longer message is set aside whole."""


class JournalSettings(Model):
    segment_bytes: Annotated[int, Field(ge=1 << 16)] = 256 << 20
    segment_s: Annotated[int, Field(ge=1)] = 3_600
    retention_days: Annotated[float, Field(gt=0)] = 30.0
    max_bytes: Annotated[int, Field(ge=1 << 20)] | None = None
    """Drop the oldest segments above this, unless a follower still needs them."""
    checkpoint_s: Annotated[float, Field(gt=0)] = 60.0


class Settings(Model):
    site: Path
    data: Path = Path("data")
    mqtt: tuple[MqttSettings, ...] = ()
    http: HttpSettings = HttpSettings()
    batch: BatchSettings = BatchSettings()
    journal: JournalSettings = JournalSettings()
    influx: InfluxSettings | None = None
    webhook: tuple[WebhookSettings, ...] = ()
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("mqtt", "webhook", mode="before")
    @classmethod
    def _one_or_several(cls, given: Any) -> Any:
        return [given] if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _names(self) -> Self:
        for what, names in (("mqtt", [m.label for m in self.mqtt]), ("webhook", [w.name for w in self.webhook])):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{what}: {', '.join(twice)} stands twice, give each a name of its own")
        return self


def settings_schema() -> dict[str, Any]:
    """JSON Schema of tocsin.toml."""
    return Settings.model_json_schema()


def read_settings(path: Path | None, environment: Mapping[str, str]) -> Settings:
    """The settings of a file, overlaid by TOCSIN_ variables. InputError with every mistake. Relative paths are
    relative to the file (to the working folder where there is none).
    """
    text, given = "", {}
    if path is not None:
        try:
            text = path.read_text(encoding="utf-8-sig")
            given = tomllib.loads(text)
        except OSError as error:
            raise InputError([Mistake(str(path), 1, "", f"can't be read: {error.strerror}")]) from None
        except UnicodeDecodeError:
            raise InputError([Mistake(str(path), 1, "", "is not UTF-8")]) from None
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"line (\d+)", str(error))
            raise InputError([Mistake(str(path), int(line[1]) if line else 1, "", f"is no TOML: {error}")]) from None
    variables = _overlay(given, environment)
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        raise InputError([_mistake(path, text, variables, dict(e)) for e in error.errors()]) from None
    return _absolute(settings, path.parent.resolve() if path is not None else Path.cwd())


def _overlay(given: dict[str, Any], environment: Mapping[str, str]) -> dict[Place, str]:
    """Put TOCSIN_MQTT__URL at mqtt.url and so on; returns which variable set which key."""
    found: dict[Place, str] = {}
    for name, value in sorted(environment.items()):
        if not name.startswith(PREFIX) or name in _NOT_SETTINGS:
            continue
        *sections, key = name.removeprefix(PREFIX).lower().split("__")
        table, place = _table(given, sections, name)
        table[key] = _value(name, key, value)
        found[*place, key] = name
    return found


def _table(given: dict[str, Any], sections: list[str], name: str) -> tuple[dict[str, Any], Place]:
    """The table that a variable's sections name, made where it is not there, and its place as pydantic tells it."""
    if not sections:
        return given, ()
    section, *numbers = sections
    if section not in _SEVERAL:
        tables = [given.setdefault(section, {})]
    elif isinstance(given.setdefault(section, [{}]), list):
        tables = given[section]
    else:
        tables = given[section] = [given[section]]
    if len(numbers) > (section in _SEVERAL) or not all(number.isdecimal() for number in numbers):
        raise InputError([Mistake(name, 1, "", "unknown key")])
    if not numbers and len(tables) != 1:
        several = f"there are {len(tables)} {section} sections, allowed is {PREFIX}{section.upper()}__0__... and so on"
        raise InputError([Mistake(name, 1, "", several)])
    nth = int(numbers[0]) if numbers else 0
    if nth == len(tables):
        tables.append({})
    if nth > len(tables) or not isinstance(tables[nth], dict):
        raise InputError([Mistake(name, 1, "", f"there is no {section} section of that number to add it to")])
    return tables[nth], (section, nth) if section in _SEVERAL else (section,)


def _value(name: str, key: str, text: str) -> Any:
    if key == "subscribe":
        return text.split(",")
    if key == "headers":
        pairs = [pair.partition("=") for pair in text.split(",")]
        if not all(equals for _, equals, _ in pairs):
            raise InputError([Mistake(name, 1, "", "is no list of headers, allowed is NAME=VALUE,NAME=VALUE")])
        return {header.strip(): content for header, _, content in pairs}
    return text


def _mistake(path: Path | None, text: str, variables: dict[Place, str], error: dict[str, Any]) -> Mistake:
    place: Place = tuple(error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = "unknown key"
    elif error["type"] == "missing":
        message = "is missing"
    column = ".".join(str(part) for part in place)
    if place in variables:
        return Mistake(variables[place], 1, column, message)
    return Mistake(str(path) if path else "settings", _line_of(text, place), column, message)


def _line_of(text: str, place: Place) -> int:
    """The line on which a key stands: the last of its path that can be found."""
    names = [part for part in place if isinstance(part, str)]
    if not names:
        return 1
    nth = next((part for part in place if isinstance(part, int)), 0)
    section, line, seen = "", 1, -1
    for number, content in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", content)
        if header:
            section = header[1]
            if section == names[0]:
                seen += 1
                line = number if seen == nth else line
        here = (not section and len(names) == 1) or (section == names[0] and seen == nth)
        if here and re.match(rf"\s*\"?{re.escape(names[-1])}\"?\s*=", content):
            return number
    return line


def _absolute(settings: Settings, base: Path) -> Settings:
    mqtt = tuple(_with_paths(m, base, "password_file", "ca_file", "cert_file", "key_file") for m in settings.mqtt)
    webhook = tuple(_with_paths(w, base, "secret_file", "ca_file") for w in settings.webhook)
    influx = _with_paths(settings.influx, base, "token_file", "ca_file") if settings.influx is not None else None
    whole = _with_paths(settings, base, "site", "data")
    return whole.model_copy(update={"mqtt": mqtt, "webhook": webhook, "influx": influx})


def _with_paths(model: M, base: Path, *names: str) -> M:
    given = {name: getattr(model, name) for name in names}
    return model.model_copy(update={name: base / path for name, path in given.items() if path is not None})


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _secret(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError([Mistake(str(path), 1, "", f"the password can't be read: {error}")]) from None
