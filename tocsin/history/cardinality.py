"""How many series a site makes in InfluxDB (docs/reference/influxdb.md, Cardinality)."""

from typing import Final, NamedTuple

from plant.site import Site
from tocsin.followers.influx.settings import InfluxSettings
from tocsin.history.states.alarms import SLOTS

_EVENTS: Final = 10
_SIDES: Final = 2
_CHANNEL_RESULTS: Final = 4
_OWN: Final = 40
"""`tocsin`, `health` and `source` of a usual service."""


class Expected(NamedTuple):
    measurement: str
    series: int


def expected_series(site: Site, rules: int, channels: int, settings: InfluxSettings) -> list[Expected]:
    """An upper bound for each measurement, of the site as it is now; what points were before adds to it."""
    points, enterprises = len(site.points), len(site.enterprises)
    devices = len({(p.enterprise, p.device or p.point) for p in site.points.values()})
    parks = len({e.park for e in site.enterprises.values() if e.park})
    places = 1 + len(site.regions) + parks + enterprises
    found = [
        Expected("reading", points),
        # What really occurs: a rule speaks of few of the enterprises, at one or two severities.
        Expected("alarm", enterprises * rules * _EVENTS * _SIDES),
        Expected("alarm_span", 2 * enterprises),
        Expected("active", SLOTS),
        Expected("risk", places + len(site.units)),
        Expected("online, coverage", 2 * places),
        Expected("device", devices),
        Expected("disposal, disposal_count", 2 * enterprises),
        Expected("attempt, delivery", (_CHANNEL_RESULTS + 1) * channels),
        Expected("tocsin, health, source", _OWN),
    ]
    if settings.rollups:
        found += [Expected("reading_1m", points), Expected("reading_1h", points)]
    return found
