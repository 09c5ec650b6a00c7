"""What one step did to one alarm: what incidents, roll-up, telling and disposals go by (pure)."""

from typing import NamedTuple

from alerts.record import AlarmRecord, NumberedEvent
from plant.entries import OperatorAction, Position


class Change(NamedTuple):
    """An alarm before and after a step, and the events that came of it.

    `at` is the engine's clock at the step (ms). `quiet` says that nobody is to be told now: the alarm is held,
    suppressed by design, or under an override that withholds notices.
    """

    position: Position
    at: int
    before: AlarmRecord | None
    after: AlarmRecord
    events: tuple[NumberedEvent, ...]
    action: OperatorAction | None = None
    quiet: bool = False
