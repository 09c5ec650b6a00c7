"""Templates made into HTML. Every text is escaped, unless it is Html already."""

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from jinja2 import Environment

Lang = Literal["zh", "en"]


class MissingExtraError(ValueError):
    """A part that is installed as an extra is not there."""


class Html(str):
    """A piece of HTML that may stand in a page as it is."""

    __slots__ = ()

    def __html__(self) -> Self:
        return self


def render(template: str, **values: object) -> Html:
    """A template of this room, filled. MissingExtraError where jinja2 is not installed."""
    return Html(_environment().get_template(template).render(values))


def joined(parts: "list[Html]") -> Html:
    """Pieces one after the other."""
    return Html("\n".join(parts))


@cache
def _environment() -> "Environment":
    try:
        from jinja2 import DictLoader, Environment, StrictUndefined
    except ImportError:
        raise missing("jinja2") from None
    folder = resources.files("tocsin.pages") / "templates"
    texts = {file.name: file.read_text("utf-8") for file in folder.iterdir()}
    return Environment(
        loader=DictLoader(texts), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def missing(module: str) -> MissingExtraError:
    """The error to raise where a module of the extra can't be imported."""
    return MissingExtraError(f"a report needs {module}: pip install 'tocsin[reports]'")
