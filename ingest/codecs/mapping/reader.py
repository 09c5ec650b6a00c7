"""Reads a mapping file; every mistake at once, each with its line."""

from pathlib import Path
from typing import Final

from pydantic import ValidationError

from ingest.codecs.mapping.codec import MappingCodec
from ingest.codecs.mapping.schema import Mapping
from plant.marked_yaml import MarkedYamlError, load_marked
from plant.mistakes import InputError, Mistake

_LARGEST_BYTES: Final = 1_000_000


def read_mapping(path: Path) -> MappingCodec:
    """A codec by the file. Raises InputError."""
    file = str(path)
    try:
        content = path.read_bytes()
        if len(content) > _LARGEST_BYTES:
            raise InputError([Mistake(file, 1, "", f"{len(content)} bytes, allowed are at most {_LARGEST_BYTES}")])
        marked = load_marked(content.decode("utf-8-sig"))
    except OSError as error:
        raise InputError([Mistake(file, 1, "", f"can't be read: {error.strerror}")]) from None
    except UnicodeDecodeError:
        raise InputError([Mistake(file, 1, "", "is not UTF-8")]) from None
    except MarkedYamlError as error:
        raise InputError([Mistake(file, error.line, "", str(error))]) from None
    try:
        return MappingCodec(Mapping.model_validate(marked.value))
    except ValidationError as error:
        mistakes = []
        errors = error.errors()
        inside = {wrong["loc"][:-1] for wrong in errors} | {wrong["loc"][:-2] for wrong in errors}
        for wrong in errors:
            if wrong["type"] == "too_short" and wrong["loc"] in inside:
                continue  # its elements are there, only wrong
            place = tuple(step for step in wrong["loc"] if isinstance(step, str | int))
            message = {"extra_forbidden": "unknown key", "missing": "is missing"}.get(wrong["type"], wrong["msg"])
            column = ".".join(str(step) for step in place)
            mistakes.append(Mistake(file, marked.line_of(place), column, message.removeprefix("Value error, ")))
        raise InputError(mistakes) from None
