"""Alarms and overrides together, as the alarm book puts them: steps in, records, effects and what was told out."""

from msgspec.structs import replace

from alerts.fold import Step, fold
from alerts.kept import Kept
from alerts.overrides import Effect, Override, OverrideEnded, Overrides, Standing, Under
from alerts.place import Places
from alerts.record import AlarmRecord, NumberedEvent, Policy
from alerts.remark import Remark
from alerts.suppression import Release
from plant.entries import OverrideAction
from rules.events import AlarmEvent


class Desk:
    """`told` holds the ids of events in the order in which somebody was told; `effects` all that came of overrides."""

    def __init__(self, policy: Policy, places: Places) -> None:
        self.policy, self.places = policy, places
        self.in_force: Kept[Override] = Kept()
        self.standing: Kept[Standing] = Kept()
        self.overrides = Overrides(self.in_force, self.standing)
        self.records: dict[str, AlarmRecord] = {}
        self.events: dict[str, list[NumberedEvent]] = {}
        self.told: list[str] = []
        self.effects: list[Effect] = []
        self.refused: list[str] = []

    def restart(self) -> None:
        """Begin again from the kept rows, in another order."""
        self.in_force = Kept({o.id: o for o in sorted(self.in_force.values(), key=lambda o: o.id, reverse=True)})
        self.standing = Kept({a.alarm: a for a in sorted(self.standing.values(), key=lambda a: a.alarm, reverse=True)})
        self.overrides = Overrides(self.in_force, self.standing)

    def take(self, *steps: Step | OverrideAction) -> "Desk":
        for step in steps:
            at = step.received_at if isinstance(step, AlarmEvent) else step.received_at_ms
            self.clock(at - 1)
            if isinstance(step, OverrideAction):
                effects, refused = self.overrides.take(step, self.policy, self.places)
                self.refused += [refused] if refused else []
                self._apply(effects)
            else:
                self._fold(step, at)
        return self

    def clock(self, until: int) -> "Desk":
        # Due time by due time: what is told goes by what is quiet at that time.
        while (due := self.overrides.next_due) <= until:
            self._apply(self.overrides.pass_time(round(due), self.policy, self.places))
        return self

    def under(self, policy: Policy, at: int) -> "Desk":
        """Other rules come into force."""
        self.policy = policy
        self._apply(self.overrides.reconsider(at, policy, self.places))
        return self

    def ended(self) -> list[tuple[str, int, str]]:
        return [(e.override.id, e.at, e.override.ended_why) for e in self.effects if isinstance(e, OverrideEnded)]

    def names(self, alarm: str) -> list[str]:
        return [event.event.event for event in self.events[alarm]]

    def _fold(self, step: Step, at: int) -> None:
        before = self.records.get(step.alarm)
        was_quiet = self.overrides.is_quiet(step.alarm)
        after, events, refused = fold(before, step, self.policy)
        if after is None or refused is not None:
            self.refused.append(str(refused))
            return
        self.records[step.alarm] = after
        self.events.setdefault(step.alarm, []).extend(events)
        self._apply(self.overrides.on_change(before, after, step, at, self.policy, self.places))
        shelving = not isinstance(step, AlarmEvent) and step.action == "shelve"
        if not was_quiet and (shelving or not self.overrides.is_quiet(step.alarm)):
            self._tell(step.alarm, events)

    def _apply(self, effects: list[Effect]) -> None:
        self.effects += effects
        for effect in effects:
            if isinstance(effect, Under):
                record = self.records.get(effect.alarm)
                if record is not None:
                    over = effect.override
                    self.records[effect.alarm] = replace(
                        record, override=over.id if over else None, override_kind=over.kind if over else None
                    )
            elif isinstance(effect, Remark):
                after, events, refused = fold(self.records[effect.alarm], effect, self.policy)
                assert after is not None, refused
                assert refused is None
                self.records[effect.alarm] = after
                self.events[effect.alarm] += events
                if not self.overrides.is_quiet(effect.alarm):
                    self._tell(effect.alarm, events)
            elif isinstance(effect, Release):
                events = tuple(e for e in self.events[effect.alarm] if e.event.received_at <= effect.at)
                self._tell(effect.alarm, events)

    def _tell(self, alarm: str, events: tuple[NumberedEvent, ...]) -> None:
        told = set(self.told)
        self.told += [event.id for event in events if event.id not in told]
