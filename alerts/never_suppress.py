"""Whether an alarm is at a level that nothing may hide (pure)."""

from typing import Protocol

from alerts.record import Policy


class HasSide(Protocol):
    @property
    def side(self) -> str: ...


class HasLevels(HasSide, Protocol):
    @property
    def rule(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def peak_level(self) -> str: ...


def is_of_condition(about: HasSide) -> bool:
    """Whether it is the rule's own alarm: what the rule says of its levels does not speak of what is unknown."""
    return about.side != "degraded"


def never_suppressed_level(alarm: HasLevels, policy: Policy) -> str | None:
    """The level under never_suppress that it is at, or was at since it was raised or last acknowledged."""
    if is_of_condition(alarm):
        for level in (alarm.level, alarm.peak_level):
            if policy.never_suppress(alarm.rule, level):
                return level
    return None
