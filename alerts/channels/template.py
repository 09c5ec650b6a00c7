"""Texts with fields in braces, put in as the place needs it: in an address, a form, a JSON text (pure)."""

import re
from collections.abc import Callable, Mapping
from typing import Final, Literal
from urllib.parse import quote

import msgspec

BodyForm = Literal["json", "form", "text"]

_FIELD = re.compile(r"\{(\w+)\}")


def _in_json(value: str) -> str:
    return msgspec.json.encode(value).decode()[1:-1]


def _in_address(value: str) -> str:
    return quote(value, safe="")


def _as_it_is(value: str) -> str:
    return value


_ESCAPED: Final[dict[str, Callable[[str], str]]] = {"json": _in_json, "form": _in_address, "text": _as_it_is}


def unknown_fields(template: str, known: frozenset[str]) -> list[str]:
    """Names in braces that are no fields."""
    return sorted({name for name in _FIELD.findall(template) if name not in known})


def put_in(template: str, fields: Mapping[str, str], form: BodyForm) -> str:
    """The template with its fields, escaped for where they stand. Braces of JSON itself stay."""
    escaped = _ESCAPED[form]
    return _FIELD.sub(lambda found: escaped(fields.get(found[1], "")), template)


def in_address(template: str, fields: Mapping[str, str]) -> str:
    """An address with its fields, percent-encoded."""
    return put_in(template, fields, "form")


def in_header(template: str, fields: Mapping[str, str]) -> str:
    """A header with its fields, on one line."""
    return " ".join(put_in(template, fields, "text").split())


def at_path(form: object, path: str) -> str | None:
    """What stands in a JSON value under a dotted path (`data.code`, `results.0.id`), as text; None if nothing does."""
    here = form
    for step in path.split("."):
        if isinstance(here, dict) and step in here:
            here = here[step]
        elif isinstance(here, list) and step.isdecimal() and int(step) < len(here):
            here = here[int(step)]
        else:
            return None
    if isinstance(here, bool):
        return "true" if here else "false"
    return str(here) if isinstance(here, str | int | float) else None
