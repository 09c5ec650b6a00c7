"""IANA time zones by name."""

import zoneinfo
from difflib import get_close_matches

from plant.site_reader.cells import shown


def time_zone_mistake(name: str) -> str | None:
    """What is wrong with the name of a time zone, and what is allowed; None when there is one of that name."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        zones = {zone.lower(): zone for zone in sorted(zoneinfo.available_timezones())}
        near = get_close_matches(name.lower()[:40], zones, n=1)
        hint = f"; did you mean {zones[near[0]]}?" if near else ""
        return f"{shown(name)} is not a time zone, allowed is an IANA name such as Asia/Shanghai{hint}"
    return None
