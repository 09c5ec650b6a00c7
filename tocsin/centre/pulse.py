"""Whether what the screens show is alive: a screen must never look calm because something behind it is dead."""

import threading
from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

Part = Literal["service", "engine", "source", "follower", "readings", "other"]

QUIET_LOG_MS: Final = 4_000
"""The log has a tick at least every second: where it stands still for longer, nothing is decided."""
DECIDING: Final = "deciding "
"""Before the name of a part of a cluster's log: whether a worker keeps up with it."""
OLD_READINGS_MS: Final = 60_000
"""No reading of any point for so long: either nothing is connected, or something is broken."""


class Trouble(NamedTuple):
    """One thing that is not well. `reason` is the part's own, in English; screens put their words before it."""

    part: Part
    name: str
    reason: str
    blind: bool
    """New alarms may not be seen: the banner is red, and nothing on the screen is called calm."""


class Pulse(NamedTuple):
    """`at_ms` is when it was looked; `troubles` the worst first."""

    at_ms: int
    troubles: tuple[Trouble, ...]

    @property
    def blind(self) -> bool:
        return any(trouble.blind for trouble in self.troubles)


def pulse_of(
    now_ms: int,
    clocks_ms: Mapping[str, int],
    heard_ms: int,
    health: dict[str, Any] | None,
    unreadable: str = "",
    old_ms: int = OLD_READINGS_MS,
) -> Pulse:
    """The pulse, from what was found (pure).

    clocks_ms   of the newest entry of each part of the log, by its name; 0: none
    heard_ms    of the newest reading; 0: none
    health      what /readyz answers (docs/reference/metrics.md); None: nobody answered
    unreadable  why the log or the book can't be read; empty: they can
    old_ms      how old the newest reading may be
    """
    found: list[Trouble] = []
    if health is None:
        found.append(Trouble("service", "tocsin run", "does not answer", blind=True))
    if unreadable:
        found.append(Trouble("engine", "data", unreadable, blind=True))
    else:
        for name, log_ms in clocks_ms.items():
            if now_ms - log_ms > QUIET_LOG_MS:
                found.append(Trouble("engine", name, _since(now_ms, log_ms), blind=True))
    if health is not None:
        ready = bool(health.get("ready"))
        reasons = [str(reason) for reason in health.get("reasons", ())]
        for name, ok in dict(health.get("checks", {})).items():
            if not ok:
                said = next((r.removeprefix(f"{name}: ") for r in reasons if r.startswith(f"{name}: ")), "not ok")
                part = _part(str(name))
                blind = part == "source" or (part in ("engine", "other") and not ready and _is_engine(str(name)))
                found.append(Trouble(part, str(name).removeprefix("source "), said, blind))
    if now_ms - heard_ms > old_ms:
        found.append(Trouble("readings", "readings", _since(now_ms, heard_ms), blind=True))
    return Pulse(now_ms, tuple(sorted(found, key=lambda trouble: not trouble.blind)))


_ENGINE: Final = ("pipeline", "disk", "acknowledging", "notifier")


def _is_engine(name: str) -> bool:
    return name in _ENGINE or name.startswith(DECIDING)


def _part(name: str) -> Part:
    if name.startswith("source "):
        return "source"
    if _is_engine(name):
        return "engine"
    return "other" if name in ("self-test", "heartbeat") else "follower"


def _since(now_ms: int, then_ms: int) -> str:
    return f"nothing new for {(now_ms - then_ms) // 1000} s" if then_ms else "nothing yet"


class PulseKeeper:
    """The newest pulse, for all screens."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = Pulse(0, (Trouble("service", "console", "nothing is known yet", blind=True),))

    def put(self, pulse: Pulse) -> None:
        with self._lock:
            self._now = pulse

    def now(self) -> Pulse:
        """As it was when it was looked at last; whoever shows it looks at how old it is."""
        with self._lock:
            return self._now
