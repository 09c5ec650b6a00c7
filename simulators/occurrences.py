"""Incidents made concrete: every occurrence on every point that it hits, with its formula and its figures."""

from collections.abc import Iterator
from dataclasses import dataclass

from plant.site import Point, Site
from simulators.effects import Effect, Look, effect_of, is_touched
from simulators.family import range_of
from simulators.faults import LINK_S, Fault
from simulators.incident import Expect, Incident
from simulators.kinds import is_fault
from simulators.noise import key_of, keys_of, uniform
from simulators.scenario import Scenario
from simulators.targets import danger_of, is_low, magnitude_of, pool, targets

_VARY = 0.15
"""A repeated incident's magnitude varies by up to this fraction."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One incident on one point. Times in seconds after the start."""

    incident: str
    kind: str
    point: Point
    at_s: float
    end_s: float
    over_s: float
    """When nothing is left of it."""
    danger: float | None
    low: bool
    """Whether the danger is a value too low."""
    speak_after_s: float | None
    expect: Expect | None
    effect: Effect | None
    fault: Fault | None


def occurrences(scenario: Scenario, site: Site, seed: int, look: Look) -> Iterator[Occurrence]:
    """All occurrences of a scenario on a site, the process before the sensors: a stuck sensor holds what it showed."""
    for name, incident in sorted(scenario.named(), key=lambda item: is_fault(item[1].kind)):
        among = pool(incident, site)
        keys = keys_of(seed, [f"incident {name}"])
        for n, at_s in enumerate(_starts(incident, scenario.duration_s)):
            factor = 1.0 + _VARY * (2.0 * float(uniform(keys, n)[0]) - 1.0) if n else 1.0
            label = f"{name}.{n + 1}" if incident.every_s else name
            ranks: dict[str, int] = {}
            hit = [p for p in targets(incident, among, n) if is_touched(incident, p)]
            for nth, point in enumerate(hit):
                if is_fault(incident.kind):
                    yield _faulty(incident, label, point, at_s, seed, look)
                    continue
                rank = ranks.get(point.kind, 0)
                ranks[point.kind] = rank + 1
                share = factor * _share(nth) if incident.kind in _FADING else factor
                yield _disturbed(incident, label, point, rank, at_s, share, look)


_FADING = frozenset({"leak", "ember", "overfill", "bag_blinding"})
"""Kinds that a magnitude describes at the nearest point; a point further off sees less."""


def _starts(incident: Incident, duration_s: float) -> Iterator[float]:
    at_s = incident.at_s
    while at_s < duration_s:
        yield at_s
        if incident.every_s is None:
            return
        at_s += incident.every_s


def _share(rank: int) -> float:
    """The part of the magnitude that the unit's rank-th point gets: a detector further off sees less."""
    return 0.6**rank


def _disturbed(
    incident: Incident, name: str, point: Point, rank: int, at_s: float, factor: float, look: Look
) -> Occurrence:
    end_s = at_s + incident.for_s
    effect, tail_s = effect_of(incident, point, rank, at_s, factor, look)
    return Occurrence(
        incident=name,
        kind=incident.kind,
        point=point,
        at_s=at_s,
        end_s=end_s,
        over_s=end_s + tail_s,
        danger=danger_of(incident, point),
        low=is_low(incident, point),
        speak_after_s=incident.speak_after_s,
        expect=incident.expect,
        effect=effect,
        fault=None,
    )


def _faulty(incident: Incident, name: str, point: Point, at_s: float, seed: int, look: Look) -> Occurrence:
    low, high = range_of(point)
    amount = look.shown(point.point, at_s) if incident.kind == "stuck" else magnitude_of(incident, point)
    default = {"reboot": 0.3 * (high - low), "link": 0.0, "duplicate": 0.0, "dropout": 0.0}
    fault = Fault(
        kind=incident.kind,
        at_s=at_s,
        for_s=incident.for_s,
        amount=default.get(incident.kind, 0.0) if amount is None else amount,
        share=incident.share if incident.share is not None else _USUAL_SHARE.get(incident.kind, 0.5),
        slot_s=incident.rise_s or LINK_S,
        key=key_of(seed, f"fault {name} {point.point}"),
        rest=0.0 if point.kind == "gas.oxygen" else low,
        keeps=incident.keeps,
    )
    end_s = at_s + incident.for_s
    return Occurrence(
        incident=name,
        kind=incident.kind,
        point=point,
        at_s=at_s,
        end_s=end_s,
        over_s=end_s,
        danger=None,
        low=False,
        speak_after_s=incident.speak_after_s,
        expect=incident.expect,
        effect=None,
        fault=fault,
    )


_USUAL_SHARE = {"spikes": 0.02, "link": 0.5, "duplicate": 0.2, "out_of_order": 0.2}
