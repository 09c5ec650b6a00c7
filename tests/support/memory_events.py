"""A feed of alarm events in memory, for tests of followers."""

from collections.abc import Sequence

from rules.events import AlarmEvent


class MemoryEvents:
    """A feed of events numbered 1, 2, 3, ..."""

    def __init__(self) -> None:
        self.events: list[AlarmEvent] = []

    @property
    def last_seq(self) -> int:
        return len(self.events)

    def events_since(self, cursor: int, limit: int) -> Sequence[tuple[int, AlarmEvent, int]]:
        chosen = self.events[cursor : cursor + limit]
        return [(cursor + i + 1, event, 0) for i, event in enumerate(chosen)]
