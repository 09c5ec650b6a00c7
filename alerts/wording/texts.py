"""Plain texts of a notice: one line, a short message, all there is to tell, and what is spoken."""

from collections.abc import Callable

from alerts.channels.port import Notice
from alerts.wording.digest import counted, in_order, listed
from alerts.wording.language import WORDS, language_of
from alerts.wording.measure import Measure, characters, clean, cut, utf8
from alerts.wording.saying import NAME_CHARACTERS, Row, Saying, marks_of

_SHORTER_NAMES = (NAME_CHARACTERS, 20, 8)


def title(notice: Notice, most: int = 200, measure: Measure = characters) -> str:
    """One line: marks, severity, enterprise, unit, subject, value against limit; or how many alarms of which colour."""
    language = language_of(notice)
    marks = marks_of(notice, language)
    if len(notice.items) > 1 or notice.more:
        return cut(marks + counted(notice, language), most, measure)
    saying = Saying(notice.first, language)
    for names in _SHORTER_NAMES:
        text = marks + headline(saying, names)
        if measure(text) <= most:
            return text
    return cut(marks + headline(saying, names, compact=True), most, measure)


def headline(saying: Saying, names: int = NAME_CHARACTERS, compact: bool = False) -> str:
    """The title of one item without its marks; names of enterprise and unit in at most so many characters."""
    where = " ".join(part for part in (saying.place(names), saying.about(compact)) if part)
    return saying.what() + (saying.words.colon + where if where else "")


def short_text(notice: Notice, most: int = 140, measure: Measure = characters, link: bool = True) -> str:
    """A message of few characters: the title, the time, how to answer, and what to do where there is room.

    Marks, severity, place and value stay longest; a link is whole or not there.
    """
    language = language_of(notice)
    words = WORDS[language]
    if len(notice.items) > 1 or notice.more:
        head = marks_of(notice, language) + counted(notice, language)
        first = in_order(notice, language)[0]
        tail = _tail(first, link)
        return listed(
            notice, language, head, tail, lambda s: s.line(12), lambda s: s.brief(), words.semicolon, most, measure
        )
    saying = Saying(notice.first, language)
    tail = _tail(saying, link)
    if measure(tail) > most // 2:
        tail = ""
    room = most - measure(tail)
    extras = [saying.time("%m-%d %H:%M"), saying.waiting(), saying.distance(), saying.by_whom(), saying.guidance()]
    text = title(notice, room, measure)
    for extra in extras:
        longer = f"{text}{words.comma}{extra}" if extra else text
        if measure(longer) <= room:
            text = longer
    return text.rstrip(" .。") + tail if tail else text


def full_text(notice: Notice, most: int | None = None, measure: Measure = utf8) -> str:
    """Everything, a line each; no longer than `most` where that is given."""
    language = language_of(notice)
    words = WORDS[language]
    if len(notice.items) > 1 or notice.more:
        head = marks_of(notice, language) + counted(notice, language)

        def line(saying: Saying) -> str:
            return f"- {saying.line()}" + (f" {saying.item.link}" if saying.item.link else "")

        return listed(notice, language, head, "", line, lambda s: f"- {s.brief()}", "\n", most, measure)
    saying = Saying(notice.first, language)
    link = saying.item.link
    ends = [saying.reply(), f"{saying.call_to_answer()}{words.colon}{link}" if link else ""]
    tail = "".join(f"\n{end}" for end in ends if end)
    return fitted(
        title(notice), saying.rows(), tail, lambda row: f"{row.label}{words.colon}{row.text}", "\n", most, measure
    )


def spoken(notice: Notice, most: int = 300) -> str:
    """Sentences for a voice: no marks, no links; at most so many characters, said twice where that fits."""
    language = language_of(notice)
    words = WORDS[language]
    first = words.exercise + words.spoken_exercise if notice.exercise else ""
    if len(notice.items) > 1 or notice.more:
        newline = words.stop if language == "zh" else ". "
        text = listed(
            notice, language, counted(notice, language), words.stop.rstrip(), lambda s: s.line(20),
            lambda s: s.brief(), newline, max(most - len(first), 20), characters,
        )  # fmt: skip
        return cut(first + text, most, characters)
    saying = Saying(notice.first, language)
    late = words.spoken_late if saying.late else ""
    sentences = [headline(saying, 20), saying.waiting(), saying.distance(), saying.guidance()]
    told = words.stop.join(sentence.rstrip(" .。") for sentence in sentences if sentence) + words.stop.rstrip()
    whole = f"{first}{late}{told}"
    twice = f"{whole}{'' if language == 'zh' else ' '}{words.spoken_twice}{told}"
    return twice if len(twice) <= most else cut(whole, most, characters)


def fitted(
    head: str,
    rows: list[Row],
    tail: str,
    shown: Callable[[Row], str],
    newline: str,
    most: int | None,
    measure: Measure,
) -> str:
    """Head, rows and tail; where they are too long, rows of the highest rank are left out first."""

    def text_of(kept: list[Row]) -> str:
        return newline.join([head, *(shown(row) for row in kept)]) + tail

    if most is None:
        return text_of(rows)
    for rank in (3, 2, 1, 0):
        kept = [row for row in rows if row.rank <= rank]
        if measure(text_of(kept)) <= most:
            return text_of(kept)
    if measure(tail) > most // 2:
        tail = ""
    essential = newline.join([head, *(shown(Row(row.label, clean(row.text, 20), 0)) for row in kept)])
    return cut(essential, most - measure(tail), measure) + tail


def _tail(saying: Saying, link: bool) -> str:
    """How to answer, at the end of a short message."""
    words = saying.words
    parts = [saying.reply(), saying.item.link if link else ""]
    told = [part for part in parts if part]
    return words.stop.rstrip() + " ".join(["", *told]) if told else ""
