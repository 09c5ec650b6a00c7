"""What answers are made of, and how the OpenAPI document knows them."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from tocsin.api.answers import problems

SHOWN: Final[dict[str, Any]] = {}
"""By the name of its schema, every type that an answer may be."""


class Form(msgspec.Struct, kw_only=True):
    """An answer, or a part of one."""


def returns(
    shown: Any, description: str, *mistakes: int, status: int = 200, example: Any = None
) -> dict[int | str, dict[str, Any]]:
    """The answers of an operation: this form, and the problems that it may end with."""
    name = shown.__name__
    SHOWN[name] = shown
    content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{name}"}}
    if example is not None:
        content["example"] = example
    found: dict[int | str, dict[str, Any]] = {
        status: {"description": description, "content": {"application/json": content}},
        **problems(*mistakes),
    }
    if status == 200:
        tag = {"description": "Strong; If-None-Match with it answers 304.", "schema": {"type": "string"}}
        found[200]["headers"] = {"ETag": tag}
        found[304] = {"description": "The caller has it already"}
    return found


def nothing(description: str, *mistakes: int) -> dict[int | str, dict[str, Any]]:
    """The answers of an operation that has nothing to tell."""
    return {204: {"description": description}, **problems(404, 409, *mistakes)}


def media(kind: str, description: str, *mistakes: int) -> dict[int | str, dict[str, Any]]:
    """The answers of an operation that gives something else than JSON."""
    schema: Mapping[str, Any] = {"type": "string"}
    return {200: {"description": description, "content": {kind: {"schema": schema}}}, **problems(*mistakes)}
