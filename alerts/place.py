"""Where the subject of an alarm stands: its point, unit, enterprise, park and regions (pure)."""

from dataclasses import dataclass
from typing import Literal

from plant.site import Enterprise, Point, Site, Unit


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of a subject; what does not apply is empty."""

    subject: str
    point: str = ""
    kind: str = ""
    """The point's kind."""
    tags: tuple[str, ...] = ()
    device: str = ""
    unit: str = ""
    unit_kind: str = ""
    enterprise: str = ""
    industry: str = ""
    park: str = ""
    regions: tuple[str, ...] = ()
    """From the enterprise's own region up to the root."""
    lat: float | None = None
    lon: float | None = None


class Places:
    """The places of a site's subjects: points, units, devices (gateways), enterprises, and `site`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._known: dict[tuple[str, str], Place] = {}
        self._regions: dict[str, tuple[str, ...]] = {}
        self._devices: set[tuple[str, str]] | None = None
        """(device, enterprise), once somebody asks."""

    def of(self, subject: str, enterprise: str = "") -> Place:
        """The place of a subject; `enterprise` is that of the event, for subjects that are no longer in the site."""
        found = self._known.get((subject, enterprise))
        if found is None:
            found = self._known[subject, enterprise] = self._make(subject, enterprise)
        return found

    def knows(self, scope: Literal["point", "unit", "device", "enterprise"], name: str) -> bool:
        """Whether the site has one of this id. Where several enterprises have it, a device is `enterprise/device`."""
        site = self._site
        match scope:
            case "point":
                return name in site.points
            case "unit":
                return name in site.units
            case "enterprise":
                return name in site.enterprises
            case "device":
                if self._devices is None:
                    self._devices = {(p.device, p.enterprise) for p in site.points.values() if p.device is not None}
                    self._devices |= {(device.device, device.enterprise) for device in site.devices.values()}
                enterprise, _, device = name.rpartition("/")
                return len([1 for d, e in self._devices if d == device and enterprise in ("", e)]) == 1

    def regions_of(self, region: str) -> tuple[str, ...]:
        """A region and those it lies in, up to the root."""
        found = self._regions.get(region)
        if found is None:
            chain: list[str] = []
            at: str | None = region or None
            while at is not None and at not in chain:
                chain.append(at)
                known = self._site.regions.get(at)
                at = known.parent if known is not None else None
            found = self._regions[region] = tuple(chain)
        return found

    def _make(self, subject: str, enterprise: str) -> Place:
        site = self._site
        point = site.points.get(subject)
        if point is not None and enterprise in ("", point.enterprise):
            return self._place(subject, point.enterprise, site.units.get(point.unit), point, point.device or "")
        unit = site.units.get(subject)
        if unit is not None and enterprise in ("", unit.enterprise):
            return self._place(subject, unit.enterprise, unit)
        device = site.devices.get(subject)
        if device is not None and enterprise in ("", device.enterprise):
            return self._place(subject, device.enterprise, device=subject)
        return self._place(subject, enterprise or (subject if subject in site.enterprises else ""))

    def _place(
        self, subject: str, enterprise: str, unit: Unit | None = None, point: Point | None = None, device: str = ""
    ) -> Place:
        owner: Enterprise | None = self._site.enterprises.get(enterprise)
        located = unit if unit is not None and unit.lat is not None else owner
        return Place(
            subject=subject,
            point=point.point if point is not None else "",
            kind=point.kind if point is not None else "",
            tags=point.tags if point is not None else (),
            device=device,
            unit=unit.unit if unit is not None else "",
            unit_kind=unit.kind if unit is not None else "",
            enterprise=enterprise,
            industry=(owner.industry or "") if owner is not None else "",
            park=(owner.park or "") if owner is not None else "",
            regions=self.regions_of(owner.region) if owner is not None else (),
            lat=located.lat if located is not None else None,
            lon=located.lon if located is not None else None,
        )
