"""Devices in sight: how they stand, how well they are, and whether what must be watched is heard."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeVar

import numpy as np

from alerts.place import Places
from plant.site import Point
from tocsin.accounts.roles import Permission, Principal
from tocsin.centre.errors import UnavailableError
from tocsin.centre.grounds import Grounds
from tocsin.centre.sight import demand, sight_of
from tocsin.clock import Clock
from tocsin.configuration import Configured
from tocsin.inventory.device_table import DeviceTable, device_table
from tocsin.inventory.inventory import Inventory, make_inventory
from tocsin.inventory.rate import Advance, OnlineRate, narrowed, online_rate
from tocsin.inventory.regions import regions_of
from tocsin.inventory.seen import Seen
from tocsin.kafka.errors import KafkaClientError
from tocsin.log.errors import LogCorruptError
from tocsin.records import UNREADABLE, Records
from tocsin.reports.coverage import Coverage, coverage_report
from tocsin.reports.scope import Scope

_T = TypeVar("_T")

FRESH_S: Final = 5.0
"""What was heard is asked for again after this, and not before ten times what asking took."""
COVERED_MS: Final = 86_400_000
"""A point covers what its unit requires for so long after it was last heard: a day, as the report of a day has it."""
_RATE_KEPT_S: Final = 600.0
_RATE_WAIT_S: Final = 2.0
_MOST_SIGHTS: Final = 200


class Devices(NamedTuple):
    """`live` is false where no service told: then it is as of the log's last entry."""

    inventory: Inventory
    live: bool


class CalibrationDue(NamedTuple):
    """A point that must be calibrated; `days` are left, below 0 when it is late."""

    point: Point
    due: str
    days: int


@dataclass(slots=True)
class _Looked:
    """What was heard, and what was made of it so far."""

    configured: Configured
    places: Places
    table: DeviceTable
    seen: Seen
    live: bool
    heard: frozenset[str]
    inventories: dict[frozenset[str], Inventory] = field(default_factory=dict)
    coverages: dict[frozenset[str], Coverage] = field(default_factory=dict)


class DeviceHealths:
    """Thread-safe; calls may block for seconds where a site is large, and one look serves all screens."""

    def __init__(self, records: Records, grounds: Grounds, clock: Clock) -> None:
        self._records = records
        self._grounds = grounds
        self._clock = clock
        self._lock = threading.Lock()
        self._looked: _Looked | None = None
        self._due_s = float("-inf")
        self._tables: tuple[str, DeviceTable, Sequence[str]] | None = None
        self._rate_lock = threading.Lock()
        self._rates: dict[int, tuple[float, OnlineRate]] = {}

    def inventory(self, principal: Principal) -> Devices:
        """Every device in sight that the site expects, and shares of enterprises and regions. UnavailableError."""
        demand(principal, Permission.VIEW)
        with self._lock:
            looked = self._look()
            mine = _enterprises(principal, looked)
            made = looked.inventories.get(mine)
            if made is None:
                made = make_inventory(looked.configured.site, looked.table, looked.seen, mine)
                _keep(looked.inventories, mine, made)
            return Devices(made, looked.live)

    def coverage(self, principal: Principal) -> Coverage:
        """Whether the kinds that units in sight require are there, and were heard within a day. UnavailableError."""
        demand(principal, Permission.VIEW)
        with self._lock:
            looked = self._look()
            mine = _enterprises(principal, looked)
            made = looked.coverages.get(mine)
            if made is None:
                made = coverage_report(looked.configured.site, _heard_lately(looked), Scope(mine, "in sight"))
                _keep(looked.coverages, mine, made)
            return made

    def online_rate(self, principal: Principal, hours: int, advance: Advance) -> OnlineRate:
        """Online rates of the last hours, read from the log: seconds to minutes, one at a time, kept for a while.

        ValueError where the log holds nothing of them; UnavailableError.
        """
        demand(principal, Permission.VIEW)
        grounded = self._grounds.now()
        mine = grounded.sight(principal)
        if not self._rate_lock.acquire(timeout=_RATE_WAIT_S):
            raise UnavailableError("it is being worked out for somebody else: ask again in a while")
        try:
            known = self._rates.get(hours)
            if known is None or self._clock.monotonic_s() - known[0] > _RATE_KEPT_S:
                from_ms = self._clock.now_ms() - hours * 3_600_000
                try:
                    whole = online_rate(self._records, from_ms, None, None, None, advance)
                except (OSError, LookupError, LogCorruptError, KafkaClientError) as error:
                    raise UnavailableError(str(error)) from error
                known = self._rates[hours] = self._clock.monotonic_s(), whole
        finally:
            self._rate_lock.release()
        # An enterprise that the site has no more was expected then; only who sees the whole may know.
        gone = {d.enterprise for d in known[1].devices} - grounded.site.enterprises.keys()
        shown = mine.enterprises | gone if mine.whole else mine.enterprises
        regions = regions_of(grounded.site) | dict.fromkeys(gone, ())
        return narrowed(known[1], regions, shown)

    def calibrations(self, principal: Principal, today: str, within_days: int) -> list[CalibrationDue]:
        """Points in sight whose calibration is late, or due within so many days of `today` (YYYY-MM-DD)."""
        demand(principal, Permission.VIEW)
        grounded = self._grounds.now()
        mine = grounded.sight(principal).enterprises
        now = np.datetime64(today, "D")
        last = str(now + within_days)
        found = [p for p in grounded.site.points.values() if p.calibration_due and p.calibration_due <= last]
        due = [
            CalibrationDue(p, p.calibration_due, int((np.datetime64(p.calibration_due, "D") - now).astype(int)))
            for p in found
            if p.enterprise in mine and p.calibration_due
        ]
        return sorted(due, key=lambda c: (c.days, c.point.point))

    def _resolve(self, digest: str) -> Configured:
        known = self._grounds.now().configured
        return known if known.digest == digest else self._records.resolve(digest)

    def _look(self) -> _Looked:
        """Called with the lock."""
        now_s = self._clock.monotonic_s()
        if self._looked is not None and now_s < self._due_s:
            return self._looked
        try:
            seen, configured, live = self._records.look(self._resolve)
            if self._tables is None or self._tables[0] != seen.digest:
                registry = self._records.registry()
                self._tables = seen.digest, device_table(configured.site, configured.rules, registry), registry.ids
        except UNREADABLE as error:
            raise UnavailableError(str(error)) from error
        _, table, ids = self._tables
        at = table.points
        lately = at[seen.heard_ms[at] >= seen.clock_ms - COVERED_MS].tolist()
        self._looked = _Looked(
            configured, Places(configured.site), table, seen, live, frozenset(ids[number] for number in lately)
        )
        done_s = self._clock.monotonic_s()
        self._due_s = done_s + max(FRESH_S, 10 * (done_s - now_s))
        return self._looked


def _enterprises(principal: Principal, looked: _Looked) -> frozenset[str]:
    """Those in sight, by the configuration that was heard of."""
    return sight_of(principal, looked.configured.site, looked.places).enterprises


def _heard_lately(looked: _Looked) -> OnlineRate:
    """As a report of the last day has it; online time is not asked for."""
    seen = looked.seen
    return OnlineRate(
        from_ms=max(seen.clock_ms - COVERED_MS, seen.since_ms),
        to_ms=seen.clock_ms,
        listened_ms=0,
        paused_ms=0,
        pauses=0,
        devices=(),
        shares=(),
        points_heard=looked.heard,
    )


def _keep(kept: dict[frozenset[str], _T], mine: frozenset[str], made: _T) -> None:
    if len(kept) >= _MOST_SIGHTS:
        kept.pop(next(iter(kept)))
    kept[mine] = made
