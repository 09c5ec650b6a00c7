"""One incident or sensor fault of a scenario file."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from plant.site_reader.columns import UnitKind
from simulators.kinds import KINDS, PLAIN_MAGNITUDE, IncidentKind
from simulators.model import Finite, Fraction, Id, Model, NotNegative, Positive, Relative

GasName = Literal["h2", "ch4", "c3h8", "co", "nh3", "h2s", "cl2", "so2", "n2", "co2", "ar"]


class Pick(Model):
    """The nth point of a kind (a glob), or with `unit_kind` alone the nth such unit; counts on after the last."""

    kind: str | None = None
    unit_kind: UnitKind | None = None
    nth: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.kind is None and self.unit_kind is None:
            raise ValueError("needs kind, unit_kind or both")
        return self


class RoomModel(Model):
    """A well-mixed room. At `fan_at_ppm` the emergency fan starts and stays on."""

    volume_m3: Positive
    air_changes_h: NotNegative
    fan_at_ppm: Positive | None = None
    fan_air_changes_h: NotNegative = 0.0


class OutdoorsModel(Model):
    """In the open, by the scenario's wind. Further detectors stand half as far again each, to both sides."""

    distance_m: Positive
    """From the source to the nearest detector."""
    bearing_deg: Finite | None = None
    """Where it lies as seen from the source, clockwise from north; left out: straight downwind."""
    source_height_m: NotNegative = 1.0
    detector_height_m: NotNegative = 1.0
    path_m: Positive = 50.0
    """Length of an open-path beam; it lies across the bearing."""


class ReleaseModel(Model):
    """Gas set free at a constant rate, into a room or in the open."""

    gas: GasName
    rate_g_s: Positive
    room: RoomModel | None = None
    outdoors: OutdoorsModel | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.room is None) == (self.outdoors is None):
            raise ValueError("needs exactly one of room, outdoors")
        return self


class HoleModel(Model):
    """A hole in the bottom of an upright tank."""

    hole_mm: Positive
    diameter_m: Positive = 10.0


class HeatingModel(Model):
    """Heat into a vessel. The relief valve opens at `relief_at`, if there is one."""

    heat_kw: Positive
    content_t: Positive
    relief_at: Positive | Relative | None = None


class Expect(Model):
    """What a good rule should make of it, for people and for scoring."""

    say: Literal["alarm", "instrument", "nothing"]
    within_s: Positive | None = None
    """Seconds after the readings first show it."""
    severity: Literal["red", "orange", "yellow", "blue"] | None = None
    """The least severity worth the danger."""
    words: str = ""


class Incident(Model):
    """One thing that goes wrong, at one point, in one unit, or at a picked point or unit."""

    kind: IncidentKind
    name: Id | None = None
    point: Id | None = None
    unit: Id | None = None
    pick: Pick | None = None
    point_kind: str | None = None
    """With a unit: which of its points (a glob over kinds)."""
    at_s: NotNegative
    for_s: Positive
    magnitude: Finite | Relative | None = None
    """The peak, in the point's unit or as `N % of range|l|ll|h|hh`; of faults see the reference."""
    rise_s: Positive | None = None
    """Leak, ember: the time constant; others: the time to the peak."""
    share: Fraction | None = None
    """Spikes, link, duplicate, out_of_order: which part of the readings (link: of the time) is hit."""
    keeps: bool = False
    """Link: readings wait in the device and come when the link is back; else they are lost."""
    release: ReleaseModel | None = None
    hole: HoleModel | None = None
    heating: HeatingModel | None = None
    danger: Finite | None = None
    """The value from which a rule should speak; left out: the point's own limit, else the default of its kind."""
    speak_after_s: Positive | None = None
    """Seconds after `at_s` by which a rule should speak, where no value says it (stuck)."""
    expect: Expect | None = None
    every_s: Positive | None = None
    """Happens again and again, each time this much later, a pick one further, the magnitude varied a little."""

    @property
    def points_wanted(self) -> tuple[str, ...]:
        """The globs of point kinds that this incident concerns within a unit."""
        facts = KINDS[self.kind]
        return (self.point_kind,) if self.point_kind else facts.unit_points or facts.points

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if sum(v is not None for v in (self.point, self.unit, self.pick)) != 1:
            raise ValueError("needs exactly one of point, unit, pick")
        of_unit = self.unit is not None or (self.pick is not None and self.pick.kind is None)
        if self.point_kind is not None and not of_unit:
            raise ValueError("point_kind goes with unit alone")
        facts = KINDS[self.kind]
        if facts.magnitude == "needed" and self.magnitude is None:
            form = "a number" if self.kind in PLAIN_MAGNITUDE else "in the point's unit or as 'N % of range|l|ll|h|hh'"
            raise ValueError(f"{self.kind} needs a magnitude, {form}")
        if facts.magnitude == "none" and self.magnitude is not None:
            raise ValueError(f"{self.kind} takes no magnitude")
        if self.kind in PLAIN_MAGNITUDE and isinstance(self.magnitude, str):
            raise ValueError(f"the magnitude of {self.kind} is a number")
        for block in ("release", "hole", "heating"):
            if (getattr(self, block) is not None) != (facts.block == block):
                raise ValueError(f"{self.kind} {'needs' if facts.block == block else 'takes no'} {block}")
        if self.every_s is not None and self.every_s < self.for_s:
            raise ValueError(f"every_s {self.every_s:g} is shorter than for_s {self.for_s:g}")
        return self
