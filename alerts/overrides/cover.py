"""Which overrides cover an alarm: found by scope and id, never by going through all of them (pure)."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from alerts.never_suppress import HasLevels, never_suppressed_level
from alerts.overrides.override import Override
from alerts.place import Place
from alerts.record import Policy

_SEPARATOR = "\x1f"


class OfAlarm(HasLevels, Protocol):
    """An alarm's record, or what is kept of it."""

    @property
    def alarm(self) -> str: ...
    @property
    def subject(self) -> str: ...


class Cover:
    """The overrides in force by (scope, id)."""

    def __init__(self, overrides: Iterable[Override]) -> None:
        self._by_scope: dict[tuple[str, str], dict[str, Override]] = {}
        for override in overrides:
            self.add(override)

    def __bool__(self) -> bool:
        return bool(self._by_scope)

    def add(self, override: Override) -> None:
        self._by_scope.setdefault(_key(override), {})[override.id] = override

    def remove(self, override: Override) -> None:
        key = _key(override)
        self._by_scope[key].pop(override.id)
        if not self._by_scope[key]:
            del self._by_scope[key]

    def shelf_of(self, rule: str, subject: str, side: str) -> Override | None:
        """The shelf of a rule, subject and side. There is at most one."""
        return next(iter(self._by_scope.get(("alarm", shelf_key(rule, subject, side)), {}).values()), None)

    def about(self, alarm: OfAlarm, place: Place) -> list[Override]:
        """Those that speak of the alarm's place and rule, the first one first."""
        return sorted(self._about(alarm, place), key=lambda override: override.order) if self._by_scope else []

    def covering(self, alarm: OfAlarm, place: Place, policy: Policy, past: tuple[str, ...]) -> list[Override]:
        """Those that cover the alarm, the first one first; `past` are the ones that ended for it alone."""
        found = [override for override in self.about(alarm, place) if override.id not in past]
        if found and never_suppressed_level(alarm, policy) is not None:
            found = [override for override in found if override.reaches_all]
        return found

    def _about(self, alarm: OfAlarm, place: Place) -> Iterator[Override]:
        for key in (
            ("rule", alarm.rule),
            ("point", place.point),
            ("unit", place.unit),
            ("device", place.device),
            ("device", f"{place.enterprise}/{place.device}"),
            ("enterprise", place.enterprise),
            ("alarm", shelf_key(alarm.rule, alarm.subject, alarm.side)),
        ):
            for override in self._by_scope.get(key, {}).values():
                if override.rule in ("", alarm.rule):
                    yield override


def shelf_key(rule: str, subject: str, side: str) -> str:
    """What is shelved with an alarm."""
    return _SEPARATOR.join((rule, subject, side))


def _key(override: Override) -> tuple[str, str]:
    if override.scope == "alarm":
        return "alarm", shelf_key(override.rule, override.subject, override.side)
    return override.scope, override.subject
