"""Several items in one text: counted, those that must be named first, then as many as there is room for."""

from collections import Counter
from collections.abc import Callable, Sequence

from alerts.channels.port import Language, Notice
from alerts.severity import severity_rank
from alerts.wording.language import WORDS
from alerts.wording.measure import Measure, cut, cut_front
from alerts.wording.saying import Saying

_ABOUT_ALARMS = frozenset({"alarm", "repeat", "escalated", "late", "resolved"})


def counted(notice: Notice, language: Language) -> str:
    """Such as: 12 alarms (red 2, orange 10; 3 of them over)."""
    words = WORDS[language]
    sayings = [Saying(item, language) for item in notice.items]
    alarms = all(item.purpose in _ABOUT_ALARMS for item in notice.items)
    count = len(notice.items) + notice.more
    severities = Counter(saying.facts.severity for saying in sayings)
    by_severity = words.comma.join(
        f"{words.severity_name(severity)} {severities[severity]}"
        for severity in sorted(severities, key=severity_rank, reverse=True)
        if severity
    )
    over = sum(saying.over for saying in sayings)
    parts = [by_severity, words.of_which_over.format(count=over) if over else ""]
    detail = words.semicolon.join(part for part in parts if part)
    said = (words.several if alarms else words.several_notices).format(count=count)
    return said + (f"{words.left}{detail}{words.right}" if detail else "")


def in_order(notice: Notice, language: Language) -> list[Saying]:
    """Those that must be named, then the most severe, then the earliest."""
    sayings = [Saying(item, language) for item in notice.items]
    return sorted(sayings, key=lambda s: (not s.item.named, -severity_rank(s.facts.severity), s.item.at_ms))


def listed(
    notice: Notice,
    language: Language,
    head: str,
    tail: str,
    line: Callable[[Saying], str],
    brief: Callable[[Saying], str],
    newline: str,
    most: int | None,
    measure: Measure,
) -> str:
    """Head, a line for each item, how many more there are, and the tail; no longer than `most`.

    Those that must be named all are: by `brief`, and where even that is too long by the ends of that.
    """
    words = WORDS[language]
    sayings = in_order(notice, language)
    everything, whole_head = len(sayings) + notice.more, head
    if most is None:
        lines = [line(saying) for saying in sayings]
    else:
        head = cut(head, most // 2, measure)
        if measure(tail) > most // 3:
            tail = ""
        room = most - sum(measure(part) for part in (head, tail, newline, words.more.format(count=everything)))
        lines = _within(sayings, line, brief, newline, room, measure)
    more = everything - len(lines)
    text = newline.join([head, *lines, *([words.more.format(count=more)] if more else [])]) + tail
    return text if most is None or measure(text) <= most else cut(whole_head, most, measure)


def _within(
    sayings: Sequence[Saying],
    line: Callable[[Saying], str],
    brief: Callable[[Saying], str],
    newline: str,
    room: int,
    measure: Measure,
) -> list[str]:
    lines = _named([saying for saying in sayings if saying.item.named], line, brief, newline, room, measure)
    room -= sum(measure(newline + each) for each in lines)
    for saying in sayings[len(lines) :]:
        text = line(saying)
        room -= measure(newline + text)
        if room < 0:
            break
        lines.append(text)
    return lines


def _named(
    named: Sequence[Saying],
    line: Callable[[Saying], str],
    brief: Callable[[Saying], str],
    newline: str,
    room: int,
    measure: Measure,
) -> list[str]:
    """A line for each that must be named: the longest form in which all find room."""
    if not named:
        return []
    for form in (line, brief):
        lines = [form(saying) for saying in named]
        if sum(measure(newline + each) for each in lines) <= room:
            return lines
    share = room // len(named) - measure(newline)
    return [text for text in (cut_front(brief(saying), share, measure) for saying in named) if text]
