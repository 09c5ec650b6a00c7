"""What a hazard report is, and its steps (pure)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

Kind = Literal["hotline", "inspection"]


class ReportState(StrEnum):
    """How far a report has got."""

    NEW = "new"
    LINKED = "linked"
    """It belongs to an alarm, and is dealt with there."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reported. Kept apart from the report, and shown to nobody who does not ask for it by name."""

    name: str = ""
    phone: str = ""

    @property
    def masked(self) -> str:
        """So much as tells two reporters apart: the name's first letter, the phone's last two digits."""
        name = self.name.strip()[:1] + "**" if self.name.strip() else ""
        digits = [c for c in self.phone if c.isdigit()]
        phone = "***" + "".join(digits[-2:]) if len(digits) >= 7 else ("***" if digits else "")
        return " ".join(filter(None, (name, phone)))


@dataclass(frozen=True, slots=True)
class NewReport:
    """What is taken in. Either a unit or a place in words; an enterprise where it is known."""

    kind: Kind
    text: str
    unit: str = ""
    enterprise: str = ""
    place: str = ""
    lat: float | None = None
    lon: float | None = None
    reported_at_ms: int | None = None
    """When it was reported elsewhere, where that is known."""
    share: bool = False
    """The enterprise may read it."""
    reporter: Reporter = Reporter()


@dataclass(frozen=True, slots=True)
class HazardReport:
    """One report as it stands, without who reported. Times are ms since the epoch."""

    id: str
    kind: Kind
    state: ReportState
    text: str
    unit: str
    enterprise: str
    place: str
    lat: float | None
    lon: float | None
    received_at_ms: int
    reported_at_ms: int | None
    taken_by: str
    share: bool
    alarm: str
    """The alarm it is linked with; empty: none."""
    reporter_masked: str


class ReportStep(NamedTuple):
    """One step: received, linked, shared, closed, reopened, or `reporter` where somebody looked who it was."""

    n: int
    name: str
    by: str
    at_ms: int
    why: str
