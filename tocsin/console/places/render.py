"""The templates of pages about places, filled. Every text is escaped."""

from collections.abc import Callable
from functools import cache, partial
from importlib import resources
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from alerts.wording.figures import figure, local_time
from tocsin.console.colours import badge
from tocsin.console.page import PageContext
from tocsin.console.places.chart import LEVELS
from tocsin.console.places.colouring import because_words, inherent_badge, state_badge
from tocsin.console.places.kinds import point_kind, unit_kind
from tocsin.console.places.live_points import badges, qualities
from tocsin.console.places.words import SHARED


def renderer(context: PageContext) -> Callable[..., str]:
    """`render(template, **values)` in the words of the page and the time of the site.

    In a template `w(name, **fields)` is a text of the page or of all these pages; `figure`, `time`, `badge`,
    `state_badge`, `inherent_badge`, `point_kind`, `unit_kind` and `levels` are at hand.
    """
    language, zone = context.language, context.zone.key
    shared = SHARED.said(language)

    def words(name: str, **fields: object) -> str:
        return context.words(name, **fields) if name in context.words else shared(name, **fields)

    at_hand: dict[str, Any] = {
        "w": words,
        "figure": figure,
        "time": partial(local_time, zone=zone, form="%m-%d %H:%M:%S"),
        "badge": lambda severity, text="": Markup(badge(severity, language, text)),  # noqa: S704 - badge escapes
        "state_badge": lambda colour, count=0: Markup(state_badge(colour, language, count)),  # noqa: S704
        "inherent_badge": lambda colour: Markup(inherent_badge(colour, language)),  # noqa: S704
        "point_kind": partial(point_kind, language=language),
        "unit_kind": partial(unit_kind, language=language),
        "because": partial(because_words, language=language),
        "levels": LEVELS,
        "badges": badges(language),
        "qualities": qualities(language),
        "language": language,
    }
    return lambda template, **values: _environment().get_template(template).render(at_hand | values)


@cache
def _environment() -> Environment:
    folder = resources.files("tocsin.console.places") / "templates"
    texts = {file.name: file.read_text("utf-8") for file in folder.iterdir()}
    return Environment(
        loader=DictLoader(texts), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
