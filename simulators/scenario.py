"""A scenario: what happens in a simulated site, and when. The YAML file as pydantic models."""

from datetime import datetime
from typing import Annotated, Any, Final, Self

from pydantic import AwareDatetime, Field, model_validator

from plant.quality import NEWEST_TIME_MS, OLDEST_TIME_MS
from plant.site_reader.columns import UnitKind
from simulators.incident import Incident as Incident
from simulators.incident import Pick as Pick
from simulators.kinds import KINDS, is_fault
from simulators.model import Id, Model, Positive
from simulators.shifts import Schedule
from simulators.weather import Weather

DEFAULT_START: Final = datetime.fromisoformat("2025-01-01T00:00:00+08:00")

MOST_REPEATS: Final = 100_000
MOST_TRACED: Final = 200
"""Releases and overheatings are stepped through beforehand, which takes memory."""

Count = Annotated[int, Field(ge=1, le=100_000)]


class Fleet(Model):
    """Which devices there are: those of a site folder, of the demo county, or made-up ones by counts."""

    site: str | None = None
    """A site folder, relative to the scenario file; or `county`."""
    units: dict[UnitKind, Count] | None = None
    """Made-up units by kind, e.g. {tank_farm: 2, workshop: 10}."""
    devices: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """So many made-up devices, over all kinds of unit in turn."""
    period_s: Positive | None = None
    """How often made-up points report; left out: by kind."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(v is not None for v in (self.site, self.units, self.devices)) != 1:
            raise ValueError("needs exactly one of site, units, devices")
        if self.site is not None and self.period_s is not None:
            raise ValueError("period_s goes with made-up units, a site has its own")
        return self


class Scenario(Model):
    """A scenario file."""

    name: Id
    description: str = ""
    duration_s: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    start: AwareDatetime = DEFAULT_START
    """When a feed begins; fixed, so that a feed is the same whenever it is made. Live publishing begins now."""
    seed: Annotated[int, Field(ge=0)] = 1
    fleet: Fleet | None = None
    schedule: Schedule = Schedule()
    weather: Weather = Weather()
    incidents: tuple[Incident, ...] = ()
    faults: tuple[Incident, ...] = ()
    """Incidents of sensors and links; they may stand among the incidents too."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if not OLDEST_TIME_MS <= self.start_ms <= NEWEST_TIME_MS - self.duration_ms:
            raise ValueError("start is out of time, a scenario lies between 2015-01-01 and 2100-01-01")
        process = next((i.kind for i in self.faults if not is_fault(i.kind)), None)
        if process is not None:
            raise ValueError(f"{process} is no fault of a sensor, it belongs under incidents")
        repeats = {True: 0.0, False: 0.0}
        for incident in (*self.incidents, *self.faults):
            if incident.every_s:
                repeats[KINDS[incident.kind].block in ("release", "heating")] += self.duration_s / incident.every_s
        for traced, most in ((True, MOST_TRACED), (False, MOST_REPEATS)):
            if repeats[traced] > most:
                what = "releases and overheatings" if traced else "incidents"
                raise ValueError(f"{what} repeat {repeats[traced]:.0f} times, allowed are {most}")
        return self

    @property
    def start_ms(self) -> int:
        """The start in ms since the epoch."""
        return round(self.start.timestamp() * 1000)

    @property
    def duration_ms(self) -> int:
        """The length in ms."""
        return round(self.duration_s * 1000)

    @property
    def day_s(self) -> float:
        """The time of day at the start, in seconds, by the offset that `start` is written with."""
        return 3600.0 * self.start.hour + 60.0 * self.start.minute + self.start.second

    def named(self) -> list[tuple[str, Incident]]:
        """Incidents and faults with the names they have in the truth: their own, else kind and number."""
        whole = (*self.incidents, *self.faults)
        return [(i.name or f"{i.kind}-{n}", i) for n, i in enumerate(whole, start=1)]

    def drawn(self, seed: int, name: str = "") -> Self:
        """The same with every range made a number by the seed."""
        made = [incident.drawn(seed, label) for label, incident in self.named()]
        cut = len(self.incidents)
        parts = {"incidents": tuple(made[:cut]), "faults": tuple(made[cut:])}
        return self.model_copy(update={"weather": self.weather.drawn(seed, "weather"), **parts})


def scenario_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Scenario.model_json_schema(by_alias=True)}
