"""Which disposals a list shows, as its address says it (pure)."""

from collections.abc import Collection, Mapping
from typing import Final, Literal, NamedTuple, get_args
from urllib.parse import urlencode

from alerts.disposal.machine import DisposalState
from alerts.disposal.record import Disposal
from alerts.severity import severity_rank
from tocsin.book.disposals import UNDER_WAY

Show = Literal["under_way", "overdue", "verify", "mine", "closed"]
SHOWS: Final[tuple[Show, ...]] = get_args(Show)

_TO_VERIFY: Final = frozenset({DisposalState.SUBMITTED, DisposalState.VERIFIED})


class Chosen(NamedTuple):
    """`enterprise` is "" for all in sight."""

    show: Show = "under_way"
    enterprise: str = ""

    @property
    def states(self) -> Collection[DisposalState]:
        match self.show:
            case "closed":
                return frozenset({DisposalState.CLOSED})
            case "verify":
                return _TO_VERIFY
            case _:
                return UNDER_WAY

    def address(self) -> str:
        """The page that shows them."""
        given = {"show": self.show, "enterprise": self.enterprise}
        return f"/disposals?{urlencode({name: text for name, text in given.items() if text})}"


def chosen(query: Mapping[str, str]) -> Chosen:
    """What the address asks for; what makes no sense is left out."""
    show = query.get("show", "")
    return Chosen(show if show in SHOWS else "under_way", query.get("enterprise", ""))


def overdue_first(found: Collection[Disposal]) -> list[Disposal]:
    """What is late before what is not, then the worst, then what is due soonest; closed ones the newest first."""
    return sorted(
        found,
        key=lambda d: (
            not d.overdue,
            -severity_rank(d.severity),
            -(d.closed_at or 0) if d.state is DisposalState.CLOSED else d.close_by,
        ),
    )
