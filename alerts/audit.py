"""The audit trail: who did what, each entry bound to the one before it by a hash (pure).

hash = SHA-256 over the UTF-8 of the JSON array of everything else in the entry, `previous` included. The first entry's
`previous` is `genesis` of it: of what the data folder began with. So no entry can be changed, left out, put in or moved
without every later hash being another.
"""

from collections.abc import Iterable
from dataclasses import MISSING, fields
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec

from plant.entries import (
    Act,
    Configuration,
    DisposalAction,
    NoticeAction,
    OperatorAction,
    OverrideAction,
    OwnCondition,
    Position,
)

FORMAT: Final = 1

Audited = Act | Configuration
"""What is in the trail: what people did, what Tocsin found of itself, what came into force."""


class Audit(NamedTuple):
    """An entry of the log to be put into the trail. `refused` says why it changed nothing; empty: it took effect."""

    position: Position
    entry: Audited
    refused: str = ""


class AuditEntry(msgspec.Struct, frozen=True):
    """One link of the chain, in the order of its fields."""

    seq: int
    """1, 2, 3, ... without a gap."""
    position: Position
    at: int
    """The received_at_ms of the log's entry."""
    who: str
    what: str
    """The entry's kind and its action, such as `operator.acknowledge`."""
    about: str
    """The alarm, override, call, subject, or the configuration's digest."""
    form: str
    """The entry of the log as JSON, keys in order."""
    refused: str
    previous: str
    """The hash of the entry before."""
    hash: str


class Mistake(NamedTuple):
    """The first entry that does not hold, and why."""

    seq: int
    reason: str


def genesis(position: Position, at: int, form: str) -> str:
    """What a chain hangs on that begins with this entry, 64 hex digits."""
    return _digest(["tocsin audit", FORMAT, position, at, form])


def link(seq: int, previous: str, audit: Audit) -> AuditEntry:
    """The next entry of the chain whose last entry has the hash `previous`."""
    who, what, about = _said(audit.entry)
    position, at, form = audit.position, audit.entry.received_at_ms, form_of(audit.entry)
    return _hashed(AuditEntry(seq, position, at, who, what, about, form, audit.refused, previous, ""))


def chain(previous: AuditEntry | None, audits: Iterable[Audit]) -> list[AuditEntry]:
    """The entries that go on from `previous` (None: the chain begins)."""
    linked: list[AuditEntry] = []
    for audit in audits:
        previous = (
            link(1, _genesis_of(audit), audit) if previous is None else link(previous.seq + 1, previous.hash, audit)
        )
        linked.append(previous)
    return linked


class Verifier:
    """Checks a chain entry by entry, from its beginning."""

    def __init__(self) -> None:
        self.last: AuditEntry | None = None

    def take(self, entry: AuditEntry) -> Mistake | None:
        """None where the entry holds. After a mistake, what follows means nothing."""
        last, self.last = self.last, entry
        expected = 1 if last is None else last.seq + 1
        if entry.seq != expected:
            return Mistake(expected, f"is missing, entry {entry.seq} follows")
        if entry.hash != _hashed(entry).hash:
            return Mistake(entry.seq, "was changed: its hash is another's")
        if entry.previous != (genesis(entry.position, entry.at, entry.form) if last is None else last.hash):
            return Mistake(entry.seq, "does not follow from the entry before it")
        try:
            of_log = entry_of(entry)
        except ValueError as error:
            return Mistake(entry.seq, str(error))
        if (*_said(of_log), of_log.received_at_ms) != (entry.who, entry.what, entry.about, entry.at):
            return Mistake(entry.seq, "its columns do not say what its form does")
        if last is not None and (entry.position <= last.position or entry.at < last.at):
            return Mistake(entry.seq, "stands out of order")
        return None


def verify(entries: Iterable[AuditEntry]) -> Mistake | None:
    """The first mistake of a whole chain; None where it holds."""
    verifier = Verifier()
    return next((mistake for entry in entries if (mistake := verifier.take(entry)) is not None), None)


def form_of(entry: Audited) -> str:
    """An entry of the log as one JSON object, keys in order: the same text for the same entry.

    What is as it is by default is left out, so that a field that comes later changes no old text.
    """
    shown = {}
    for field in fields(entry):
        value = getattr(entry, field.name)
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if (field.default is MISSING and field.default_factory is MISSING) or value != default:
            shown[field.name] = value
    return msgspec.json.encode(shown, order="sorted").decode()


def entry_of(entry: AuditEntry) -> Audited:
    """The entry of the log that an entry of the trail is of. ValueError if it can't be read."""
    kind = _KINDS.get(entry.what.partition(".")[0])
    if kind is None:
        raise ValueError(f"{entry.what!r} is no kind of entry, allowed are {', '.join(_KINDS)}")
    try:
        return msgspec.json.decode(entry.form, type=kind)
    except msgspec.MsgspecError as error:
        raise ValueError(f"its form can't be read: {error}") from error


_KINDS: Final[dict[str, type[Audited]]] = {
    "operator": OperatorAction,
    "override": OverrideAction,
    "disposal": DisposalAction,
    "notice": NoticeAction,
    "own": OwnCondition,
    "configuration": Configuration,
}


def _genesis_of(first: Audit) -> str:
    return genesis(first.position, first.entry.received_at_ms, form_of(first.entry))


def _said(entry: Audited) -> tuple[str, str, str]:
    """(who, what, about)"""
    match entry:
        case OperatorAction():
            return entry.by, f"operator.{entry.action}", entry.alarm
        case OverrideAction():
            return entry.by, f"override.{entry.action}", entry.override
        case DisposalAction():
            return entry.by, f"disposal.{entry.action}", entry.alarm
        case NoticeAction():
            return entry.by, f"notice.{entry.action}", entry.call
        case OwnCondition():
            return "tocsin", f"own.{'on' if entry.on else 'off'}", f"{entry.rule} {entry.subject}"
        case Configuration():
            return entry.who, f"configuration.{entry.kind}", entry.digest


def _hashed(entry: AuditEntry) -> AuditEntry:
    facts = [getattr(entry, name) for name in entry.__struct_fields__ if name != "hash"]
    return msgspec.structs.replace(entry, hash=_digest([FORMAT, *facts]))


def _digest(facts: list[object]) -> str:
    return sha256(msgspec.json.encode(facts)).hexdigest()
