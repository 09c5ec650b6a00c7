"""Alarms put together from their events: from raised to cleared."""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.events import AlarmEvent


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm of a run. Times are ms since the epoch."""

    alarm: str
    rule: str
    subject: str
    side: str
    steps: tuple[AlarmEvent, ...]
    """Its events, in the order in which they happened; the first one is `raised`."""
    cleared_at: int | None
    """None: it stood at the end."""

    @property
    def raised_at(self) -> int:
        return self.steps[0].at

    @property
    def spoke_at(self) -> list[int]:
        """When it asked for attention: raised, and each upgrade."""
        return [event.at for event in self.steps if event.event in ("raised", "upgraded")]

    def stands_at(self, ms: int) -> bool:
        """Whether it is raised and not cleared at an instant."""
        return self.raised_at <= ms and (self.cleared_at is None or self.cleared_at > ms)


def alarms_of(events: Iterable[AlarmEvent]) -> list[Alarm]:
    """The alarms of a run, in order of (raised at, rule, subject, side)."""
    steps: dict[str, list[AlarmEvent]] = {}
    for event in events:
        if event.event in ("raised", "upgraded", "downgraded", "cleared"):
            steps.setdefault(event.alarm, []).append(event)
    alarms = [
        Alarm(alarm, s[0].rule, s[0].subject, s[0].side, tuple(s), s[-1].at if s[-1].event == "cleared" else None)
        for alarm, s in steps.items()
    ]
    return sorted(alarms, key=lambda a: (a.raised_at, a.rule, a.subject, a.side))
