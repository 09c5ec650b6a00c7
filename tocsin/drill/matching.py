"""Which alarm speaks of which incident. The definitions stand in docs/reference/drill.md."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from alerts.severity import severity_rank
from simulators import Truth
from tocsin.drill.alarms import Alarm
from tocsin.drill.ground import Ground

Judgement = Literal["explained", "mistaken", "false"]
"""`mistaken`: only a sensor's fault explains a process alarm."""


@dataclass(frozen=True, slots=True)
class AlarmVerdict:
    """What an alarm was worth."""

    alarm: Alarm
    sort: str
    judgement: Judgement
    incident: str | None
    """The incident that explains it."""


@dataclass(frozen=True, slots=True)
class TruthVerdict:
    """What was said of one incident at one point. Times are ms since the epoch."""

    truth: Truth
    spoke: dict[str, int]
    """By rule, when it first spoke of it: process rules of a process, instrument rules of a sensor's fault."""
    silent: tuple[str, ...]
    """Rules that could have spoken and did not."""
    mistaken: tuple[str, ...] = ()
    """Process rules that took a sensor's fault for real."""
    severity: str | None = None
    """The worst severity of all that was said."""

    @property
    def due(self) -> bool:
        """Whether somebody should have spoken."""
        return is_due(self.truth)

    @property
    def late(self) -> bool:
        """Whether the first to speak came after the scenario's `within_s`."""
        by = self.truth.speak_by
        return by is not None and self.first is not None and self.first[0] > by

    @property
    def mild(self) -> bool:
        """Whether all that was said was milder than the scenario says the danger is worth."""
        worth, worst = self.truth.severity, self.severity
        return worth is not None and worst is not None and severity_rank(worst) < severity_rank(worth)

    @property
    def first(self) -> tuple[int, str] | None:
        """(instant, rule) of whoever spoke first."""
        return min(((at, rule) for rule, at in self.spoke.items()), default=None)

    @property
    def delay_s(self) -> float | None:
        """Seconds from the instant at which a good rule speaks to the first that spoke; negative: before it."""
        return _delay_s(self.truth, None if self.first is None else self.first[0])

    @property
    def lead_s(self) -> float | None:
        """Seconds of warning before the danger; negative: after it. None: no danger, or nobody spoke."""
        return _lead_s(self.truth, None if self.first is None else self.first[0])

    def delay_of(self, rule: str) -> float | None:
        """The same for one rule."""
        return _delay_s(self.truth, self.spoke.get(rule))

    def lead_of(self, rule: str) -> float | None:
        """The same for one rule."""
        return _lead_s(self.truth, self.spoke.get(rule))


def match(
    truths: Sequence[Truth], alarms: Sequence[Alarm], ground: Ground, end_ms: int
) -> tuple[list[TruthVerdict], list[AlarmVerdict]]:
    """Judge the alarms of a run that ended at `end_ms`, and what was said of each incident at each point."""
    by_unit: dict[str, list[Truth]] = {}
    for truth in truths:
        if explains(truth):
            by_unit.setdefault(truth.unit, []).append(truth)
    near = {subject: _near(subject, by_unit, ground) for subject in {alarm.subject for alarm in alarms}}
    judged = [_judge(alarm, near[alarm.subject], ground, end_ms) for alarm in alarms]
    of_subject: dict[str, list[AlarmVerdict]] = {}
    for verdict in judged:
        of_subject.setdefault(verdict.alarm.subject, []).append(verdict)
    groups = [subject for subject in of_subject if subject not in ground.site.points]
    verdicts = []
    for truth in truths:
        subjects = [truth.point, *(group for group in groups if ground.covers(group, truth.point))]
        heard = [v for subject in subjects for v in of_subject.get(subject, ())]
        verdicts.append(_hear(truth, heard, ground, end_ms))
    return verdicts, judged


def is_due(truth: Truth) -> bool:
    """Whether somebody should speak of it: the readings show it, and the scenario does not say that it is nothing."""
    return truth.speak_at is not None and truth.say != "nothing"


def explains(truth: Truth) -> bool:
    """Whether alarms may come of it. A permit, a crowd without a limit, what the scenario calls nothing, may not."""
    return truth.sort == "instrument" or is_due(truth) or (truth.speak_at is None and truth.danger is not None)


def last_ms(truth: Truth, end_ms: int) -> int:
    """When nothing is left of an incident that matters: its end, or when the readings leave the danger."""
    if truth.sort == "process" and truth.speak_at is not None:
        return end_ms if truth.safe_at is None else max(truth.ended_at, truth.safe_at)
    return truth.ended_at


def _near(subject: str, by_unit: dict[str, list[Truth]], ground: Ground) -> list[Truth]:
    """The incidents that may explain an alarm on a subject: those of its unit, the ones at the very point first."""
    if subject in ground.site.points:
        found = by_unit.get(ground.site.points[subject].unit, [])
    else:
        found = [t for unit, of_unit in by_unit.items() if ground.in_unit(subject, unit) for t in of_unit]
    return sorted(found, key=lambda t: (not ground.covers(subject, t.point), t.started_at))


def _within(truth: Truth, ms: int, rule: str, ground: Ground, end_ms: int) -> bool:
    return truth.started_at <= ms <= last_ms(truth, end_ms) + ground.settle_ms(rule)


def _judge(alarm: Alarm, near: Iterable[Truth], ground: Ground, end_ms: int) -> AlarmVerdict:
    sort = ground.sort_of(alarm.rule, alarm.side)
    open_to = [t for t in near if _within(t, alarm.raised_at, alarm.rule, ground, end_ms)]
    at_it = [t for t in open_to if ground.covers(alarm.subject, t.point)]
    if sort == "instrument":
        # A process drives a sensor out of its range, and a vote is degraded by a neighbour's fault.
        found = next(iter([*(t for t in at_it if t.sort == "instrument"), *at_it]), None)
        return AlarmVerdict(alarm, sort, "false" if found is None else "explained", _name(found))
    process = next((t for t in open_to if t.sort == "process"), None)
    if process is not None:
        return AlarmVerdict(alarm, sort, "explained", process.incident)
    fault = next((t for t in at_it if t.sort == "instrument"), None)
    return AlarmVerdict(alarm, sort, "false" if fault is None else "mistaken", _name(fault))


def _hear(truth: Truth, heard: Iterable[AlarmVerdict], ground: Ground, end_ms: int) -> TruthVerdict:
    spoke: dict[str, int] = {}
    said: list[str] = []
    mistaken: set[str] = set()
    for verdict in heard:
        alarm = verdict.alarm
        at = _spoke_at(truth, verdict, ground, end_ms)
        if at is None:
            continue
        if verdict.sort == truth.sort:
            spoke[alarm.rule] = min(at, spoke.get(alarm.rule, at))
            said += [step.severity for step in alarm.steps]
        elif verdict.judgement == "mistaken":
            mistaken.add(alarm.rule)
    could: list[str] = []
    if truth.sort == "process" and is_due(truth):
        could = ground.could_speak(truth.point, truth.peak)
    silent = tuple(sorted(set(could) - set(spoke)))
    return TruthVerdict(truth, spoke, silent, tuple(sorted(mistaken)), max(said, key=severity_rank, default=None))


def _spoke_at(truth: Truth, verdict: AlarmVerdict, ground: Ground, end_ms: int) -> int | None:
    """When an alarm spoke of the incident: raised or upgraded while it went on, or standing from an earlier one.

    One that nothing explains does not count by standing there: else an alarm that never ends would hit everything.
    """
    alarm = verdict.alarm
    within = [ms for ms in alarm.spoke_at if _within(truth, ms, alarm.rule, ground, end_ms)]
    stood = alarm.raised_at < truth.started_at and verdict.judgement != "false"
    if stood and truth.speak_at is not None and alarm.stands_at(truth.speak_at):
        return min([truth.speak_at, *within])
    return min(within, default=None)


def _name(truth: Truth | None) -> str | None:
    return None if truth is None else truth.incident


def _delay_s(truth: Truth, at: int | None) -> float | None:
    return None if at is None or truth.speak_at is None else (at - truth.speak_at) / 1000.0


def _lead_s(truth: Truth, at: int | None) -> float | None:
    return None if at is None or truth.danger_at is None else (truth.danger_at - at) / 1000.0
