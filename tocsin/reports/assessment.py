"""The report of assessment: regions, parks and enterprises ranked by how well they are watched and how they answer."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np

from alerts.kpi.assessment import WEIGHTS, Assessed, Kind, Measured, assess
from alerts.kpi.columns import NEVER, Period
from alerts.kpi.disposing import is_closed_loop, is_missed
from plant.site import Site
from tocsin.database import Database
from tocsin.reports.coverage import Coverage
from tocsin.reports.disposal import disposals_of
from tocsin.reports.kpi import columns_of, in_period
from tocsin.reports.scope import Scope, members_of

WITHIN_MS: Final = 600_000
"""An alarm acknowledged so soon counts as answered in time: our own choice, from no standard."""

KINDS: Final[tuple[Kind, ...]] = ("region", "park", "enterprise")


class Assessment(msgspec.Struct, frozen=True):
    weights: dict[str, float]
    within_ms: int
    regions: tuple[Assessed, ...]
    parks: tuple[Assessed, ...]
    enterprises: tuple[Assessed, ...]


def assessment_report(
    db: Database,
    site: Site,
    period: Period,
    scope: Scope,
    coverage: Coverage,
    weights: Mapping[str, float] = WEIGHTS,
) -> Assessment:
    """Rank the places of the scope. `coverage` is of the same period and scope."""
    answered, asked = _answered(db, period, scope)
    opened: Counter[str] = Counter()
    loops: Counter[str] = Counter()
    in_time: Counter[str] = Counter()
    for d in disposals_of(db, period, scope):
        if period.from_ms <= d.opened_at < period.until_ms:
            opened[d.enterprise] += 1
            loops[d.enterprise] += is_closed_loop(d)
            in_time[d.enterprise] += not is_missed(d, period.until_ms)
    members = members_of(site, scope.enterprises)
    places: dict[str, list[tuple[str, str, dict[str, Measured]]]] = {kind: [] for kind in KINDS}
    for share in coverage.shares:
        if share.kind == "all":
            continue
        of_it = members[share.kind, share.id]

        def summed(counts: Counter[str], of_it: list[str] = of_it) -> int:
            return sum(counts[name] for name in of_it)

        measured: dict[str, Measured] = {
            "coverage": (share.covered, share.required),
            "online": (share.online_ms, share.expected_ms),
            "acknowledged": (summed(answered), summed(asked)),
            "closed_loop": (summed(loops), summed(opened)),
            "in_time": (summed(in_time), summed(opened)),
        }
        places[share.kind].append((share.id, share.name, measured))
    regions, parks, enterprises = (tuple(assess(kind, places[kind], weights)) for kind in KINDS)
    return Assessment(dict(weights), WITHIN_MS, regions, parks, enterprises)


def _answered(db: Database, period: Period, scope: Scope) -> tuple[Counter[str], Counter[str]]:
    """By enterprise: alarms that anybody acknowledged within WITHIN_MS, and all alarms; late ones left out."""
    alarms, names = columns_of(db, period, scope)
    own = in_period(alarms, period)
    own = own.where(~own.historical)
    limit = own.received_at + WITHIN_MS
    soon = (own.acknowledged_at != NEVER) & (own.acknowledged_at <= limit)
    soon |= (own.answered_at != NEVER) & (own.answered_at <= limit)
    size = len(names)
    all_ = np.bincount(own.enterprise, minlength=size)
    answered = np.bincount(own.enterprise[soon], minlength=size)
    by_name = {name: i for i, name in enumerate(names) if name}
    return (
        Counter({name: int(answered[i]) for name, i in by_name.items()}),
        Counter({name: int(all_[i]) for name, i in by_name.items()}),
    )


def weights_of(given: list[str]) -> dict[str, float]:
    """Weights from `name=number`; the others stay. ValueError for a criterion that there is not, or a wrong number."""
    weights = dict(WEIGHTS)
    for text in given:
        name, _, number = text.partition("=")
        if name not in weights:
            raise ValueError(f"--weight {text}: no criterion {name!r}, there are {', '.join(WEIGHTS)}")
        if not number.replace(".", "", 1).isdigit():
            raise ValueError(f"--weight {text}: a number from 0 up is needed")
        weights[name] = float(number)
    if not any(weights.values()):
        raise ValueError("--weight: all weights are 0")
    return weights
