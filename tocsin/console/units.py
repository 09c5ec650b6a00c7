"""Unit symbols as people write them; what the site files say stays what machines read."""

import re
from typing import Final

_SIGNS: Final = {"degC": "°C", "degF": "°F", "ug": "µg", "um": "µm"}
_POWERS: Final = {"2": "²", "3": "³"}
_POWER: Final = re.compile(r"(?<=m)[23]\b")


def unit_sign(symbol: str | None) -> str:
    """`°C` for degC, `mg/m³` for mg/m3; nothing for a number without a unit."""
    if symbol in (None, "", "1"):
        return ""
    parts = [_SIGNS.get(part, part) for part in str(symbol).split("/")]
    return _POWER.sub(lambda found: _POWERS[found[0]], "/".join(parts))
