"""A scenario: what happens in a simulated site, and when. The YAML file as pydantic models."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from plant.quality import NEWEST_TIME_MS, OLDEST_TIME_MS

IncidentKind = Literal["leak", "overfill", "ember", "bag_blinding", "dropout", "stuck", "over_range"]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Relative = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)? % of (range|l|h|hh)$")]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]

DEFAULT_START: Final = datetime.fromisoformat("2025-01-01T00:00:00+08:00")

MOST_REPEATS: Final = 100_000

MAGNITUDE: Final[dict[IncidentKind, Literal["needed", "optional", "none"]]] = {
    "leak": "needed",
    "overfill": "needed",
    "ember": "needed",
    "bag_blinding": "needed",
    "dropout": "none",
    "stuck": "none",
    "over_range": "optional",
}

DEFAULT_POINT_KIND: Final[dict[IncidentKind, str]] = {
    "leak": "gas.combustible",
    "overfill": "tank.level",
    "ember": "dust.*",
    "bag_blinding": "dust.dp",
    "dropout": "*",
    "stuck": "*",
    "over_range": "*",
}
"""Which of a unit's points an incident concerns, where `point_kind` doesn't say."""


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Pick(Model):
    """The nth point of a kind (a glob) in the order of points.csv; counts on from the first after the last."""

    kind: str
    nth: Annotated[int, Field(ge=1)] = 1


class Incident(Model):
    """One thing that goes wrong, at one point, in one unit, or at a picked point."""

    kind: IncidentKind
    name: Id | None = None
    point: Id | None = None
    unit: Id | None = None
    pick: Pick | None = None
    point_kind: str | None = None
    """With `unit`: which of its points (a glob over kinds)."""
    at_s: NotNegative
    for_s: Positive
    magnitude: Finite | Relative | None = None
    """The peak, in the point's unit or as `N % of range|l|h|hh`."""
    rise_s: Positive | None = None
    """Leak, ember: the time constant; overfill, bag_blinding: the time to the peak."""
    danger: Finite | None = None
    """The value from which a rule should speak; left out: the point's own limit, else the default of its kind."""
    speak_after_s: Positive | None = None
    """Seconds after `at_s` by which a rule should speak, where no value says it (stuck)."""
    every_s: Positive | None = None
    """Happens again and again, each time this much later, a pick one point further, the magnitude varied a little."""

    @property
    def points_wanted(self) -> str:
        """The glob of point kinds that this incident concerns."""
        return self.point_kind or DEFAULT_POINT_KIND[self.kind]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if sum(v is not None for v in (self.point, self.unit, self.pick)) != 1:
            raise ValueError("needs exactly one of point, unit, pick")
        if self.point_kind is not None and self.unit is None:
            raise ValueError("point_kind goes with unit alone")
        need = MAGNITUDE[self.kind]
        if need == "needed" and self.magnitude is None:
            raise ValueError(f"{self.kind} needs a magnitude, in the point's unit or as 'N % of range|l|h|hh'")
        if need == "none" and self.magnitude is not None:
            raise ValueError(f"{self.kind} takes no magnitude")
        if self.every_s is not None and self.every_s < self.for_s:
            raise ValueError(f"every_s {self.every_s:g} is shorter than for_s {self.for_s:g}")
        return self


class Scenario(Model):
    """A scenario file."""

    name: Id
    description: str = ""
    duration_s: Positive
    start: AwareDatetime = DEFAULT_START
    """When a feed begins; fixed, so that a feed is the same whenever it is made. Live publishing begins now."""
    seed: Annotated[int, Field(ge=0)] = 1
    incidents: tuple[Incident, ...] = ()

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if not OLDEST_TIME_MS <= self.start_ms <= NEWEST_TIME_MS - self.duration_ms:
            raise ValueError("start is out of time, a scenario lies between 2015-01-01 and 2100-01-01")
        repeats = sum(self.duration_s / incident.every_s for incident in self.incidents if incident.every_s)
        if repeats > MOST_REPEATS:
            raise ValueError(f"incidents repeat {repeats:.0f} times, allowed are {MOST_REPEATS}")
        return self

    @property
    def start_ms(self) -> int:
        """The start in ms since the epoch."""
        return round(self.start.timestamp() * 1000)

    @property
    def duration_ms(self) -> int:
        """The length in ms."""
        return round(self.duration_s * 1000)


def scenario_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Scenario.model_json_schema()}
