"""A site: the regions, enterprises, units and points of one monitoring centre, as read from its folder."""

from dataclasses import dataclass, field
from typing import Literal

Report = Literal["periodic", "on_change"]


@dataclass(frozen=True, slots=True)
class Region:
    region: str
    parent: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Enterprise:
    enterprise: str
    name: str
    region: str
    park: str | None = None
    industry: str | None = None
    lat: float | None = None
    lon: float | None = None
    employees: int | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    unit: str
    enterprise: str
    name: str
    kind: str
    hazard_level: str | None = None
    people_500m: int | None = None
    required: tuple[str, ...] = ()
    camera: str | None = None
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One measured quantity. Limits, range and deadband are in the point's unit; a missing cell is None."""

    point: str
    unit: str
    enterprise: str
    kind: str
    unit_symbol: str | None
    range_low: float | None
    range_high: float | None
    period_s: float
    report: Report
    ll: float | None
    l: float | None  # noqa: E741 - the level's standard name
    h: float | None
    hh: float | None
    deadband: float | None
    topic: str | None
    key: str | None
    device: str | None
    gas: str | None
    ref_temp_c: float | None
    principle: str | None
    calibration_due: str | None
    tags: tuple[str, ...]
    line: int = 0
    """The line of points.csv, for messages."""


@dataclass(frozen=True, slots=True)
class Device:
    """What brings points; `gateway` is the device through which it is heard. `installed` is YYYY-MM-DD."""

    device: str
    enterprise: str
    name: str
    gateway: str | None = None
    model: str | None = None
    serial: str | None = None
    installed: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    contact: str
    name: str
    role: str | None = None
    region_or_enterprise: str | None = None
    phone: str | None = None
    email: str | None = None
    channels: tuple[str, ...] = ()
    """Names of channels, in the order in which they are tried."""
    language: Literal["zh", "en"] | None = None
    quiet: str | None = None
    """HH:MM-HH:MM in the site's time zone, over midnight where the end is not later; never the whole day."""
    handles: tuple[tuple[str, str], ...] = ()
    """(channel, what it calls the contact)."""
    line: int = field(default=0, compare=False)
    """The line of contacts.csv, for messages."""


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day that is not what its day of the week says; `date` is YYYY-MM-DD in the site's time zone."""

    date: str
    kind: Literal["holiday", "workday"]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A site folder without its rules (those are read by `rules`). Keys of the mappings are the ids."""

    name: str
    timezone: str
    centre: tuple[float, float] | None
    packs: tuple[str, ...] | None
    """The rule packs switched on; None where site.yaml leaves them out (then: data-health)."""
    regions: dict[str, Region] = field(default_factory=dict)
    enterprises: dict[str, Enterprise] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    points: dict[str, Point] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)
    calendar: dict[str, CalendarDay] = field(default_factory=dict)
    """By date. Where none is listed, Monday to Friday are workdays."""
    devices: dict[str, Device] = field(default_factory=dict)

    def gateways(self) -> dict[tuple[str | None, str], str]:
        """(device, enterprise) -> the gateway through which its points are heard; a gateway is its own."""
        found: dict[tuple[str | None, str], str] = {}
        for device in self.devices.values():
            if device.gateway is not None:
                found[device.device, device.enterprise] = device.gateway
                found[device.gateway, self.devices[device.gateway].enterprise] = device.gateway
        return found
