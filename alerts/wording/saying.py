"""What is said of one item, in parts that every form of text is put together from."""

from typing import NamedTuple

from alerts.channels.port import Facts, Item, Language, Notice
from alerts.wording.facts import facts_of
from alerts.wording.figures import distance, local_time, with_unit
from alerts.wording.language import WORDS
from alerts.wording.measure import clean

NAME_CHARACTERS = 60
_SHORT_WORDS = 120
"""The words of a rule that are longer stand below the title, not in it."""

_OF_THE_ALARM = frozenset({"alarm", "late"})
_NOTHING_TO_ANSWER = frozenset({"resolved", "acknowledged", "neighbour", "test"})
_OVER = frozenset({"cleared", "closed", "reset"})
_TELLS_BY_WHOM = frozenset({"acknowledged", "escalated", "disposal", "overdue"})


class Row(NamedTuple):
    """A line with a label. What has the highest `rank` is left out first where the room is short; 0 stays."""

    label: str
    text: str
    rank: int


class Saying:
    """One item in one language."""

    def __init__(self, item: Item, language: Language) -> None:
        self.item = item
        self.facts: Facts = facts_of(item)
        self.words = WORDS[language]
        self._language = language

    @property
    def over(self) -> bool:
        """There is nothing more to do: the alarm has ended."""
        return self.item.purpose == "resolved" or (self.item.purpose in _OF_THE_ALARM and self.item.name in _OVER)

    @property
    def late(self) -> bool:
        return self.facts.historical or self.item.purpose == "late"

    def what(self) -> str:
        """Such as: red alarm."""
        words, item = self.words, self.item
        form = words.purposes.get(item.purpose) or words.events.get(item.name) or words.events["raised"]
        said = form.format(severity=words.severity_name(self.facts.severity)).strip()
        return said[:1].upper() + said[1:]

    def place(self, most: int = NAME_CHARACTERS) -> str:
        """Enterprise and unit."""
        names = (self.facts.enterprise_name, "" if self.item.purpose == "neighbour" else self.facts.unit_name)
        joined = " " if self._language == "zh" else ", "
        return joined.join(name for name in (clean(given, most) for given in names) if name)

    def about(self, compact: bool = False) -> str:
        """The subject in the words of the rule, where they are short, else with what it measures and its value."""
        facts, words = self.facts, self.words
        subject = clean(facts.subject_name, NAME_CHARACTERS)
        kind = words.kind_name(facts.kind)
        if self.item.purpose == "neighbour":
            return kind
        if compact:
            return " ".join(part for part in (subject, self.value()) if part)
        said = self.rule_words()
        if said and len(said) <= _SHORT_WORDS:
            return (said if subject in said else f"{subject} {said}") + self._against()
        return " ".join(part for part in (subject, kind, self.value()) if part)

    def rule_words(self) -> str:
        """What the rule (or the route) says in this language; in another one where it has no words in this."""
        texts = self.facts.text
        return clean(texts.get(self._language) or next(iter(texts.values()), ""))

    def value(self) -> str:
        """The value, held against its limit where there is one; empty without a value."""
        facts = self.facts
        if facts.value is None:
            return ""
        return with_unit(facts.value, facts.unit_symbol) + self._against()

    def _against(self) -> str:
        facts, words = self.facts, self.words
        if facts.value is None or facts.limit is None:
            return ""
        return words.left + words.against.format(limit=with_unit(facts.limit, facts.unit_symbol)) + words.right

    def time(self, form: str = "%Y-%m-%d %H:%M:%S") -> str:
        """When it happened, on the clocks of the site."""
        return local_time(self.item.at_ms, self.facts.zone, form)

    def waiting(self) -> str:
        """For how long nobody has answered; empty where that is not the point."""
        if self.item.purpose not in ("repeat", "escalated"):
            return ""
        return self.words.unanswered.format(span=self.words.span(self.item.at_ms - self.facts.raised_at_ms))

    def distance(self) -> str:
        """How far from a neighbour; empty where that is not known."""
        metres = self.item.distance_m
        return "" if metres is None else self.words.distance.format(distance=distance(metres))

    def by_whom(self) -> str:
        """Who did what, and why, where the event is an act of somebody."""
        acted = self.item.name in ("acknowledged", "shelved", "unshelved", "reset", "closed")
        return clean(self.facts.reason, 200) if acted or self.item.purpose in _TELLS_BY_WHOM else ""

    def guidance(self) -> str:
        """What to do; nothing where there is nothing to do."""
        if self.item.purpose == "neighbour":
            return self.words.neighbour_advice
        if self.over or self.item.purpose in _NOTHING_TO_ANSWER:
            return ""
        return clean(self.facts.guidance.get(self._language) or next(iter(self.facts.guidance.values()), ""))

    def call_to_answer(self) -> str:
        """What the link says."""
        to_answer = not self.over and self.item.purpose not in _NOTHING_TO_ANSWER
        return self.words.answer if to_answer else self.words.look

    def reply(self) -> str:
        """How to acknowledge by replying; empty where that is not offered."""
        code = self.item.reply_code
        return self.words.reply.format(code=code) if code and self.call_to_answer() == self.words.answer else ""

    def line(self, most: int = 30) -> str:
        """The item in a list of several."""
        parts = (self.place(most), self.about(), self.time("%m-%d %H:%M"))
        late = self.words.late if self.late else ""
        return late + self.what() + self.words.colon + " ".join(part for part in parts if part)

    def brief(self) -> str:
        """The least that names it."""
        return f"{self.words.severity_name(self.facts.severity)} {clean(self.facts.subject_name, NAME_CHARACTERS)}"

    def rows(self) -> list[Row]:
        """All that there is to tell, in the order of reading. Empty ones are left out."""
        facts, words = self.facts, self.words
        region = clean(facts.region_name, NAME_CHARACTERS)
        enterprise = clean(facts.enterprise_name, NAME_CHARACTERS)
        neighbour = self.item.purpose == "neighbour"
        kind = words.kind_name(facts.kind)
        subject = clean(facts.subject_name, NAME_CHARACTERS)
        said = self.rule_words()
        by_whom = self.by_whom()
        found = [
            Row(words.enterprise, f"{enterprise}{words.left}{region}{words.right}" if region else enterprise, 0),
            Row(words.unit, "" if neighbour else clean(facts.unit_name, NAME_CHARACTERS), 1),
            Row(words.subject, kind if neighbour else " ".join(part for part in (subject, kind) if part), 0),
            Row(words.value, "" if neighbour else self.value(), 0),
            Row(words.time, self.time(), 0),
            Row(words.waiting, words.comma.join(part for part in (self.waiting(), by_whom) if part), 0),
            Row(words.waiting, self.distance(), 0),
            Row(words.guidance, self.guidance(), 1),
            Row(words.rule_says, "" if neighbour else said, 2),
            Row(words.reason, "" if neighbour or by_whom else clean(facts.reason, 200), 3),
            Row(words.alarm, facts.alarm, 3),
        ]
        return [row for row in found if row.text]


def marks_of(notice: Notice, language: Language) -> str:
    """What every text begins with: that it is an exercise, that it is late."""
    words = WORDS[language]
    late = all(Saying(item, language).late for item in notice.items)
    return (words.exercise if notice.exercise else "") + (words.late if late else "")
