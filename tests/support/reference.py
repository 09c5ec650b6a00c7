"""A slow, obvious, scalar engine, written from the semantics sentence by sentence. The fast one must agree with it."""

import math
from collections import Counter
from collections.abc import Sequence

from support.reference_alarms import Alarm, Side, rank
from support.reference_conditions import applies, whole_ms
from support.reference_device import DEVICE_KINDS, calibration_and_drift, flapping
from support.reference_points import PROCESS_KINDS, PointState, Tracker
from support.reference_several import SEVERAL, Several, Subject, SubjectTracker, subjects_of_all
from support.reference_taking import taken, time_of

from plant.entries import Configuration, DeviceDown, Entry, Readings, SourceUp
from plant.quality import QUALITY_MASK, RETAINED, Quality
from plant.registry import PointRegistry
from plant.site import Point, Site
from rules.events import AlarmEvent
from rules.identity import alarm_id
from rules.schema import Rule


class Reference:
    """State after a prefix of the log. `apply` takes the next entry and returns the events that it brings about."""

    def __init__(self, site: Site, rules: Sequence[Rule], registry: PointRegistry) -> None:
        self.site, self.registry = site, registry
        self.points = {name: PointState(point) for name, point in site.points.items()}
        self.sides: dict[tuple[str, str, str], Side] = {}
        self.trackers: dict[tuple[str, str], Tracker] = {}
        self.of_point: dict[str, list[Tracker]] = {}
        self.clock: int | None = None
        self.clock_start = 0
        self.several = Several(site, self._change_of_subject, self._is_subject_active)
        self.events: list[AlarmEvent] = []
        self._configure(rules)

    def counters(self, point: str) -> Counter[str]:
        return self.points[point].counters

    def apply(self, entry: Entry, rules: Sequence[Rule] | None = None) -> list[AlarmEvent]:
        """Do one entry. With a Configuration the caller passes the rules that take effect."""
        self.events = []
        if self.clock is not None and entry.received_at_ms > self.clock:
            self.several.close(self.clock)
        self._instant_begins(entry.received_at_ms)
        if self.clock is None:
            self.clock_start = entry.received_at_ms - 1000
        elif entry.received_at_ms - self.clock > 2000:
            self._nobody_listened(entry.received_at_ms - self.clock)
        self.clock = entry.received_at_ms
        self._what_is_due(list(self.trackers.values()), stale_too=True)
        self._silence()
        calibration_and_drift(self)
        if isinstance(entry, Readings):
            self._take(entry)
        elif isinstance(entry, SourceUp):
            for state in self.points.values():
                if state.source in (None, entry.source):
                    state.source_up = entry.received_at_ms
        elif isinstance(entry, DeviceDown):
            self._device_down(entry)
        elif isinstance(entry, Configuration) and rules is not None:
            self.several.close(self.clock)
            self._configure(rules)
        return self.events

    def close(self) -> list[AlarmEvent]:
        """The log has ended, and with it the last instant."""
        self.events = []
        if self.clock is not None:
            self.several.close(self.clock)
        return self.events

    def _nobody_listened(self, gap_ms: int) -> None:
        """More than 2 s between two entries are no silence of the points: nobody listened (3.7)."""
        self.clock_start += gap_ms
        for state in self.points.values():
            for name in ("arrived", "arrived_usable", "source_up"):
                since = getattr(state, name)
                setattr(state, name, None if since is None else since + gap_ms)

    def _silence(self) -> None:
        """Several points, "Unknown": no usable reading for S by arrival."""
        for name, state in self.points.items():
            after = self.silent_after[name]
            since = self._usable_since(state)
            if not state.silent and after is not None and self.clock - since > after:
                self._is_silent(state, since + after)

    def _is_silent(self, state: PointState, t: int) -> None:
        state.known, state.silent = False, True
        member = ("", state.point.point)
        self.several.happened(("point", member), t, "known", (member, False, True))

    def _device_down(self, entry: DeviceDown) -> None:
        """The points' stale rules become true at once, and the points are unknown."""
        for name in {self.registry.id_of(number) for number in entry.points if number < len(self.registry)}:
            if name not in self.points:
                continue
            state = self.points[name]
            state.down = state.lost = True
            if not state.silent:
                self._is_silent(state, self.clock)
            for tracker in self.of_point.get(name, []):
                silent = tracker.kind == "stale" and self.sides[tracker.rule.id, name, ""].alarm is None
                if silent and self._is_in_hours(tracker, self.clock):
                    self._raise_stale(tracker, self.clock)

    def _usable_since(self, state: PointState) -> int:
        return max(x for x in (state.arrived_usable, state.source_up, self.clock_start) if x is not None)

    def _looked_at_anew(self, rules: Sequence[Rule]) -> None:
        """After a change of rules: points that no rule over several points looked at before."""
        looked_at = {p for of in subjects_of_all(self.site, rules).items() for p in self._points_of(*of, rules)}
        for name in looked_at - self.several.points:
            state = self.points[name]
            after = self.silent_after[name]
            too_long = after is not None and self.clock - self._usable_since(state) > after
            state.silent = too_long or state.down
            state.known = state.last is not None and state.last.quality != Quality.BAD and not state.silent

    @staticmethod
    def _points_of(rule_id: str, subjects: dict[str, Subject], rules: Sequence[Rule]) -> set[str]:
        kind = next(rule.condition.kind for rule in rules if rule.id == rule_id)
        return {point for subject in subjects.values() for point in subject.points} if kind in SEVERAL else set()

    def _silent_after(self, point: Point) -> int | None:
        after = [t.stale_after_ms for t in self.of_point.get(point.point, []) if t.kind == "stale"]
        if after:
            return min(after)
        return None if point.report == "on_change" else 3 * whole_ms(point.period_s)

    # Section 1.4, 3.7, 4.3: what the clock brings about

    def _what_is_due(self, trackers: list[Tracker], stale_too: bool) -> None:
        times: set[int] = set()
        for tracker in trackers:
            if tracker.kind == "stale":
                if stale_too and self._stale_due(tracker) is not None:
                    times.add(self._stale_due(tracker))
            elif tracker.runs_on_clock:
                times |= {d for s in tracker.levels.values() if (d := s.due()) is not None and d <= self.clock}
        for due in sorted(times):
            for tracker in trackers:
                if tracker.kind == "stale":
                    if stale_too and self._stale_due(tracker) == due:
                        self._raise_stale(tracker, due)
                elif tracker.runs_on_clock:
                    turning = [s for s in tracker.levels.values() if s.due() == due]
                    for state in turning:
                        state.on = state.raw
                    if turning:
                        self._decide(tracker, due)

    def _stale_due(self, tracker: Tracker) -> int | None:
        """When silence turned into an alarm that is not yet raised; None while it has not."""
        state = self.points[tracker.point.point]
        side = self.sides[tracker.rule.id, tracker.point.point, ""]
        if side.alarm is not None:
            return None
        arrived = state.arrived_usable if tracker.rule.condition.stale.of == "usable" else state.arrived
        since = max(x for x in (arrived, state.source_up, self.clock_start) if x is not None)
        after = tracker.stale_after_ms
        return since + after if self.clock - since > after else None

    def _is_in_hours(self, tracker: Tracker, t: int) -> bool:
        """Whether a rule is active by its hours; here every rule always is."""
        return True

    def _is_subject_active(self, tracker: SubjectTracker, t: int) -> bool:
        return True

    def _instant_begins(self, now: int) -> None:
        """Schedules note here how the points stood before."""

    def _raise_stale(self, tracker: Tracker, due: int) -> None:
        severities = [tracker.rule.severity_of("on")]
        pending = []
        for other in self.of_point.get(tracker.point.point, []):
            if other.rule.id != tracker.rule.id and other.kind in PROCESS_KINDS:
                for level, state in other.levels.items():
                    if state.raw:
                        pending.append(f"{other.rule.id}:{level}")
                        severities.append(other.rule.severity_of(level))
        severity = max(severities, key=lambda s: rank(s, "on"))
        self._change(tracker, "", due, (severity, "on"), tuple(sorted(pending)))

    # Sections 1.5 to 2: which readings are taken, and when

    def _take(self, entry: Readings) -> None:
        received = entry.received_at_ms
        rows: dict[str, list[tuple[int, str, float, int]]] = {}
        batch = entry.batch
        for number, measured, value, mark in zip(
            batch.point.tolist(),
            batch.measured_at_ms.tolist(),
            batch.value.tolist(),
            batch.quality.tolist(),
            strict=True,
        ):
            name = self.registry.id_of(number)
            if mark & RETAINED or name not in self.points:
                continue
            rows.setdefault(name, []).append(time_of(self.points[name], measured, received, value, mark & QUALITY_MASK))
        for name, readings in rows.items():
            state = self.points[name]
            for t, stamp, value, quality in sorted(readings, key=lambda reading: reading[0]):
                self._reading(state, entry, t, stamp, value, quality)
                self._what_is_due(self.of_point.get(name, []), stale_too=False)

    def _reading(self, state: PointState, entry: Readings, t: int, stamp: str, value: float, quality: int) -> None:
        received = entry.received_at_ms
        flapping(self, state, received)
        state.arrived, state.source, state.down = received, entry.source, False
        self._arrival(state.point.point, "any", received)
        found = taken(state, received, t, stamp, value, quality)
        if found is None:
            return
        state.last, stamp = found
        t = state.last.t
        finite, usable = math.isfinite(value), state.last.quality != Quality.BAD
        if usable:
            state.arrived_usable, state.usable_value = received, value
            state.known, state.silent, state.lost = True, False, False
            self.several.happened(("point", ("", state.point.point)), t, "reading", (state.point.point, value))
            self._arrival(state.point.point, "usable", received)
        for tracker in self.of_point.get(state.point.point, []):
            if tracker.kind == "clock":
                tracker.condition.stamp, tracker.condition.measured = stamp, t
                tracker.reading(received, value)
                self._decide(tracker, received)
            elif tracker.kind == "drift" and usable:
                tracker.condition.take(t, value)
            runs = finite if tracker.kind == "range" else usable and tracker.kind != "stale"
            if runs and tracker.kind not in DEVICE_KINDS:
                tracker.reading(t, value)
                self._decide(tracker, t)

    def _arrival(self, point: str, of: str, received: int) -> None:
        """3.7: false when such a reading arrives, at the entry's received_at."""
        for tracker in self.of_point.get(point, []):
            if tracker.kind == "stale" and tracker.rule.condition.stale.of == of:
                self._change(tracker, "", received, None)

    # Section 5: events

    def _tell(self, tracker: Tracker, t: int, levels: dict[str, bool]) -> None:
        key = (tracker.rule.id, tracker.point.point)
        for level, on in levels.items():
            if on != tracker.told.get(level, False):
                self.several.happened(("level", key), t, "level", (key, level, on))
        tracker.told = levels

    def _decide(self, tracker: Tracker, t: int) -> None:
        self._tell(tracker, t, {level: state.on for level, state in tracker.levels.items()})
        for side in sorted(tracker.sides):
            self._change(tracker, side, t, tracker.worst(side))

    def _change(
        self, tracker: Tracker, side: str, t: int, worst: tuple[str, str] | None, pending: tuple[str, ...] = ()
    ) -> None:
        if tracker.kind == "stale":
            self._tell(tracker, t, {"on": worst is not None})
        state = self.sides[tracker.rule.id, tracker.point.point, side]
        before = state.alarm
        change = state.change(t, worst, pending)
        if change is not None:
            ended = before.level if before is not None and change[0] == "downgraded" else None
            self._event(tracker, side, *change, decided_by=ended)

    def _change_of_subject(self, tracker: SubjectTracker, side: str, t: int, on: bool) -> None:
        given = getattr(tracker.rule.condition, tracker.kind)
        severity = given.degraded_severity if side == "degraded" else tracker.rule.severity_of("on")
        key = (tracker.rule.id, tracker.subject.name, side)
        change = self.sides[key].change(t, (severity, "on") if on else None)
        if change is not None:
            self._event(tracker, side, *change)

    def _event(
        self,
        tracker: Tracker | SubjectTracker,
        side: str,
        event: str,
        at: int,
        alarm: Alarm,
        reason: str = "",
        decided_by: str | None = None,
    ) -> None:
        rule, level = tracker.rule, decided_by or alarm.level
        self.events.append(
            AlarmEvent(
                event=event,
                alarm=alarm_id(rule.id, tracker.name, side, alarm.raised_at),
                rule=rule.id,
                version=rule.version,
                subject=tracker.name,
                side=side,
                enterprise=tracker.enterprise,
                level=alarm.level,
                severity=alarm.severity,
                at=at,
                value=tracker.value_of(level),
                limit=None if reason else tracker.limit_of(level),
                onset=None,
                historical=self.clock - at > whole_ms(rule.late_after_s),
                exercise=False,
                reason=reason,
                pending=alarm.pending,
                forecast=None if reason else tracker.crossing_of(level),
                raised_at=alarm.raised_at,
                received_at=self.clock,
            )
        )

    # Section 5.8: other rules

    def _configure(self, rules: Sequence[Rule]) -> None:
        before = self.trackers
        before_all: dict[tuple[str, str], Tracker | SubjectTracker] = {**self.trackers, **self.several.trackers}
        self.trackers = {}
        for rule in rules:
            for point in self.site.points.values():
                if rule.enabled and rule.condition.kind not in SEVERAL and applies(rule, point, self.site):
                    key = (rule.id, point.point)
                    self.trackers[key] = self._tracker(before.get(key), rule, point)
                    if key in before:
                        self._forget_pending(before[key], self.trackers[key])
        self.of_point = {}
        for tracker in self.trackers.values():
            self.of_point.setdefault(tracker.point.point, []).append(tracker)
            tracker.told = self._levels_on(tracker)
        self.silent_after = {name: self._silent_after(point) for name, point in self.site.points.items()}
        if self.clock is not None:
            self._looked_at_anew(rules)
        self.several.configure(
            rules,
            {name: state.known for name, state in self.points.items()},
            {name: state.silent for name, state in self.points.items()},
            {name: state.usable_value for name, state in self.points.items()},
            {key: tracker.told for key, tracker in self.trackers.items()},
        )
        now: dict[tuple[str, str], Tracker | SubjectTracker] = {**self.trackers, **self.several.trackers}
        for key, tracker in before_all.items():
            kept = now[key].sides if key in now else set()
            for side in sorted(tracker.sides - kept):
                change = self.sides[(*key, side)].change(self.clock, None)
                if change is not None:
                    self._event(tracker, side, *change, reason="rule_removed")
        for key, tracker in now.items():
            for side in tracker.sides:
                self.sides.setdefault((*key, side), Side())

    def _levels_on(self, tracker: Tracker) -> dict[str, bool]:
        if tracker.kind != "stale":
            return {level: state.on for level, state in tracker.levels.items()}
        side = self.sides.get((tracker.rule.id, tracker.point.point, ""))
        return {"on": side is not None and side.alarm is not None}

    @staticmethod
    def _tracker(old: Tracker | None, rule: Rule, point: Point) -> Tracker:
        """An unchanged rule goes on; a changed one starts anew but for the levels that are on."""
        if old is not None and old.rule == rule:
            return old
        new = Tracker(rule, point)
        if old is not None:
            for level, state in new.levels.items():
                state.on = level in old.levels and old.levels[level].on
        return new

    def _forget_pending(self, old: Tracker, new: Tracker) -> None:
        """What a stale alarm lists as pending means nothing to a rule that has become of another kind."""
        side = self.sides.get((new.rule.id, new.point.point, ""))
        goes_on = new.kind != "stale" and "" in new.sides
        if old.kind == "stale" and goes_on and side is not None and side.alarm is not None:
            side.alarm.pending = ()
