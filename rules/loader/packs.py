"""The rule packs that ship with the product: YAML beside the code, read like any rule file."""

from functools import cache
from importlib.resources import files

from rules.schema import RuleId

DEFAULT_PACKS: tuple[RuleId, ...] = ("data-health",)
"""What is switched on where site.yaml says nothing of packs."""

_FOLDER = files("rules") / "packs"


@cache
def pack_names() -> tuple[str, ...]:
    """The packs that there are, in alphabetical order."""
    return tuple(sorted(f.name.removesuffix(".yaml") for f in _FOLDER.iterdir() if f.name.endswith(".yaml")))


def pack_text(name: str) -> str:
    """The YAML text of a pack. KeyError if there is none of that name."""
    if name not in pack_names():
        raise KeyError(name)
    return (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
