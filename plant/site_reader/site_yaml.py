"""site.yaml: parsed, checked against its model, every mistake at its line."""

from difflib import get_close_matches
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from plant.marked_yaml import MarkedYaml, MarkedYamlError, load_marked
from plant.mistakes import Mistake
from plant.site_reader.cells import shown
from plant.site_settings import SiteSettings
from plant.time_zones import time_zone_mistake

FILE: Final = "site.yaml"

_LONGEST: Final = 1_000_000
_ALLOWED: Final = {
    "name": "text of 1 to 256 characters",
    "timezone": "an IANA name such as Asia/Shanghai",
    "centre": "[latitude, longitude] in degrees",
    "packs": "a list of pack names, [] for none",
}


def read_settings(text: str, mistakes: list[Mistake]) -> SiteSettings | None:
    """The settings of the site, or None when mistakes were added."""
    if len(text) > _LONGEST:
        mistakes.append(Mistake(FILE, 1, "", f"{len(text)} characters, allowed are at most {_LONGEST}"))
        return None
    try:
        document = load_marked(text)
    except MarkedYamlError as error:
        mistakes.append(Mistake(FILE, error.line, "", str(error)))
        return None
    if not isinstance(document.value, dict):
        what = "is empty" if document.value is None else "is not a map of keys"
        mistakes.append(Mistake(FILE, 1, "", f"{what}, needed are name: and timezone:"))
        return None
    before = len(mistakes)
    _check_timezone(document, mistakes)
    try:
        settings = SiteSettings.model_validate(document.value)
    except ValidationError as error:
        mistakes.extend(_mistake(details, document) for details in error.errors(include_url=False))
        return None
    return settings if len(mistakes) == before else None


def _mistake(details: ErrorDetails, document: MarkedYaml) -> Mistake:
    path = details["loc"]
    key = str(path[0])
    line = document.line_of(path)
    if details["type"] in ("extra_forbidden", "invalid_key"):
        near = get_close_matches(key[:40], _ALLOWED, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        return Mistake(
            FILE, line, key[:40] if key.isprintable() else "", f"unknown key, allowed are {', '.join(_ALLOWED)}{hint}"
        )
    if details["type"] == "missing" and len(path) == 1:
        return Mistake(FILE, line, key, f"this key is missing, allowed is {_ALLOWED[key]}")
    value = document.value[path[0]] if details["type"] in ("missing", "too_long") else details["input"]
    return Mistake(FILE, line, key, f"{shown(value)} can't be used, allowed is {_ALLOWED[key]}")


def _check_timezone(document: MarkedYaml, mistakes: list[Mistake]) -> None:
    name = document.value.get("timezone")
    if not isinstance(name, str) or not name.strip():
        return
    message = time_zone_mistake(name.strip())
    if message is not None:
        mistakes.append(Mistake(FILE, document.line_of(("timezone",)), "timezone", message))
