"""Which alarms wear people out, and the setting that would have calmed each at the least cost."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from plant.entries import Readings
from plant.site import Site
from rules.engine import Engine, make_plan
from rules.loader.rule_files import read_pack_rules
from rules.schema import AnyLevel, Rule
from tocsin.configuration import Configured
from tocsin.whatif.candidates import candidates
from tocsin.whatif.nuisance import Record, Watch
from tocsin.whatif.recording import Advance, Recording
from tocsin.whatif.spans import Key
from tocsin.whatif.trials import Subject, Trial, run_trials

MOST_TRIED: Final = 50
"""Candidates are tried for so many alarms, those raised most often first."""
_SEVERAL: Final = ("vote", "expression", "sequence")


@dataclass(slots=True)
class Advice:
    """One alarm that wears people out. `best` is None where nothing tried calms it; `why_none` says what is known."""

    key: Key
    record: Record
    trials: list[Trial] = field(default_factory=list)
    best: Trial | None = None
    why_none: str = ""


@dataclass(slots=True)
class Advices:
    """All of them, the one raised most often first. Times are ms since the epoch."""

    configured: Configured
    from_ms: int = 0
    end_ms: int = 0
    readings: int = 0
    advices: list[Advice] = field(default_factory=list)


def run_suggest(
    recording: Recording,
    configured: Configured,
    advance: Advance = lambda done, total: None,
    most_tried: int = MOST_TRIED,
) -> Advices:
    """Read the recording twice: to find the alarms, then to try candidates on their points."""
    found = Advices(configured)
    watch = _find(recording, configured, found, lambda done, total: advance(done, 2 * total))
    wearing = [(key, record) for key, record in watch.records.items() if record.wearing]
    wearing.sort(key=lambda item: (-item[1].alarms, -item[1].longest_ms, item[0]))
    rules = {rule.id: rule for rule in configured.rules}
    longest_on_s = pack_delays(configured.site)
    subjects: dict[Key, Subject] = {}
    for key, record in wearing:
        advice = Advice(key, record)
        found.advices.append(advice)
        rule, point = rules[key[0]], configured.site.points.get(key[1])
        if point is None or rule.condition.kind in _SEVERAL:
            advice.why_none = "a condition over several points: nothing was tried"
        elif len(subjects) >= most_tried:
            advice.why_none = f"nothing was tried: {most_tried} others are raised more often"
        else:
            tried = candidates(rule, point, key[2], record, longest_on_s.get(rule.id, {}))
            advice.trials = [Trial(candidate) for candidate in tried]
            subjects[key] = Subject(rule, point, key[2], record, advice.trials)
    if subjects:
        of_subjects = list(subjects.values())
        run_trials(recording, configured.site, of_subjects, lambda done, total: advance(total + done, 2 * total))
    for advice in found.advices:
        if advice.key in subjects:
            _choose(advice, rules[advice.key[0]])
    return found


def pack_delays(site: Site) -> dict[str, dict[AnyLevel, float]]:
    """By rule id the on-delays of the site's packs: a rule in the place of a pack's may not wait longer."""
    placed = read_pack_rules(Path(), site, [])
    return {p.rule.id: {level: p.rule.on_delay_of(level) for level in p.rule.levels} for p in placed}


def _find(recording: Recording, configured: Configured, found: Advices, advance: Advance) -> Watch:
    engine = Engine(make_plan(configured.site, configured.rules, recording.registry))
    watch = Watch()
    for entries in recording.entries(None, advance):
        found.from_ms = found.from_ms or entries[0].received_at_ms
        found.end_ms = entries[-1].received_at_ms
        found.readings += sum(len(entry.batch) for entry in entries if isinstance(entry, Readings))
        watch.take(engine.apply(entries))
    watch.finish(found.end_ms)
    return watch


def _choose(advice: Advice, rule: Rule) -> None:
    """The candidate that calms it and misses least, then delays least; of equal ones the first tried."""
    calm = [trial for trial in advice.trials if _calms(trial, advice.record)]
    if calm:
        advice.best = min(calm, key=lambda trial: (trial.missed, trial.quieter, trial.most_delay_ms))
    elif rule.condition.stale is not None and advice.record.stands:
        advice.why_none = "the point stays silent: find the cause"
    elif not advice.trials:
        advice.why_none = "no setting of this rule may be changed for it"
    elif advice.record.stands and not (advice.record.chatters or advice.record.repeats):
        advice.why_none = "the value itself stays beyond the limit: find the cause"
    else:
        advice.why_none = f"none of {len(advice.trials)} settings calms it: find the cause"


def _calms(trial: Trial, today: Record) -> bool:
    """What wore people out is over, and nothing else of the kind has come."""
    calmed = trial.record
    return not (calmed.chatters or calmed.repeats) and (not calmed.stands or _stood_anyway(today))


def _stood_anyway(today: Record) -> bool:
    return today.stands and (today.chatters or today.repeats)
