"""tocsin.toml and TOCSIN_... variables, checked: unknown keys are errors with their line."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from plant.mistakes import InputError, Mistake
from tocsin.settings.models import Settings
from tocsin.settings.wires import MappingWire

PREFIX = "TOCSIN_"

_NOT_SETTINGS = frozenset({"TOCSIN_CASES"})
"""Names the folder of shared test cases."""
_SEVERAL = frozenset({"mqtt", "wire", "tcp", "webhook", "channel"})
"""Sections that may stand several times."""

_INNER = frozenset({("console", "oidc")})
"""Sections within a section."""

_HEADER = re.compile(r"^\s*\[+\s*([^\]]+?)\s*\]+", re.MULTILINE)

Place = tuple[int | str, ...]
"""Where a key stands: ("http", "listen"), ("mqtt", 0, "url")."""

M = TypeVar("M", bound=BaseModel)


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
    if tuple(sections) in _INNER:
        outer, _ = _table(given, [section], name)
        return outer.setdefault(numbers[0], {}), tuple(sections)
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
    if key in ("subscribe", "topics"):
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
    if place[:1] in (("wire",), ("channel",)) and len(place) > 2:
        place = (*place[:2], *place[3:])  # pydantic puts the form or kind between the section and its key
    if error["type"] == "extra_forbidden":
        message = "unknown key"
    elif error["type"] == "missing":
        message = "is missing"
    elif error["type"] in ("union_tag_not_found", "union_tag_invalid"):
        key, what = ("kind", "channel") if place[:1] == ("channel",) else ("form", "wire form")
        place = (*place, key)
        missing = error["type"] == "union_tag_not_found"
        expected = "native, ..." if missing else error["ctx"]["expected_tags"].replace("'", "")
        message = f"is missing, allowed is the name of a {what}" if missing else f"is unknown, allowed are {expected}"
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
    headers = [header[1] for header in _HEADER.finditer(text)]
    depths = range(len(names) - 1, 1, -1) if tuple(names[:2]) in _INNER else ()
    wanted = next((name for depth in depths if (name := ".".join(names[:depth])) in headers), names[0])
    section, line, seen = "", 1, -1
    for number, content in enumerate(text.splitlines(), 1):
        header = _HEADER.match(content)
        if header:
            section = header[1]
            if section == wanted:
                seen += 1
                line = number if seen == nth else line
        here = (not section and len(names) == 1) or (section == wanted and seen == nth)
        if here and re.match(rf"\s*\"?{re.escape(names[-1])}\"?\s*=", content):
            return number
    return line


def _absolute(settings: Settings, base: Path) -> Settings:
    mqtt = tuple(_with_paths(m, base, "password_file", "ca_file", "cert_file", "key_file") for m in settings.mqtt)
    webhook = tuple(_with_paths(w, base, "secret_file", "ca_file") for w in settings.webhook)
    influx = _with_paths(settings.influx, base, "token_file", "ca_file") if settings.influx is not None else None
    answers = _with_paths(settings.answers, base, *_path_fields(settings.answers)) if settings.answers else None
    beside = {
        name: _with_paths(section, base, *_path_fields(section))
        for name in ("selftest", "heartbeat", "grafana", "kafka", "database")
        if (section := getattr(settings, name)) is not None
    }
    console = settings.console
    if console.oidc is not None:
        oidc = _with_paths(console.oidc, base, *_path_fields(console.oidc))
        console = console.model_copy(update={"oidc": oidc})
    wire = tuple(_with_paths(w, base, "mapping") if isinstance(w, MappingWire) else w for w in settings.wire)
    channel = tuple(_with_paths(c, base, *_path_fields(c)) for c in settings.channel)
    whole = _with_paths(settings, base, "site", "data")
    return whole.model_copy(
        update={
            "mqtt": mqtt,
            "wire": wire,
            "webhook": webhook,
            "channel": channel,
            "influx": influx,
            "answers": answers,
            "console": console,
            **beside,
        }
    )


def _path_fields(model: BaseModel) -> list[str]:
    """The fields of a section that name a file."""
    return [name for name in type(model).model_fields if isinstance(getattr(model, name), Path)]


def _with_paths(model: M, base: Path, *names: str) -> M:
    given = {name: getattr(model, name) for name in names}
    return model.model_copy(update={name: base / path for name, path in given.items() if path is not None})
