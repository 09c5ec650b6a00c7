"""The table of wordings that each language fills in."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """All that texts say in one language. Braces are fields; marks end with the space that they need."""

    exercise: str
    late: str
    severity: Mapping[str, str]
    level: Mapping[str, str]
    kinds: Mapping[str, str]
    """By the longest beginning of the point's kind."""
    events: Mapping[str, str]
    """By the event's name, with {severity}: for word of the alarm itself."""
    purposes: Mapping[str, str]
    """By purpose, with {severity}: where it is about more than the event."""
    several: str
    """{count} alarms."""
    several_notices: str
    """{count} of different purposes."""
    of_which_over: str
    more: str
    """{count} that are not listed."""
    against: str
    """The limit that the value was held against."""
    unanswered: str
    """For {span} nobody has answered."""
    distance: str
    neighbour_advice: str
    reply: str
    """Reply {code}."""
    answer: str
    """What a link or button says that leads to acknowledging."""
    look: str
    """What it says where nothing is to be answered."""
    seconds: str
    minutes: str
    hours: str
    days: str
    enterprise: str
    unit: str
    subject: str
    value: str
    time: str
    rule_says: str
    reason: str
    guidance: str
    waiting: str
    alarm: str
    spoken_exercise: str
    spoken_late: str
    spoken_twice: str
    colon: str
    comma: str
    semicolon: str
    stop: str
    left: str
    right: str

    def severity_name(self, severity: str) -> str:
        return self.severity.get(severity, severity)

    def kind_name(self, kind: str) -> str:
        """What a point of this kind measures; empty for kinds of the site's own."""
        found = [known for known in self.kinds if kind == known or kind.startswith(f"{known}.")]
        return self.kinds[max(found, key=len)] if found else ""

    def span(self, ms: float) -> str:
        """A length of time in the largest unit of which it has two or more."""
        for name, unit_ms in ((self.days, 86_400_000), (self.hours, 3_600_000), (self.minutes, 60_000)):
            if ms >= 2 * unit_ms:
                return name.format(n=round(ms / unit_ms))
        return self.seconds.format(n=max(0, round(ms / 1000)))
