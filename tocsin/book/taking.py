"""One commit under way: steps of the log and the passing of time, taken through all parts in order.

Nothing is written here; what came of it lies in `results` for tocsin.book.written. Waits end in order of their due
times, before the step that comes after them, so that the outcome does not depend on how the log is cut into commits.
"""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from alerts.audit import Audit
from alerts.call import Escalation
from alerts.change import Change
from alerts.disposal.record import DisposalChanged, Overdue
from alerts.disposal.record import Effect as DisposalEffect
from alerts.disposal.telling import overdue_calls
from alerts.fold import fold
from alerts.ground import Ground
from alerts.overrides import Effect as OverrideEffect
from alerts.overrides import Override, OverrideBegan, OverrideEnded, Under, why_not_theirs
from alerts.record import AlarmRecord, NumberedEvent
from alerts.remark import Remark
from alerts.risk import standing_of
from alerts.suppression import QUIETED, Release, Suppressed
from alerts.suppression import Effect as SuppressionEffect
from alerts.telling.telling import Effect as TellingEffect
from plant.entries import (
    Configuration,
    DisposalAction,
    NoticeAction,
    OperatorAction,
    OverrideAction,
    OwnCondition,
    Position,
)
from rules.events import AlarmEvent
from tocsin.book.parts import Parts
from tocsin.book.results import BookStep, Results, WebhookNotice
from tocsin.book.times import EntryTimes

Settle = Callable[[NoticeAction], str | None]
"""Takes an approval into the outbox; says why not."""


class Taking:
    """Make one for each commit."""

    def __init__(
        self,
        parts: Parts,
        ground: Ground,
        times: EntryTimes,
        find: Callable[[str], AlarmRecord | None],
        settle: Settle,
        results: Results,
    ) -> None:
        """`find` looks an alarm up in the book as it was before the commit."""
        self._parts = parts
        self._ground = ground
        self._times = times
        self._find = find
        self._settle = settle
        self.results = results
        self._released: set[str] = set()
        """Alarms that the step under way released."""
        self._reached: Position = 0
        """Where the last step stands: what follows from one that came late comes of no earlier entry."""

    def step(self, position: Position, step: BookStep) -> None:
        """Take one step. The waits that ended before it must have been ended (`pass_time`)."""
        refused: str | None = None
        self._reached = position
        self._released.clear()
        match step:
            case AlarmEvent():
                return self._event(position, step)
            case OperatorAction():
                refused = self._operator(position, step)
            case OverrideAction():
                refused = self._override(position, step)
            case DisposalAction():
                refused = self._disposal(position, step)
            case NoticeAction():
                refused = self._settle(step)
                if refused is None:
                    self._parts.telling.notice(step, self._ground.routing)
            case OwnCondition():
                refused = self._own(position, step)
            case Configuration():
                pass
        if refused is not None:
            self.results.refuse(position, step, refused)
        self.results.audits.append(Audit(position, step, refused or ""))
        return None

    def pass_time(self, until: int) -> None:
        """End the waits that are over at `until`, in order; of those of one time, in the order of the parts."""
        parts, ground = self._parts, self._ground
        policy, places = ground.policy, ground.places
        while (due := parts.next_due) <= until:
            at = int(due)
            position = max(self._times.entry_at(at), self._reached)
            if parts.overrides.next_due <= due:
                self._overridden(position, parts.overrides.pass_time(at, policy, places))
            elif parts.suppression.next_due <= due:
                self._suppressed(position, parts.suppression.pass_time(at, policy.above))
            elif parts.incidents.next_due <= due:
                self.results.incident(parts.incidents.pass_time(at))
            elif parts.telling.next_due <= due:
                self._tell(position, parts.telling.due(at, self.record, ground.place_of, ground.routing))
            else:
                self._disposed(position, parts.disposals.pass_time(at, ground.routes.disposal))

    def reconfigured(self, position: Position, at: int) -> None:
        """The ground is another than that of the commit before."""
        parts, ground = self._parts, self._ground
        self._overridden(position, parts.overrides.reconsider(at, ground.policy, ground.places))
        self._tell(position, parts.telling.reconfigured(ground.routing, at, ground.policy.never_suppress))

    def record(self, alarm: str) -> AlarmRecord | None:
        """The alarm as it stands now."""
        return self.results.record(alarm, self._find)

    def _event(self, position: Position, event: AlarmEvent) -> None:
        """What the engine decided, or Tocsin's watch over itself."""
        before, was_quiet = self.record(event.alarm), self._is_quiet(event.alarm)
        after, events, refused = fold(before, event, self._ground.policy)
        if refused is not None or after is None:
            self.results.refuse(position, event, refused or "")
            return
        self._put(position, event.received_at, after, events)
        self._follow(position, event.received_at, before, after, event)
        policy = self._ground.policy
        self._suppressed(
            position,
            self._parts.suppression.take(event, policy.above, is_above=policy.is_above(event.rule)),
        )
        self._changed(position, event.received_at, before, after, events, was_quiet=was_quiet)

    def _operator(self, position: Position, action: OperatorAction) -> str | None:
        """What a person did to one alarm."""
        before, was_quiet = self.record(action.alarm), self._is_quiet(action.alarm)
        after, events, refused = fold(before, action, self._ground.policy)
        if refused is None and after is not None and events:
            self._put(position, action.received_at_ms, after, events)
            self._follow(position, action.received_at_ms, before, after, action)
            self._changed(position, action.received_at_ms, before, after, events, action, was_quiet=was_quiet)
        return refused

    def _override(self, position: Position, action: OverrideAction) -> str | None:
        ground = self._ground
        if action.action == "set" and (refused := why_not_theirs(action, ground.routing.tier_of)) is not None:
            return refused
        taken = self._parts.overrides.take(action, ground.policy, ground.places)
        self._overridden(position, taken.effects)
        return taken.refused

    def _follow(
        self,
        position: Position,
        at: int,
        before: AlarmRecord | None,
        after: AlarmRecord,
        step: AlarmEvent | OperatorAction,
    ) -> None:
        """Take a step of an alarm to the overrides."""
        ground = self._ground
        self._overridden(
            position, self._parts.overrides.on_change(before, after, step, at, ground.policy, ground.places)
        )

    def _overridden(self, position: Position, effects: Sequence[OverrideEffect]) -> None:
        for effect in effects:
            match effect:
                case OverrideBegan(override) | OverrideEnded(override):
                    self.results.overrides.append(override)
                case Under(alarm, override, at):
                    self._under(position, alarm, override, at)
                case Remark():
                    self._remark(position, effect)
                case Release(alarm, at):
                    self._release(position, alarm, at)

    def _under(self, position: Position, alarm: str, override: Override | None, at: int) -> None:
        """The alarm's record says which override it is under; ladders that run for it stop."""
        record = self.record(alarm)
        if record is None:
            return
        id_and_kind = (override.id, override.kind) if override is not None else (None, None)
        record = replace(record, override=id_and_kind[0], override_kind=id_and_kind[1])
        self._put(position, at, record)
        if self._is_quiet(alarm):
            place, routing = self._ground.place_of(record), self._ground.routing
            change = Change(position, at, record, record, (), quiet=True)
            self._tell(position, self._parts.telling.take(change, place, routing))

    def _suppressed(self, position: Position, effects: Sequence[SuppressionEffect]) -> None:
        for effect in effects:
            if isinstance(effect, Release):
                self._release(position, effect.alarm, effect.at)
                continue
            self.results.suppressions.append(effect)
            record = self.record(effect.alarm)
            if record is not None:
                parent = effect.parent if isinstance(effect, Suppressed) else None
                self._put(position, effect.at, replace(record, suppressed_by=parent))

    def _is_quiet(self, alarm: str) -> bool:
        """Whether nobody is to be told of the alarm now."""
        return alarm in self._parts.suppression.quiet or self._parts.overrides.is_quiet(alarm)

    def _put(self, position: Position, at: int, record: AlarmRecord, events: Sequence[NumberedEvent] = ()) -> None:
        """The alarm as it is from now on."""
        results = self.results
        results.changed[record.alarm] = record
        results.told += [(position, event, record) for event in events]
        silence = self._ground.silent(record.rule)
        results.risk(at, self._parts.tree.take(record.alarm, standing_of(record, silence=silence)))

    def _disposal(self, position: Position, action: DisposalAction) -> str | None:
        record = self.record(action.alarm)
        place = self._ground.place_of(record) if record is not None else None
        contacts = self._ground.site.contacts or None  # a site that names nobody knows no better
        acted = self._parts.disposals.act(action, record, place, self._ground.routes.disposal, contacts)
        if acted.refused is None:
            self._disposed(position, acted.effects)
        return acted.refused

    def _own(self, position: Position, condition: OwnCondition) -> str | None:
        event = self._parts.own.take(condition)
        if event is not None:
            self._event(position, event)
        return None

    def _changed(
        self,
        position: Position,
        at: int,
        before: AlarmRecord | None,
        after: AlarmRecord,
        events: tuple[NumberedEvent, ...],
        action: OperatorAction | None = None,
        *,
        was_quiet: bool,
    ) -> None:
        """Take a step of an alarm through incidents, disposals and telling.

        What happens to an alarm that was quiet is not told, unless the step itself released it.
        """
        ground, parts = self._ground, self._parts
        record = self.record(after.alarm) or after
        quiet = self._is_quiet(record.alarm) or (was_quiet and record.alarm not in self._released)
        change = Change(position, at, before, record, events, action, quiet)
        place = ground.place_of(record)
        # What is silent is no event of the plant: it neither opens an incident nor is the first of one.
        if not (ground.silent(record.rule) and record.severity in QUIETED):
            self.results.incident(parts.incidents.take(change, place))
        self._disposed(position, parts.disposals.take(change, place, ground.routes.disposal))
        self._tell(position, parts.telling.take(change, place, ground.routing))
        # What a person did is told to webhooks also of an alarm that is quiet.
        if not quiet or (action is not None and record.alarm not in parts.suppression.quiet):
            self.results.webhooks += [WebhookNotice(event, record) for event in events]

    def _release(self, position: Position, alarm: str, at: int) -> None:
        """From now on the alarm is told of, unless something else keeps it quiet."""
        record = self.record(alarm)
        if record is None or self._is_quiet(alarm):
            return
        self._released.add(alarm)
        self.results.webhooks.append(Release(alarm, at))
        ground, parts = self._ground, self._parts
        place = ground.place_of(record)
        change = Change(position, at, record, record, ())
        self._disposed(position, parts.disposals.take(change, place, ground.routes.disposal))
        self._tell(position, parts.telling.released(record, place, at, ground.routing))

    def _tell(self, position: Position, effects: Sequence[TellingEffect]) -> None:
        for effect in effects:
            if isinstance(effect, Escalation):
                self._remark(position, Remark(effect.alarm, "escalated", effect.at, effect.reason))
            else:
                self.results.outbox.append(effect)

    def _disposed(self, position: Position, effects: Sequence[DisposalEffect]) -> None:
        ground = self._ground
        for effect in effects:
            match effect:
                case DisposalChanged(record):
                    self.results.disposals.append(effect)
                    severity = record.severity if record.overdue else None
                    self.results.risk(
                        effect.step.at,
                        self._parts.tree.overdue(record.latest, severity, record.subject, record.enterprise),
                    )
                case Overdue(alarm):
                    about = self.record(alarm)
                    disposal = self._parts.disposals.of(alarm)
                    if about is not None and disposal is not None:
                        place = ground.place_of(about)
                        self.results.outbox += overdue_calls(effect, about, disposal.severity, place, ground.routing)
                case Remark():
                    self._remark(position, effect)

    def _remark(self, position: Position, remark: Remark) -> None:
        """An event that neither the engine nor an action brought about. One that does not fit the alarm is dropped."""
        after, events, refused = fold(self.record(remark.alarm), remark, self._ground.policy)
        if refused is None and after is not None:
            self._put(position, remark.at, after, events)
            self.results.webhooks += [WebhookNotice(event, after) for event in events]
