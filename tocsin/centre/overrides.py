"""Overrides in sight: what is in force, and how people set and end them; a calibration or test takes two people."""

import secrets
import threading
from dataclasses import dataclass
from typing import Final, NamedTuple

from alerts.disposal.actions import same_person
from alerts.overrides import Override
from plant.entries import OverrideKind, OverridePurpose, OverrideScope
from tocsin.accounts.roles import Permission, Principal
from tocsin.book.overridden import BookedOverride, overrides
from tocsin.centre.acts import Acts
from tocsin.centre.alarms import reading
from tocsin.centre.errors import NotFoundError, RefusedError
from tocsin.centre.grounds import Grounded, Grounds
from tocsin.centre.sight import demand, demand_sight
from tocsin.clock import Clock
from tocsin.records import Records
from tocsin.runtime.control import OverrideRequest

MOST: Final = 1000
_LOOKED_AT: Final = 10_000
_PROPOSED_MS: Final = 30 * 60_000
_MOST_PROPOSED: Final = 200


@dataclass(frozen=True, slots=True)
class WantedOverride:
    """What is to be overridden. `until_ms` is needed for out of service; `rule` narrows, or is the subject's scope."""

    kind: OverrideKind
    scope: OverrideScope
    subject: str
    why: str
    purpose: OverridePurpose = ""
    rule: str = ""
    until_ms: int | None = None


class Proposed(NamedTuple):
    """An override that waits for a second person, until `expires_ms`."""

    id: str
    wanted: WantedOverride
    by: str
    expires_ms: int


class CentreOverrides:
    """Thread-safe. What is proposed is kept in memory: a console that starts anew has forgotten it."""

    def __init__(self, records: Records, grounds: Grounds, acts: Acts, clock: Clock) -> None:
        self._records = records
        self._grounds = grounds
        self._acts = acts
        self._clock = clock
        self._lock = threading.Lock()
        self._proposed: dict[str, Proposed] = {}

    def page(
        self, principal: Principal, limit: int = 100, *, every: bool = False, exercise: bool = False
    ) -> list[BookedOverride]:
        """Those in force (`every`: also those that have ended) whose subject is in sight, the newest first."""
        demand(principal, Permission.VIEW)
        now = self._grounds.now()
        sight = now.sight(principal)
        with reading(self._records, exercise=exercise) as db:
            found = overrides(db, _LOOKED_AT, every=every)
        return [o for o in found if sight.sees(_enterprise(now, o.override.scope, o.override.subject))][
            : min(limit, MOST)
        ]

    def begin(self, principal: Principal, wanted: WantedOverride) -> str:
        """Set it now; its id. RefusedError says why not."""
        self._demand(principal, wanted)
        return self._set(wanted, _id(wanted), principal.by)

    def propose(self, principal: Principal, wanted: WantedOverride) -> Proposed:
        """A calibration or test of a point that withholds even never-suppress levels: `approve` sets it."""
        self._demand(principal, wanted)
        if wanted.scope != "point" or wanted.purpose not in ("calibration", "test"):
            raise ValueError("only a calibration or test of a point takes a second person")
        now_ms = self._clock.now_ms()
        proposed = Proposed(_id(wanted), wanted, principal.by, now_ms + _PROPOSED_MS)
        with self._lock:
            self._forget(now_ms)
            if len(self._proposed) >= _MOST_PROPOSED:
                raise RefusedError("too much is proposed and waits: approve or reject some of it first")
            self._proposed[proposed.id] = proposed
        return proposed

    def proposed(self, principal: Principal) -> list[Proposed]:
        """What waits for a second person, in sight; the oldest first."""
        demand(principal, Permission.VIEW)
        now = self._grounds.now()
        sight = now.sight(principal)
        with self._lock:
            self._forget(self._clock.now_ms())
            waiting = list(self._proposed.values())
        return [p for p in waiting if sight.sees(_enterprise(now, p.wanted.scope, p.wanted.subject))]

    def approve(self, principal: Principal, override: str) -> str:
        """As the second person. NotFoundError: nothing of that id waits; RefusedError: it is one's own."""
        proposed = self._waiting(principal, override)
        if same_person(proposed.by, principal.by):
            raise RefusedError("a calibration or test is approved by another person than who proposed it")
        with self._lock:
            if self._proposed.pop(override, None) is None:
                raise NotFoundError(f"nothing waits under {override}")
        return self._set(proposed.wanted, proposed.id, proposed.by, principal.by)

    def reject(self, principal: Principal, override: str) -> None:
        """Take back one's own, or stop another's. NotFoundError."""
        self._waiting(principal, override)
        with self._lock:
            self._proposed.pop(override, None)

    def end(self, principal: Principal, override: str, why: str = "") -> None:
        """End it before its time: what still needs somebody is told of now. NotFoundError, RefusedError."""
        demand(principal, Permission.OVERRIDE)
        found = self._one(override)
        if found is None:
            raise NotFoundError(f"there is no override {override}")
        now = self._grounds.now()
        demand_sight(now.sight(principal), _enterprise(now, found.scope, found.subject), f"override {override}")
        self._acts.act(OverrideRequest("end", override, principal.by, why=why))

    def _one(self, override: str) -> Override | None:
        with reading(self._records) as db:
            found = overrides(db, _LOOKED_AT, every=True)
        return next((o.override for o in found if o.override.id == override), None)

    def _waiting(self, principal: Principal, override: str) -> Proposed:
        demand(principal, Permission.OVERRIDE)
        found = next((p for p in self.proposed(principal) if p.id == override), None)
        if found is None:
            raise NotFoundError(f"nothing waits under {override}")
        return found

    def _set(self, wanted: WantedOverride, override: str, by: str, approved_by: str = "") -> str:
        self._acts.act(
            OverrideRequest(
                "set",
                override,
                by,
                wanted.kind,
                wanted.purpose,
                wanted.scope,
                wanted.subject,
                wanted.rule,
                wanted.why,
                wanted.until_ms,
                approved_by,
            )
        )
        return override

    def _demand(self, principal: Principal, wanted: WantedOverride) -> None:
        demand(principal, Permission.OVERRIDE)
        now = self._grounds.now()
        enterprise = _enterprise(now, wanted.scope, wanted.subject)
        demand_sight(now.sight(principal), enterprise, f"{wanted.scope} {wanted.subject}")

    def _forget(self, now_ms: int) -> None:
        for override in [p.id for p in self._proposed.values() if p.expires_ms <= now_ms]:
            del self._proposed[override]


def _id(wanted: WantedOverride) -> str:
    return f"{(wanted.purpose or wanted.kind).replace('_', '-')}-{secrets.token_hex(5)}"


def _enterprise(now: Grounded, scope: str, subject: str) -> str:
    """Whose the subject is; empty for rules, which are the site's, and for what is no longer there."""
    site = now.site
    match scope:
        case "enterprise":
            return subject if subject in site.enterprises else ""
        case "unit":
            return site.units[subject].enterprise if subject in site.units else ""
        case "device":
            owner, _, device = subject.rpartition("/")
            owners = {p.enterprise for p in site.points.values() if p.device == device}
            owners |= {d.enterprise for d in site.devices.values() if d.device == device}
            return owner if owner in owners else (next(iter(owners)) if len(owners) == 1 and not owner else "")
        case "point" | "alarm":
            return now.places.of(subject).enterprise
        case _:
            return ""
