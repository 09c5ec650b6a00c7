"""The report of alarm performance: figures of ISA-18.2 and EEMUA 191, each beside its target."""

from collections import Counter
from typing import Final

import msgspec
import numpy as np

from alerts.kpi.answering import Answering, answering
from alerts.kpi.columns import SEVERITIES, Alarms, Period
from alerts.kpi.load import Load, load
from alerts.kpi.nuisance import Stale, nuisance, stale
from alerts.kpi.targets import SOURCE, TARGETS
from alerts.machine import UNACKNOWLEDGED
from alerts.overrides.override import KINDS, Override
from plant.site import Site
from tocsin.book.facts import (
    BY_ENTERPRISE,
    EXERCISE,
    HISTORICAL,
    SEPARATOR,
    STATES,
    Facts,
    numbers_of,
    read_facts,
    read_names,
)
from tocsin.book.quiet import KIND as BY_DESIGN
from tocsin.database import Database, among
from tocsin.reports.scope import Scope

SELF_TEST: Final = "self-test"
"""The rule of test alarms that run end to end."""

_WAITING: Final = np.array([state in UNACKNOWLEDGED for state in STATES])
_SEVERITY_OF_RANK: Final = np.array([3, 3, 2, 1, 0, 0], dtype=np.uint8)
"""Index into SEVERITIES by severity_rank."""


class Judged(msgspec.Struct, frozen=True):
    """A figure beside its target. `met` is None where nothing is judged."""

    figure: str
    value: float
    target: str
    source: str
    met: bool | None


class TopSource(msgspec.Struct, frozen=True):
    rule: str
    subject: str
    side: str
    enterprise: str
    alarms: int
    share: float
    chattering: bool


class Withheld(msgspec.Struct, frozen=True):
    """Overrides of one kind: begun in the period, in force at its end, and how many name nobody or no reason."""

    kind: str
    begun: int
    in_force: int
    unauthorised: int


class Kpi(msgspec.Struct, frozen=True):
    """Late (historical) alarms are counted in `historical` and in nothing else; exercises nowhere."""

    consoles: int
    alarms: int
    historical: int
    judged: tuple[Judged, ...]
    load: Load
    stale: Stale
    chattering: tuple[TopSource, ...]
    top: tuple[TopSource, ...]
    severities: dict[str, int]
    answering: tuple[Answering, ...]
    withheld: tuple[Withheld, ...]


def columns_of(db: Database, period: Period, scope: Scope) -> tuple[Alarms, list[str]]:
    """(alarms of the scope raised before the period's end, the enterprise of each number).

    Exercises and self-tests are left out.
    """
    facts = read_facts(db, period.from_ms, period.until_ms)
    numbers = numbers_of(db, scope.enterprises)
    kept = (facts["raised_at"] < period.until_ms) & (facts["flags"] & EXERCISE == 0)
    for test in numbers_of(db, [SELF_TEST]).values():
        kept &= facts["rule"] != test
    if not scope.is_all:
        chosen = np.zeros(int(facts["enterprise"].max(initial=0)) + 1, dtype=np.bool_)
        chosen[[n for n in numbers.values() if n < len(chosen)]] = True
        kept &= chosen[facts["enterprise"]]
    names = [""] * (max(numbers.values(), default=0) + 1)
    for name, number in numbers.items():
        names[number] = name
    return _columns(facts).where(kept), names


def _columns(facts: Facts) -> Alarms:
    flags = facts["flags"]
    return Alarms(
        raised_at=facts["raised_at"],
        received_at=facts["received_at"],
        cleared_at=facts["cleared_at"],
        acknowledged_at=facts["acknowledged_at"],
        answered_at=facts["answered_at"],
        by_enterprise=(flags & BY_ENTERPRISE) != 0,
        waiting=_WAITING[facts["state"]],
        historical=(flags & HISTORICAL) != 0,
        severity=_SEVERITY_OF_RANK[facts["severity"]],
        source=facts["source"],
        enterprise=facts["enterprise"],
    )


def in_period(alarms: Alarms, period: Period) -> Alarms:
    """Those raised in it."""
    return alarms.where((alarms.raised_at >= period.from_ms) & (alarms.raised_at < period.until_ms))


def kpi_report(db: Database, site: Site, period: Period, scope: Scope, consoles: int = 1) -> Kpi:
    """The figures of a period. `consoles` is how many operators share the alarms."""
    alarms, _ = columns_of(db, period, scope)
    own = in_period(alarms, period)
    prompt = own.where(~own.historical)
    loaded = load(prompt.raised_at, period, consoles)
    noise = nuisance(prompt)
    standing = stale(alarms.where(~alarms.historical), period)
    counts = np.bincount(prompt.severity, minlength=len(SEVERITIES)).tolist()
    chattering = noise.chattering
    each = np.bincount(prompt.source, minlength=1)
    tops = [(s.source, s.alarms, s.share, s.chattering) for s in noise.top]
    chatters = [(s, int(each[s]), int(each[s]) / max(len(prompt), 1), True) for s in chattering]
    chatters.sort(key=lambda c: (-c[1], c[0]))
    named = _sources(db, site, {s for s, *_ in (*tops, *chatters[:_LISTED])})
    overrides = withheld(db, site, period, scope)
    total = max(len(prompt), 1)
    figures = {
        "per_day": loaded.per_day,
        "per_hour": loaded.per_hour,
        "peak": loaded.peak,
        "busy_share": loaded.busy_share,
        "flood_share": loaded.flood_share,
        "chattering": float(len(chattering)),
        "stale_a_day": standing.mean_a_day,
        "top_share": noise.top_share,
        "share_red": counts[0] / total,
        "share_orange": counts[1] / total,
        "share_low": (counts[2] + counts[3]) / total,
        "unauthorised": float(sum(w.unauthorised for w in overrides)),
    }
    return Kpi(
        consoles=consoles,
        alarms=len(prompt),
        historical=len(own) - len(prompt),
        judged=tuple(_judged(name, value, bool(len(prompt))) for name, value in figures.items()),
        load=loaded,
        stale=standing,
        chattering=tuple(TopSource(*named[s], n, share, is_) for s, n, share, is_ in chatters[:_LISTED]),
        top=tuple(TopSource(*named[s], n, share, is_) for s, n, share, is_ in tops),
        severities=dict(zip(SEVERITIES, counts, strict=True)),
        answering=answering(prompt),
        withheld=overrides,
    )


_LISTED: Final = 100
_SIGNS: Final = {"at_most": "≤", "below": "<", "about": "≈"}


def _judged(name: str, value: float, any_alarm: bool) -> Judged:
    target = TARGETS[name]
    met = target.is_met(value) if any_alarm or name in ("stale_a_day", "unauthorised") else None
    shown = f"{target.value:.0%}" if name.endswith("share") or name.startswith("share") else f"{target.value:g}"
    source = "" if name == "unauthorised" else SOURCE
    return Judged(name, value, f"{_SIGNS[target.kind]} {shown}", source, met)


def _sources(db: Database, site: Site, numbers: set[int]) -> dict[int, tuple[str, str, str, str]]:
    """(rule, subject, side, enterprise) by number."""
    found = {}
    for number, name in read_names(db, numbers).items():
        rule, subject, side = name.split(SEPARATOR)
        found[number] = (rule, subject, side, enterprise_of(site, subject))
    return found


def enterprise_of(site: Site, subject: str) -> str:
    """The enterprise of a point, unit or enterprise; empty where the site has none of that id."""
    if subject in site.points:
        return site.points[subject].enterprise
    if subject in site.units:
        return site.units[subject].enterprise
    return subject if subject in site.enterprises else ""


def withheld(db: Database, site: Site, period: Period, scope: Scope) -> tuple[Withheld, ...]:
    """What overrides there were, by kind; of a rule, only where the scope is the whole site."""
    begun: Counter[str] = Counter()
    in_force: Counter[str] = Counter()
    unauthorised: Counter[str] = Counter()
    rows = db.execute(
        "SELECT form FROM override_facts WHERE since < ? AND (ended_at IS NULL OR ended_at >= ?)",
        (period.until_ms, period.from_ms),
    )
    for (form,) in rows:
        override = msgspec.json.decode(form, type=Override)
        if not scope.is_all and _place_of(site, override) not in scope.enterprises:
            continue
        begun[override.kind] += override.since >= period.from_ms
        in_force[override.kind] += override.ended_at is None or override.ended_at >= period.until_ms
        unauthorised[override.kind] += not override.by or (override.kind != "shelved" and not override.why)
    join, where = "", ""
    if not scope.is_all:
        join = " JOIN alarms USING (alarm)"
        where = f" AND enterprise {among(4)}"
    query = "SELECT count(*) FILTER (WHERE since >= ?2), count(*) FILTER (WHERE until IS NULL OR until >= ?3)"
    query += f" FROM overrides{join}"
    query += f" WHERE kind = ?1 AND since < ?3 AND (until IS NULL OR until >= ?2){where}"
    asked: list[object] = [BY_DESIGN, period.from_ms, period.until_ms]
    if where:
        asked.append(db.listed(sorted(scope.enterprises)))
    by_design = db.execute(query, asked).fetchone()
    found = [Withheld(kind, begun[kind], in_force[kind], unauthorised[kind]) for kind in KINDS]
    return (*found, Withheld(BY_DESIGN, by_design[0], by_design[1], 0))


def _place_of(site: Site, override: Override) -> str:
    """The enterprise that an override is about; of a rule, none."""
    if override.scope == "enterprise":
        return override.subject
    if override.scope == "device":
        device = site.devices.get(override.subject)
        return device.enterprise if device is not None else override.subject.partition("/")[0]
    return enterprise_of(site, override.subject) if override.scope != "rule" else ""
