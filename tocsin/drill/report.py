"""The outcome of a drill as one object, and as JSON: what `--json` writes and `--compare` reads."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from plant.mistakes import InputError, Mistake
from tocsin.drill.library import Stage
from tocsin.drill.matching import TruthVerdict
from tocsin.drill.run import Run
from tocsin.drill.score import RuleScore, Score, Spread, across_seeds, incidents, rule_scores, score

FORMAT: Final = "tocsin-drill"
VERSION: Final = 1


class Unheard(msgspec.Struct, frozen=True):
    """An incident at a point, or a sensor's fault, of which nobody spoke. Times are ms since the epoch."""

    scenario: str
    seed: int
    incident: str
    kind: str
    enterprise: str
    unit: str
    point: str
    sort: str
    speak_at: int
    danger_at: int | None
    incident_missed: bool
    """Nobody spoke of the incident at any other of its points either."""
    silent: tuple[str, ...]


class Unfounded(msgspec.Struct, frozen=True):
    """An alarm that nothing explains, or that only a sensor's fault explains."""

    scenario: str
    seed: int
    rule: str
    subject: str
    side: str
    level: str
    severity: str
    raised_at: int
    sort: str
    judgement: str
    incident: str | None


class ScenarioScore(msgspec.Struct, frozen=True):
    scenario: str
    description: str
    duration_s: float
    score: Score
    across_seeds: dict[str, Spread]


class Drill(msgspec.Struct, frozen=True):
    """A drill's outcome."""

    site: str
    digest: str
    """SHA-256 of the configuration of the first scenario's site: which rules were drilled."""
    seeds: tuple[int, ...]
    readings: int
    total: Score
    across_seeds: dict[str, Spread]
    scenarios: tuple[ScenarioScore, ...]
    rules: tuple[RuleScore, ...]
    unheard: tuple[Unheard, ...]
    unfounded: tuple[Unfounded, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    live: bool = False
    format: str = FORMAT
    version: int = VERSION


def drill_of(
    stages: Sequence[Stage],
    played: Sequence[Sequence[Run]],
    left_out: Sequence[tuple[str, str]] = (),
    *,
    live: bool = False,
) -> Drill:
    """Put the runs of each stage together. `live`: they went through a running service."""
    runs = [run for of_stage in played for run in of_stage]
    configured = stages[0].configured()
    return Drill(
        site="; ".join(dict.fromkeys(stage.configured().site.name for stage in stages)),
        digest=configured.digest,
        seeds=tuple(sorted({run.seed for run in runs})),
        readings=sum(run.readings for run in runs),
        total=score(runs),
        across_seeds=across_seeds(runs),
        scenarios=tuple(
            ScenarioScore(stage.name, stage.description, stage.duration_s, score(of_stage), across_seeds(of_stage))
            for stage, of_stage in zip(stages, played, strict=True)
        ),
        rules=tuple(
            rule_scores(
                [(run, stage.ground()) for stage, of_stage in zip(stages, played, strict=True) for run in of_stage]
            )
        ),
        unheard=tuple(unheard for run in runs for unheard in _unheard(run)),
        unfounded=tuple(unfounded for run in runs for unfounded in _unfounded(run)),
        left_out=tuple(left_out),
        live=live,
    )


def write_json(drill: Drill, path: Path) -> None:
    """Write the outcome as one JSON object, indented."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(drill), indent=1) + b"\n")


def read_json(path: Path) -> Drill:
    """Read what `write_json` wrote. InputError if it is something else, or of a later version."""
    try:
        data = path.read_bytes()
        head = msgspec.json.decode(data, type=_Head)
        if head.format != FORMAT:
            raise InputError([Mistake(str(path), 1, "format", f"is not the outcome of a drill ({FORMAT})")])
        if head.version != VERSION:
            message = f"is {head.version}, this program reads {VERSION}; let both drills be of one version"
            raise InputError([Mistake(str(path), 1, "version", message)])
        return msgspec.json.decode(data, type=Drill)
    except msgspec.MsgspecError as error:
        raise InputError([Mistake(str(path), 1, "", f"is not the outcome of a drill: {error}")]) from None


class _Head(msgspec.Struct):
    format: str = ""
    version: int = 0


def _unheard(run: Run) -> list[Unheard]:
    missed = {group[0].truth.incident for group in incidents(run) if not any(v.spoke for v in group)}
    return [_entry(run, v, v.truth.incident in missed) for v in run.truths if v.due and not v.spoke]


def _entry(run: Run, verdict: TruthVerdict, missed: bool) -> Unheard:
    truth = verdict.truth
    assert truth.speak_at is not None  # noqa: S101 - the caller asks for what is due
    return Unheard(
        scenario=run.scenario,
        seed=run.seed,
        incident=truth.incident,
        kind=truth.kind,
        enterprise=truth.enterprise,
        unit=truth.unit,
        point=truth.point,
        sort=truth.sort,
        speak_at=truth.speak_at,
        danger_at=truth.danger_at,
        incident_missed=missed,
        silent=verdict.silent,
    )


def _unfounded(run: Run) -> list[Unfounded]:
    return [
        Unfounded(
            scenario=run.scenario,
            seed=run.seed,
            rule=v.alarm.rule,
            subject=v.alarm.subject,
            side=v.alarm.side,
            level=v.alarm.steps[0].level,
            severity=v.alarm.steps[0].severity,
            raised_at=v.alarm.raised_at,
            sort=v.sort,
            judgement=v.judgement,
            incident=v.incident,
        )
        for v in run.alarms
        if v.judgement != "explained"
    ]
