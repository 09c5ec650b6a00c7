"""The condition of a rule: exactly one kind."""

from typing import Self

from pydantic import model_validator

from rules.schema.base import AnyLevel, Levels, Model
from rules.schema.device import Calibration, Clock, Drift, Flapping
from rules.schema.levelled import Limit, Rate, Twa, Window
from rules.schema.several import Expression, GatewayDown, Sequence, Vote
from rules.schema.single import Discrete, Frozen, Range, Stale
from rules.schema.trend import Deviation, Forecast


class Condition(Model):
    """Exactly one of these."""

    limit: Limit | None = None
    discrete: Discrete | None = None
    rate: Rate | None = None
    window: Window | None = None
    twa: Twa | None = None
    frozen: Frozen | None = None
    stale: Stale | None = None
    range: Range | None = None
    clock: Clock | None = None
    flapping: Flapping | None = None
    calibration: Calibration | None = None
    drift: Drift | None = None
    forecast: Forecast | None = None
    deviation: Deviation | None = None
    vote: Vote | None = None
    expression: Expression | None = None
    sequence: Sequence | None = None
    gateway_down: GatewayDown | None = None

    @property
    def kind(self) -> str:
        """The one kind that is given."""
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)

    @property
    def levels(self) -> tuple[AnyLevel, ...]:
        """The levels that the condition names; the one level `on` where the kind has no others."""
        given = getattr(self, self.kind)
        return given.named if isinstance(given, Levels | Twa) else ("on",)

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"needs exactly one kind of condition, allowed are {', '.join(type(self).model_fields)}")
        return self
