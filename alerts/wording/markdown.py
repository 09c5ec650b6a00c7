"""Markdown of a notice, in the small part of it that chat robots show."""

from collections.abc import Callable
from typing import Final, NamedTuple

from alerts.channels.port import Notice
from alerts.wording.digest import counted, listed
from alerts.wording.language import language_of
from alerts.wording.measure import Measure, utf8
from alerts.wording.saying import Row, Saying, marks_of
from alerts.wording.texts import fitted, title

_HARMLESS: Final = str.maketrans("<>[]`*#|~", "＜＞［］'＊＃｜～")


def harmless(text: str) -> str:
    """Text that others wrote, so that it can't make links, mentions or tags.

    By characters that look alike: robots show backslashes.
    """
    return text.translate(_HARMLESS)


def _plain_colour(text: str, severity: str) -> str:
    return text


class Dialect(NamedTuple):
    """How a robot writes it."""

    heading: str = "### {}"
    newline: str = "\n"
    coloured: Callable[[str, str], str] = _plain_colour
    """(text, severity) -> the text in a colour."""


def markdown(
    notice: Notice,
    dialect: Dialect = Dialect(),  # noqa: B008 - immutable
    most: int | None = None,
    measure: Measure = utf8,
    *,
    heading: bool = True,
    button: bool = False,
) -> str:
    """Everything there is to tell; no longer than `most`. With `button` the link of a single item is left to that."""
    language = language_of(notice)
    marks = marks_of(notice, language)
    if len(notice.items) > 1 or notice.more:
        return listed(
            notice,
            language,
            dialect.heading.format(marks + harmless(counted(notice, language))) if heading else "",
            "",
            lambda saying: _line(saying, dialect),
            lambda saying: f"- {harmless(saying.brief())}",
            dialect.newline,
            most,
            measure,
        ).lstrip()
    saying = Saying(notice.first, language)

    def shown(row: Row) -> str:
        return f"**{row.label}**{saying.words.colon}{harmless(row.text)}"

    ends = [harmless(saying.reply()), "" if button else _link(saying.call_to_answer(), saying.item.link)]
    tail = "".join(dialect.newline + end for end in ends if end)
    head = marks + dialect.coloured(harmless(title(notice).removeprefix(marks)), saying.facts.severity)
    return fitted(
        dialect.heading.format(head) if heading else "", saying.rows(), tail, shown, dialect.newline, most, measure
    ).lstrip()


def _line(saying: Saying, dialect: Dialect) -> str:
    text = dialect.coloured(harmless(saying.line()), saying.facts.severity)
    link = saying.item.link
    return f"- {text}" + (f" {_link(saying.call_to_answer(), link)}" if link else "")


def _link(text: str, url: str) -> str:
    """A link, or nothing without an address. Brackets and spaces in it would end it early."""
    safe = url.replace("(", "%28").replace(")", "%29").replace(" ", "%20").replace("<", "%3C").replace(">", "%3E")
    return f"[{text}]({safe})" if url else ""
