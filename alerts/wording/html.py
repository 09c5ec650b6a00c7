"""HTML of a notice, for mail: one page without scripts, images or outside resources."""

from html import escape
from typing import Final

from alerts.channels.port import Notice
from alerts.wording.digest import counted, in_order
from alerts.wording.language import language_of, words_of
from alerts.wording.saying import Saying, marks_of
from alerts.wording.texts import title

_COLOURS: Final = {"red": "#c62828", "orange": "#d9660a", "yellow": "#b58900", "blue": "#1565c0"}
_OVER: Final = "#2e7d32"
_UNKNOWN: Final = "#555555"
_CELL: Final = "padding:4px 12px 4px 0;vertical-align:top;text-align:left;font-weight:normal"


def html(notice: Notice, most_lines: int = 200) -> str:
    """A whole page. Of several items at most so many are listed, those that must be named first."""
    language = language_of(notice)
    words = words_of(notice)
    if len(notice.items) > 1 or notice.more:
        heading = marks_of(notice, language) + counted(notice, language)
        sayings = in_order(notice, language)
        named = sum(saying.item.named for saying in sayings)
        shown = sayings[: max(most_lines, named)]
        body = "".join(f"<li style='margin:6px 0'>{_line(saying)}</li>" for saying in shown)
        more = len(sayings) + notice.more - len(shown)
        rest = f"<p>{escape(words.more.format(count=more))}</p>" if more else ""
        content = f"<ul style='padding-left:20px'>{body}</ul>{rest}"
        colour = _colour(sayings[0])
    else:
        saying = Saying(notice.first, language)
        heading, colour = title(notice), _colour(saying)
        rows = "".join(
            f"<tr><th style='{_CELL};color:#555'>{escape(row.label)}</th>"
            f"<td style='{_CELL}'>{escape(row.text)}</td></tr>"
            for row in saying.rows()
        )
        reply = f"<p>{escape(saying.reply())}</p>" if saying.reply() else ""
        content = f"<table style='border-collapse:collapse'>{rows}</table>{reply}{_button(saying, colour)}"
    return (
        f"<!doctype html><html lang='{language}'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        f"<title>{escape(heading)}</title></head>"
        "<body style='margin:0;padding:16px;font:16px/1.5 sans-serif;color:#222;background:#fff'>"
        f"<h1 style='margin:0 0 12px;padding:10px 14px;font-size:18px;color:#fff;background:{colour}'>"
        f"{escape(heading)}</h1>{content}</body></html>"
    )


def _colour(saying: Saying) -> str:
    return _OVER if saying.over else _COLOURS.get(saying.facts.severity, _UNKNOWN)


def _line(saying: Saying) -> str:
    text = f"<span style='color:{_colour(saying)}'>&#9632;</span> {escape(saying.line())}"
    link = saying.item.link
    return text + (f" <a href='{escape(link)}'>{escape(saying.call_to_answer())}</a>" if _is_web(link) else "")


def _button(saying: Saying, colour: str) -> str:
    link = saying.item.link
    if not _is_web(link):
        return ""
    return (
        f"<p><a href='{escape(link)}' style='display:inline-block;padding:10px 18px;color:#fff;background:{colour};"
        f"text-decoration:none'>{escape(saying.call_to_answer())}</a></p>"
        f"<p style='font-size:13px;color:#555;word-break:break-all'>{escape(link)}</p>"
    )


def _is_web(link: str) -> bool:
    return link.startswith(("https://", "http://"))
