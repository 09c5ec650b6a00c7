"""Whether the audit trail is what it was: its chain, against the journal, against heads known from elsewhere."""

from collections.abc import Callable, Collection, Iterator
from typing import Final, NamedTuple, get_args

import msgspec

from alerts.audit import Audited, AuditEntry, Verifier, entry_of
from plant.entries import Configuration, DisposalAction, Position
from tocsin.book.audit import entries
from tocsin.database import Database
from tocsin.evidence import EvidenceStore
from tocsin.log.reader import JournalReader

_AUDITED: Final = (Configuration, *(kind for kind in get_args(Audited) if kind is not Configuration))
_TOLD_EVERY: Final = 2000

Progress = Callable[[float, float], None]
"""(done, total)"""


class Checked(NamedTuple):
    """What was found. `mistakes` is empty where everything holds; of the chain only the first one is named."""

    entries: int
    compared: int
    """How many of them the journal still holds."""
    evidence: int
    """How many pieces were read."""
    head: str
    """The last entry's hash; empty for an empty trail."""
    last_at: int | None
    mistakes: tuple[str, ...]


class _Compared:
    """The journal's entries that belong into the trail, beside the trail."""

    def __init__(self, reader: JournalReader, end: Position, progress: Progress) -> None:
        self._first = reader.first
        self._end = end
        self._entries = self._read(reader, progress)
        self._next = next(self._entries, None)
        self.count = 0

    def _read(self, reader: JournalReader, progress: Progress) -> Iterator[tuple[Position, Audited]]:
        for position, entry in reader.read(self._first, self._end):
            if isinstance(entry, _AUDITED):
                yield position, entry
            if position % _TOLD_EVERY == 0:
                progress(position - self._first, self._end - self._first)

    def take(self, entry: AuditEntry) -> str | None:
        """Why the journal does not say what this entry of the trail does."""
        if entry.position < self._first:
            return None
        if self._next is not None and self._next[0] < entry.position:
            return self.left()
        if self._next is None or self._next[0] > entry.position:
            return f"entry {entry.seq}: the journal holds no such entry at position {entry.position}"
        if self._next[1] != entry_of(entry):
            return f"entry {entry.seq}: the journal says something else at position {entry.position}"
        self._next = next(self._entries, None)
        self.count += 1
        return None

    def left(self) -> str | None:
        """What the journal holds and the trail does not."""
        if self._next is None:
            return None
        position, entry = self._next
        return f"position {position} of the journal ({type(entry).__name__}) is not in the trail"


def check_audit(
    db: Database,
    reader: JournalReader,
    evidence: EvidenceStore,
    heads: Collection[str] = (),
    progress: Progress = lambda _done, _total: None,
) -> Checked:
    """Check the whole trail of a book, also while the service writes it. `heads` are hashes that must be in it."""
    with db.view():  # one view of position and trail
        position = int(db.execute("SELECT value FROM meta WHERE key = 'position'").fetchone()[0])
        return _check(entries(db), _Compared(reader, position, progress), evidence, set(heads))


def _check(trail: Iterator[AuditEntry], journal: _Compared, store: EvidenceStore, unseen: set[str]) -> Checked:
    verifier = Verifier()
    mistakes: list[str] = []
    filed: dict[str, str] = {}
    for entry in trail:
        mistake = verifier.take(entry)
        if mistake is not None:
            mistakes.append(f"entry {mistake.seq}: {mistake.reason}")
            break
        unseen.discard(entry.hash)
        if wrong := journal.take(entry):
            mistakes.append(wrong)
            break
        if entry.what == "disposal.evidence" and not entry.refused:
            filed |= _evidence(entry)
    else:
        if wrong := journal.left():
            mistakes.append(wrong)
    mistakes += [f"head {head} is not in the trail" for head in sorted(unseen)]
    for digest, about in filed.items():
        if (reason := store.check(digest)) is not None:
            mistakes.append(f"evidence of {about}: {reason}")
    last = verifier.last
    return Checked(
        entries=0 if last is None else last.seq,
        compared=journal.count,
        evidence=len(filed),
        head="" if last is None else last.hash,
        last_at=None if last is None else last.at,
        mistakes=tuple(mistakes),
    )


def _evidence(entry: AuditEntry) -> dict[str, str]:
    action = msgspec.json.decode(entry.form, type=DisposalAction)
    return {action.fields["sha256"]: f"alarm {entry.about}, {action.fields['name']}"}
