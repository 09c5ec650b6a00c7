"""Which steps of a disposal somebody may take now, and why not the others (pure)."""

from typing import Final, NamedTuple

from alerts.disposal.actions import done_by_hand
from alerts.disposal.machine import DisposalState
from alerts.disposal.record import Disposal
from alerts.disposal.schema import DisposalRules
from plant.entries import DisposalAction, DisposalActionName
from tocsin.accounts.roles import Permission, Principal

BY_VERIFIERS: Final[frozenset[DisposalActionName]] = frozenset({"reject", "verify", "close", "reopen"})

NOT_YOURS: Final = "your role does not take this step"
FINAL: Final = "it was closed too long ago: a new alarm opens a new one"

_ORDER: Final[tuple[DisposalActionName, ...]] = (
    "open", "start", "assign", "note", "evidence", "cause", "submit", "verify", "reject", "close", "reopen",
)  # fmt: skip
_SAID: Final[dict[DisposalActionName, dict[str, str]]] = {
    "open": {"why": "-"},
    "assign": {"to": "-"},
    "note": {"text": "-"},
    "evidence": {"name": "-", "sha256": "0" * 64, "bytes": "1"},
    "cause": {"code": "test"},
    "reject": {"why": "-"},
    "close": {"why": "-"},
    "reopen": {"why": "-"},
}
"""What a step says in the least: whether it would be refused depends on who and when, not on the words."""


class Offer(NamedTuple):
    """`why_not` is empty where the step can be taken now; else the machine's reason, NOT_YOURS or FINAL."""

    action: DisposalActionName
    why_not: str


def permission_of(action: DisposalActionName) -> Permission:
    """What the step takes."""
    return Permission.VERIFY if action in BY_VERIFIERS else Permission.DISPOSE


def offers(principal: Principal, record: Disposal | None, rules: DisposalRules, now_ms: int) -> list[Offer]:
    """Every step, in the order in which they are taken. `record` is None where no disposal was opened."""
    return [Offer(action, _why_not(principal, record, rules, now_ms, action)) for action in _ORDER]


def _why_not(
    principal: Principal, record: Disposal | None, rules: DisposalRules, now_ms: int, action: DisposalActionName
) -> str:
    if not principal.may(permission_of(action)):
        return NOT_YOURS
    if record is not None and record.state is DisposalState.CLOSED and record.next_at is None:
        return FINAL
    alarm = record.latest if record is not None else ""
    given = DisposalAction(now_ms, action, alarm, principal.by, _SAID.get(action, {}), principal.tier)
    done = done_by_hand(given, record, rules, None)
    return done if isinstance(done, str) else ""
