"""The entries of the log: everything that can change a decision, and nothing else (semantics 1.1)."""

from dataclasses import dataclass, field
from typing import Final, Literal

from plant.batch import Batch

Position = int
"""Where an entry stands in the log: 0, 1, 2, ... without gaps."""

OperatorActionName = Literal["acknowledge", "reset", "shelve", "unshelve", "comment"]

OPERATOR_ACTIONS: Final[tuple[OperatorActionName, ...]] = ("acknowledge", "reset", "shelve", "unshelve", "comment")

Tier = Literal["centre", "enterprise"]
"""Whom a person answers for: the monitoring centre (any of its regions), or the enterprise itself."""

OverrideKind = Literal["disabled", "out_of_service"]
OverridePurpose = Literal["", "maintenance", "calibration", "test"]
OverrideScope = Literal["rule", "point", "unit", "device", "enterprise"]

DisposalActionName = Literal[
    "open", "assign", "start", "note", "evidence", "cause", "submit", "reject", "verify", "close", "reopen"
]


@dataclass(frozen=True, slots=True)
class Readings:
    """A batch that one source took in at `received_at_ms`."""

    received_at_ms: int
    batch: Batch
    source: str = ""
    redelivery_keys: tuple[int, ...] = ()
    """64-bit keys of messages in it whose readings carry no time of their own, so that a second delivery is known."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Nothing but its time: silence moves the clock."""

    received_at_ms: int


@dataclass(frozen=True, slots=True)
class SourceUp:
    """A broker connection came up; the points it brings count their silence from here."""

    received_at_ms: int
    source: str


@dataclass(frozen=True, slots=True)
class SourceDown:
    """A broker connection was lost."""

    received_at_ms: int
    source: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DeviceDown:
    """A device is said to be dead, by its gateway or by the will it left with the broker."""

    received_at_ms: int
    points: tuple[int, ...]
    """Numbers of all points that the device brings."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Configuration:
    """A new version of the rules or of the site takes effect here; `digest` names the stored snapshot of the folder."""

    received_at_ms: int
    kind: Literal["rules", "site"]
    digest: str
    who: str = ""
    why: str = ""
    version: int = 0
    """Its number, where many logs switch to it one by one; 0 in a log that stands alone."""


@dataclass(frozen=True, slots=True)
class OperatorAction:
    """What a person did to an alarm."""

    received_at_ms: int
    action: OperatorActionName
    alarm: str
    by: str
    comment: str = ""
    until_ms: int | None = None
    tier: Tier = "centre"
    """Whom `by` answers for: an enterprise's acknowledgement of a red alarm is not the centre's."""
    one_shot: bool = False
    """A shelf that ends as soon as the alarm has cleared, `until_ms` at the latest."""


@dataclass(frozen=True, slots=True)
class OverrideAction:
    """A person takes alarms out of service or disables them, or ends that. Shelving is an OperatorAction."""

    received_at_ms: int
    action: Literal["set", "end"]
    override: str
    """Its id, given by who writes the entry: unique in the log, [a-z0-9-]{1,64}."""
    by: str
    kind: OverrideKind = "out_of_service"
    purpose: OverridePurpose = ""
    scope: OverrideScope = "point"
    subject: str = ""
    """The id of what `scope` names (of a rule's id where it is rule)."""
    rule: str = ""
    """Only alarms of this rule; empty: of all."""
    why: str = ""
    until_ms: int | None = None
    approved_by: str = ""
    """The second person, where one is needed."""


@dataclass(frozen=True, slots=True)
class DisposalAction:
    """What a person did towards the disposal of an alarm. `fields` are those of the action (alerts/disposal)."""

    received_at_ms: int
    action: DisposalActionName
    alarm: str
    by: str
    fields: dict[str, str] = field(default_factory=dict)
    tier: Tier = "centre"


@dataclass(frozen=True, slots=True)
class NoticeAction:
    """A named approver lets a held notice go out, or stops it.

    Or the outbox (`by` outbox) says that all its ways failed, so that the ladder need not wait.
    """

    received_at_ms: int
    action: Literal["approve", "reject", "failed"]
    call: str
    """The key of the call (alerts/call.py)."""
    by: str


@dataclass(frozen=True, slots=True)
class OwnCondition:
    """Tocsin's own watch over itself found something, or found it mended: an alarm without a rule of the engine."""

    received_at_ms: int
    rule: str
    """`tocsin.` and what it is about, such as tocsin.self-test."""
    subject: str
    on: bool
    severity: Literal["red", "orange", "yellow", "blue"]
    reason: str
    enterprise: str = ""


Act = OperatorAction | OverrideAction | DisposalAction | NoticeAction | OwnCondition
"""What changes the alarm book without the engine."""

Entry = Readings | Tick | SourceUp | SourceDown | DeviceDown | Configuration | Act
