"""What the schema finds wrong with one rule, as mistakes at their lines, with what is allowed."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from plant.mistakes import Mistake
from rules.loader.rule_yaml import Items, Map
from rules.schema import Rule

_M = TypeVar("_M", bound=BaseModel)
_CONTAINERS: Final = ("dict[", "tuple[", "function-")
_ALLOWED: Final = {
    "string_type": "text (a number is put in quotes)",
    "float_type": "a number",
    "int_type": "a whole number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list [..]",
    "dict_type": "a map {..}",
    "model_type": "a map {..}",
}
_PATTERNS: Final = {
    r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$": "a time of the day as HH:MM",
    r"^\d{4}-\d{2}-\d{2}$": "a date as YYYY-MM-DD",
    r"^[A-Za-z0-9._-]{1,64}$": "1 to 64 of A-Z a-z 0-9 . _ -",
}


def validate_rule(node: Any, line: int, file: str, mistakes: list[Mistake]) -> Rule | None:
    """The rule that one item of `rules:` states, or None when mistakes were added."""
    if not isinstance(node, Map):
        mistakes.append(Mistake(file, line, "rules", f"{_shown(node)} can't be used, allowed is a map with id: ..."))
        return None
    return validate_map(Rule, node, file, mistakes)


def validate_map(model: type[_M], node: Map, file: str, mistakes: list[Mistake]) -> _M | None:
    """The model that a map states, or None when mistakes were added."""
    try:
        return model.model_validate(node)
    except ValidationError as error:
        found = {_mistake(details, node, file, model) for details in _of_one_branch(error, node)}
        mistakes.extend(sorted(found))
        return None


def line_of(node: Any, path: tuple[str | int, ...]) -> int:
    """The line of what stands at the path, or of the nearest thing around it."""
    line = int(getattr(node, "line", 1))
    for step in path:
        found = _child(node, step)
        if found is None:
            break
        node, line = found
    return line


def _child(node: Any, step: str | int) -> tuple[Any, int] | None:
    """What stands in a map or a list at one step, and its line."""
    if isinstance(node, Map) and isinstance(step, str) and step in node:
        return node[step], node.lines[step]
    if isinstance(node, Items) and isinstance(step, int) and step < len(node):
        return node[step], node.lines[step]
    return None


def _of_one_branch(error: ValidationError, node: Map) -> Iterator[ErrorDetails]:
    """Where a key takes a plain value or a map, pydantic speaks of both; keep what fits the value given."""
    for details in error.errors(include_url=False):
        path, context = details["loc"], details.get("ctx", {})
        if details["type"] == "too_short" and len(details["input"]) >= context["min_length"]:
            continue  # it is long enough; pydantic counts what is right in it
        if len(path) > 1 and path[0] in ("on_delay_s", "off_delay_s", "severity", "latch"):
            given_container = isinstance(node.get(str(path[0])), Map | Items)
            if str(path[1]).startswith(_CONTAINERS) != given_container:
                continue
        yield details


def _mistake(details: ErrorDetails, node: Map, file: str, of: type[BaseModel]) -> Mistake:
    path = _in_file(details["loc"], node)
    column = ".".join(str(step) for step in path)[:80]
    line = line_of(node, path)
    kind, context = details["type"], details.get("ctx", {})
    if kind == "extra_forbidden":
        allowed = _keys_at(path[:-1], of)
        near = get_close_matches(str(path[-1])[:40], allowed, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        return Mistake(file, line, column, f"unknown key, allowed are {', '.join(allowed)}{hint}")
    if kind == "missing":
        return Mistake(file, line, column, "this key is missing")
    if kind == "value_error":
        return Mistake(file, line, column, details["msg"].removeprefix("Value error, "))
    if kind == "literal_error":
        allowed_words = str(context["expected"]).replace("'", "").replace(" or ", ", ")
        return Mistake(file, line, column, f"{_shown(details['input'])} is unknown, allowed are {allowed_words}")
    if kind == "too_short":
        return Mistake(file, line, column, f"is empty, needed is at least {context['min_length']}")
    allowed_words = (
        _ALLOWED.get(kind)
        or _PATTERNS.get(str(context.get("pattern")))
        or details["msg"].removeprefix("Input should be ")
    )
    return Mistake(file, line, column, f"{_shown(details['input'])} can't be used, allowed is {allowed_words}")


def _in_file(path: tuple[str | int, ...], node: Map) -> tuple[str | int, ...]:
    """The path without what pydantic adds for branches of a union; a missing or wrong last key stays."""
    steps: list[str | int] = []
    here: Any = node
    for i, step in enumerate(path):
        found = _child(here, step)
        if found is not None:
            here = found[0]
            steps.append(step)
        elif step != "[key]" and i == len(path) - 1 and isinstance(here, Map) and _is_key(step):
            steps.append(step)
    return tuple(steps)


def _is_key(step: str | int) -> bool:
    return isinstance(step, str) and not step.startswith(_CONTAINERS) and "[" not in step


def _keys_at(path: tuple[str | int, ...], model: type[BaseModel]) -> list[str]:
    """The keys that the model at this path within `model` takes."""
    for step in path:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        if step in fields:
            model = next(_models_in(fields[str(step)].annotation), model)
    return [field.alias or name for name, field in model.model_fields.items()]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _shown(value: object) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
