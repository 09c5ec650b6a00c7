"""When a disposal is due, and when time alone brings about something next (pure)."""

from alerts.disposal.machine import DisposalState
from alerts.disposal.record import Disposal
from alerts.disposal.schema import Deadline, DisposalRules


def due_times(deadline: Deadline, at: int) -> tuple[int, int]:
    """(assign by, close by) in ms, of a disposal that was opened at `at`."""
    return at + round(deadline.assign_s * 1000), at + round(deadline.close_s * 1000)


def next_at(record: Disposal, rules: DisposalRules, at: int) -> int | None:
    """When a deadline passes, a tier is to be told, or a closed disposal is past being reopened; not before `at`."""
    if record.state is DisposalState.CLOSED:
        return (record.closed_at or 0) + round(rules.reopen_within_s * 1000)
    if record.overdue == "":
        waits = record.state is DisposalState.OPEN
        return max(at, min(record.assign_by, record.close_by) if waits else record.close_by)
    times = []
    if record.tier < len(rules.overdue):
        missed = record.assign_by if record.overdue == "assign" else record.close_by
        times.append(missed + round(rules.overdue[record.tier].after_s * 1000))
    if record.overdue == "assign":
        times.append(record.close_by)
    return max(at, min(times)) if times else None
