"""What came of a commit, before it is written."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from alerts.audit import Audit
from alerts.call import Call, Withdrawal
from alerts.disposal.record import DisposalChanged
from alerts.incidents import Effect as IncidentEffect
from alerts.overrides import Override
from alerts.record import AlarmRecord, NumberedEvent
from alerts.risk import NodeChange
from alerts.suppression import Ended, Release, Suppressed
from plant.entries import Act, Configuration, Position
from rules.events import AlarmEvent

BookStep = AlarmEvent | Act | Configuration
"""What the engine decided, or an entry of the log that the engine does not decide."""


class Refusal(NamedTuple):
    """A step that changed nothing, and why."""

    position: Position
    step: BookStep
    reason: str


class WebhookNotice(NamedTuple):
    """An event that webhooks are told of, with its alarm as it stood then."""

    event: NumberedEvent
    record: AlarmRecord


class Results:
    """Lists in the order in which things came about."""

    def __init__(self) -> None:
        self.changed: dict[str, AlarmRecord] = {}
        self.told: list[tuple[Position, NumberedEvent, AlarmRecord]] = []
        self.refused: list[Refusal] = []
        self.audits: list[Audit] = []
        self.outbox: list[Call | Withdrawal] = []
        self.webhooks: list[WebhookNotice | Release] = []
        self.disposals: list[DisposalChanged] = []
        self.incidents: list[IncidentEffect] = []
        self.suppressions: list[Suppressed | Ended] = []
        self.overrides: list[Override] = []
        """Overrides that began or ended, as they are now."""
        self.risks: list[tuple[int, NodeChange]] = []
        self._found: dict[str, AlarmRecord | None] = {}

    def record(self, alarm: str, find: Callable[[str], AlarmRecord | None]) -> AlarmRecord | None:
        """An alarm as it stands now: changed by this commit, or as `find` has it."""
        if alarm in self.changed:
            return self.changed[alarm]
        if alarm not in self._found:
            self._found[alarm] = find(alarm)
        return self._found[alarm]

    def refuse(self, position: Position, step: BookStep, reason: str) -> None:
        self.refused.append(Refusal(position, step, reason))

    def incident(self, effects: Iterable[IncidentEffect]) -> None:
        self.incidents += effects

    def risk(self, at: int, changes: Iterable[NodeChange]) -> None:
        self.risks += [(at, change) for change in changes]
