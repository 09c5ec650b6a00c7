"""Overrides as facts of their own, what is known of the alarms that may be under them, and what comes of it (pure)."""

from typing import Final, Literal, NamedTuple

import msgspec

from alerts.remark import Remark
from alerts.suppression import Release
from plant.entries import OverridePurpose

Kind = Literal["disabled", "out_of_service", "shelved"]
Scope = Literal["rule", "point", "unit", "device", "enterprise", "alarm"]
"""`alarm` is a rule, subject and side: what is shelved."""

KINDS: Final[tuple[Kind, ...]] = ("disabled", "out_of_service", "shelved")
"""The order in which the first one over an alarm is found (semantics 5.6)."""


class Override(msgspec.Struct, frozen=True, gc=False):
    """Who withholds the notices of what, why, and until when. Times are ms on the engine's clock."""

    id: str
    kind: Kind
    scope: Scope
    subject: str
    """The id of what `scope` names; of an alarm, that of its subject."""
    by: str
    why: str
    since: int
    until: int | None = None
    purpose: OverridePurpose = ""
    rule: str = ""
    """Only alarms of this rule; empty: of all."""
    side: str = ""
    """Of a shelf: the alarm's side."""
    one_shot: bool = False
    approved_by: str = ""
    level: str = ""
    severity: str = ""
    """Of a shelf: the worst that is shelved; an alarm raised anew at more than that ends it."""
    ended_at: int | None = None
    ended_why: str = ""

    @property
    def order(self) -> tuple[int, int, str]:
        """The least is the first over an alarm."""
        return KINDS.index(self.kind), self.since, self.id

    @property
    def reaches_all(self) -> bool:
        """An approved calibration or test of a point: it withholds never-suppress levels, and goes on through rises."""
        return self.scope == "point" and self.purpose in ("calibration", "test") and self.approved_by != ""


class Standing(msgspec.Struct, frozen=True, gc=False):
    """An open alarm, as far as overrides go by it."""

    alarm: str
    rule: str
    subject: str
    side: str
    enterprise: str
    level: str
    peak_level: str
    historical: bool
    needs_somebody: bool
    """Not acknowledged, and its condition on or latched."""
    under: str | None = None
    """The first override over it."""
    shelf: str | None = None
    """The shelf that its record shows, if it is not the first override too."""
    past: tuple[str, ...] = ()
    """Overrides that ended for this alarm alone, because it rose."""
    quiet: bool = False
    """Nobody is to be told of its events now."""
    unheard: bool = False
    """It was raised under an override, and nobody was told since."""


class OverrideBegan(NamedTuple):
    override: Override
    at: int


class OverrideEnded(NamedTuple):
    """`override` says in `ended_at` and `ended_why` when and why."""

    override: Override
    at: int


class Under(NamedTuple):
    """From `at` on this is the first override over the alarm; None: it is under none."""

    alarm: str
    override: Override | None
    at: int


Effect = OverrideBegan | OverrideEnded | Under | Remark | Release
"""A Release holds unless another part keeps the alarm quiet: then that part's own release tells of it."""
