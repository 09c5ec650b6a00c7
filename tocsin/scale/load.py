"""What a cluster is to carry."""

from dataclasses import dataclass
from typing import Final

from plant.site import Site

DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Load:
    """A site's load, and how much room there must be above it."""

    points: int
    readings_a_day: float
    enterprises: int
    alarms_a_day: float
    readings_a_message: float = 1.0
    """Of an MQTT message. One is the dearest case."""
    peak: float = 2.0
    """The busiest second's readings to the mean's."""
    catch_up: float = 3.0
    """So many times the mean must go through while a backlog is worked off."""
    down: int = 1
    """Workers, and bridges, that may be away at one time."""

    @property
    def mean_s(self) -> float:
        """Readings a second."""
        return self.readings_a_day / DAY_S

    @property
    def peak_s(self) -> float:
        """Readings a second at the busiest."""
        return self.mean_s * self.peak

    @property
    def catch_up_s(self) -> float:
        """Readings a second while a backlog is worked off."""
        return self.mean_s * self.catch_up


def load_of(site: Site) -> tuple[int, float, int]:
    """(points, readings a day, enterprises) of a site whose points report once in their period."""
    return len(site.points), sum(DAY_S / point.period_s for point in site.points.values()), len(site.enterprises)
