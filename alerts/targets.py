"""Whom an event concerns: the configured targets and what each wants to hear (pure)."""

from dataclasses import dataclass

from alerts.record import AlarmRecord
from alerts.severity import severity_rank


@dataclass(frozen=True, slots=True)
class Target:
    """One receiver of notices. `name` is its key in the outbox: keep it, and what is owed to it stays owed."""

    name: str
    min_severity: str = "blue"

    def wants(self, alarm: AlarmRecord) -> bool:
        """Whether an event of this alarm, as it stands after the event, goes to this target.

        Going by the worst severity so far, a target that heard of a red alarm also hears that it fell and ended.
        """
        return severity_rank(alarm.worst_severity) >= severity_rank(self.min_severity)
