"""Health from named checks: is the process alive, is it ready to take readings, and if not, why."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec


class Matters(StrEnum):
    """What a failing check means."""

    LIVE = "live"
    """The process is beyond help: whoever supervises it should restart it."""
    READY = "ready"
    """Readings or alarms don't get through now; a restart would not help."""
    NOTED = "noted"
    """Something beside the alarm path (history, a phone network) is ill; alarms are not held up."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `reason` says what is wrong, in words for the person on duty."""

    name: str
    ok: bool
    reason: str = ""
    matters: Matters = Matters.READY


@dataclass(frozen=True, slots=True)
class Health:
    """`reasons` are "name: reason" of the failing checks, in the order of the checks."""

    live: bool
    ready: bool
    reasons: tuple[str, ...]
    checks: tuple[Check, ...]

    def to_json(self) -> bytes:
        """One JSON object: live, ready, reasons, checks (name -> ok)."""
        return msgspec.json.encode(
            {
                "live": self.live,
                "ready": self.ready,
                "reasons": self.reasons,
                "checks": {check.name: check.ok for check in self.checks},
            }
        )


def judge(checks: Sequence[Check]) -> Health:
    """Alive if no LIVE check fails; ready if alive and no READY check fails. No checks at all is not ready."""
    failing = [check for check in checks if not check.ok]
    live = all(check.matters is not Matters.LIVE for check in failing)
    ready = live and bool(checks) and all(check.matters is Matters.NOTED for check in failing)
    reasons = tuple(f"{check.name}: {check.reason or 'not ok'}" for check in failing)
    return Health(live, ready, reasons or (() if checks else ("nothing is checked yet",)), tuple(checks))
