"""The watch over Tocsin itself: what was found now becomes own conditions, on and off with delays (pure).

A condition comes on when it was found for `raise_s` without a break, and goes off when it was not found for `clear_s`.
A worse severity counts like coming on, a milder one like going off. So what flaps raises few alarms.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from alerts.severity import severity_rank

Severity = Literal["red", "orange", "yellow", "blue"]
Key = tuple[str, str]
"""(rule, subject)."""


class Delays(NamedTuple):
    raise_s: float = 0.0
    clear_s: float = 60.0


class Finding(NamedTuple):
    """Something is wrong. With `between` it is not bad enough to begin, nor good enough to end."""

    severity: Severity
    reason: str
    enterprise: str = ""
    between: bool = False


class Said(NamedTuple):
    """To be put into the log: a condition is on from now on at this severity, or off."""

    rule: str
    subject: str
    on: bool
    severity: Severity
    reason: str
    enterprise: str = ""


class _Standing(NamedTuple):
    """`at` is the severity at which it is on; `since_s` when it began to be found otherwise, for worse or not."""

    at: Severity | None = None
    since_s: float | None = None
    worse: bool = False


MENDED: Final = "mended"
_NO_DELAYS: Final = Delays()


class Watch:
    """Time is the argument `now_s`, seconds that only go forward."""

    def __init__(self, delays: Mapping[str, Delays], on: Mapping[Key, Severity] | None = None) -> None:
        """`delays` by rule. `on` is what was on before, as the alarm book has it."""
        self._delays = delays
        self._known = {key: _Standing(severity) for key, severity in (on or {}).items()}

    def on(self) -> dict[Key, Severity]:
        """What is on."""
        return {key: known.at for key, known in self._known.items() if known.at is not None}

    def settle(self, on: Mapping[Key, Severity]) -> None:
        """What is on is this, whatever was said: something was lost on its way, or another process said more."""
        for key in {*self._known, *on}:
            known = self._known.get(key, _Standing())
            if known.at != on.get(key):
                self._known[key] = _Standing(on.get(key))

    def take(self, now_s: float, found: Mapping[Key, Finding]) -> list[Said]:
        """What changes by what was found now, in order of rule and subject. What is not in `found` is well."""
        said = []
        for key in sorted({*self._known, *found}):
            news = self._one(now_s, key, found.get(key))
            if news is not None:
                said.append(news)
            known = self._known[key]
            if known.at is None and known.since_s is None:
                del self._known[key]
        return said

    def _one(self, now_s: float, key: Key, finding: Finding | None) -> Said | None:
        known = self._known.get(key, _Standing())
        wanted = None if finding is None or (finding.between and known.at is None) else finding.severity
        if wanted == known.at:
            self._known[key] = _Standing(known.at)
            return None
        worse = _rank(wanted) > _rank(known.at)
        since_s = known.since_s if known.since_s is not None and known.worse == worse else now_s
        raise_s, clear_s = self._delays.get(key[0], _NO_DELAYS)
        if now_s - since_s < (raise_s if worse else clear_s):
            self._known[key] = _Standing(known.at, since_s, worse)
            return None
        self._known[key] = _Standing(wanted)
        rule, subject = key
        if finding is None or wanted is None:
            return Said(rule, subject, False, known.at or "blue", MENDED)
        return Said(rule, subject, True, wanted, finding.reason, finding.enterprise)


def _rank(severity: Severity | None) -> int:
    return -1 if severity is None else severity_rank(severity)
