"""What figures are held against. Secondary sources give these as those of ISA-18.2 and EEMUA 191; neither was read."""

from typing import Final, Literal, NamedTuple

Kind = Literal["at_most", "below", "about"]


class Target(NamedTuple):
    """`about` names a proportion that is aimed at, and judges nothing."""

    kind: Kind
    value: float

    def is_met(self, figure: float | None) -> bool | None:
        """None where nothing is judged."""
        if figure is None or self.kind == "about":
            return None
        return figure <= self.value if self.kind == "at_most" else figure < self.value


SOURCE: Final = "ISA-18.2, EEMUA 191 (secondary)"

TARGETS: Final[dict[str, Target]] = {
    "per_day": Target("at_most", 150),
    "per_hour": Target("at_most", 6),
    "peak": Target("at_most", 10),
    "busy_share": Target("below", 0.01),
    "flood_share": Target("below", 0.01),
    "chattering": Target("at_most", 0),
    "stale_a_day": Target("below", 5),
    "top_share": Target("below", 0.05),
    "share_red": Target("about", 0.05),
    "share_orange": Target("about", 0.15),
    "share_low": Target("about", 0.80),
    "unauthorised": Target("at_most", 0),
}
"""Rates are per console. `share_low` is yellow and blue together: the lowest of three priorities."""
