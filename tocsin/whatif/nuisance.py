"""Alarms that wear people out: those that chatter, that come again and again, that never go (ISA-18.2)."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from rules.events import AlarmEvent
from tocsin.whatif.spans import Key, key_of

CHATTER: Final = 3
"""Raised so often within a minute, an alarm chatters: the convention beside ISA-18.2."""
CHATTER_MS: Final = 60_000
REPEATS: Final = 6
"""Raised so often within an hour, an alarm repeats: alone it takes up what one operator can. An engineering default."""
REPEATS_MS: Final = 3_600_000
STANDING_MS: Final = 86_400_000
"""An alarm that stands for longer is stale: ISA-18.2."""


@dataclass(slots=True)
class Record:
    """How the alarms of one key behaved. `most_*`: the most that were raised within such a time."""

    alarms: int = 0
    most_in_a_minute: int = 0
    most_in_an_hour: int = 0
    longest_ms: int = 0
    standing_ms: int = 0
    """The time that all of them stood, added up."""
    raised_ms: deque[int] = field(default_factory=deque)
    """When they were raised, in the last hour."""
    open_since_ms: int | None = None

    @property
    def chatters(self) -> bool:
        return self.most_in_a_minute >= CHATTER

    @property
    def repeats(self) -> bool:
        return self.most_in_an_hour >= REPEATS

    @property
    def stands(self) -> bool:
        return self.longest_ms > STANDING_MS

    @property
    def wearing(self) -> bool:
        """Whether it is any of these."""
        return self.chatters or self.repeats or self.stands

    def take(self, event: AlarmEvent) -> None:
        """Take an event of the key in."""
        if event.event == "raised":
            self.alarms += 1
            self.open_since_ms = event.at
            self.raised_ms.append(event.at)
            while event.at - self.raised_ms[0] > REPEATS_MS:
                self.raised_ms.popleft()
            self.most_in_an_hour = max(self.most_in_an_hour, len(self.raised_ms))
            in_a_minute = 0
            for at_ms in reversed(self.raised_ms):
                if event.at - at_ms > CHATTER_MS:
                    break
                in_a_minute += 1
            self.most_in_a_minute = max(self.most_in_a_minute, in_a_minute)
        elif event.event == "cleared":
            self.end(event.at)

    def end(self, at_ms: int) -> None:
        """What stands, stands until now."""
        if self.open_since_ms is not None:
            length_ms = max(0, at_ms - self.open_since_ms)
            self.longest_ms = max(self.longest_ms, length_ms)
            self.standing_ms += length_ms
            self.open_since_ms = None


class Watch:
    """Keeps a record of every key. Memory goes with the keys, not with the time."""

    def __init__(self) -> None:
        self.records: dict[Key, Record] = {}

    def take(self, events: Iterable[AlarmEvent]) -> None:
        """Take events in, in the order in which they happened."""
        for event in events:
            key = key_of(event)
            record = self.records.get(key)
            if record is None:
                record = self.records[key] = Record()
            record.take(event)

    def finish(self, end_ms: int) -> None:
        """The readings have ended."""
        for record in self.records.values():
            record.end(end_ms)
