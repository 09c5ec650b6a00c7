"""What a test expected against what came."""

from collections.abc import Sequence
from dataclasses import dataclass

from rules.events import AlarmEvent
from rules.trial.runner import TrialRun
from rules.trial.schema import TrialForm, Unwanted, Wanted

_FIELDS = ("event", "rule", "subject", "side", "level", "severity")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Places in `expect` that nothing came for, events that nothing expected, events that were forbidden."""

    missing: tuple[Wanted, ...]
    unexpected: tuple[AlarmEvent, ...]
    forbidden: tuple[AlarmEvent, ...]

    @property
    def passed(self) -> bool:
        """Whether all came as expected."""
        return not (self.missing or self.unexpected or self.forbidden)


def judge(form: TrialForm, run: TrialRun) -> Verdict:
    """Each expected event takes one event that fits, so that as many as possible are served."""
    forbidden = tuple(event for event in run.events if any(_fits(event, unwanted) for unwanted in form.none))
    if form.expect is None:
        return Verdict((), (), forbidden)
    fitting = [
        [i for i, event in enumerate(run.events) if _fits(event, wanted) and _in_time(event, wanted, run.start_ms)]
        for wanted in form.expect
    ]
    taken_by = _assign(fitting)
    served = set(taken_by.values())
    missing = tuple(wanted for i, wanted in enumerate(form.expect) if i not in served)
    unexpected = [event for i, event in enumerate(run.events) if i not in taken_by and event not in forbidden]
    return Verdict(missing, () if form.others == "allowed" else tuple(unexpected), forbidden)


def off_by_ms(wanted: Wanted, verdict: Verdict, run: TrialRun) -> int | None:
    """How much later (or, negative, earlier) than wanted an event of this kind came; None where none came."""
    if wanted.at is None:
        return None
    off = [event.at - run.start_ms - wanted.at for event in verdict.unexpected if _fits(event, wanted)]
    return min(off, key=abs, default=None)


def _fits(event: AlarmEvent, pattern: Wanted | Unwanted) -> bool:
    return all((given := getattr(pattern, name)) is None or given == getattr(event, name) for name in _FIELDS)


def _in_time(event: AlarmEvent, wanted: Wanted, start_ms: int) -> bool:
    return wanted.at is None or abs(event.at - start_ms - wanted.at) <= wanted.within


def _assign(fitting: Sequence[Sequence[int]]) -> dict[int, int]:
    """Event -> expectation, as many as can be (augmenting paths, the earliest event first)."""
    taken: dict[int, int] = {}

    def serve(wanted: int, tried: set[int]) -> bool:
        for event in fitting[wanted]:
            if event not in tried:
                tried.add(event)
                if event not in taken or serve(taken[event], tried):
                    taken[event] = wanted
                    return True
        return False

    for wanted in range(len(fitting)):
        serve(wanted, set())
    return taken
