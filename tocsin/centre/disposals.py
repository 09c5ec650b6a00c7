"""Disposals in sight: lists, one with every step, evidence, causes, and the steps that people take."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

from alerts.disposal.causes import all_causes, cause_words
from alerts.disposal.fields import read_fields
from alerts.disposal.machine import DisposalState
from alerts.disposal.record import Disposal, DisposalStep
from plant.entries import DisposalActionName
from tocsin.accounts.roles import Permission, Principal
from tocsin.book import BookReader
from tocsin.book.disposals import UNDER_WAY, disposals, disposals_of, steps_of
from tocsin.centre.acts import Acts
from tocsin.centre.alarms import reading
from tocsin.centre.disposal_offers import Offer, offers, permission_of
from tocsin.centre.errors import NotFoundError, RefusedError
from tocsin.centre.grounds import Grounds
from tocsin.centre.sight import demand, demand_sight
from tocsin.database import Database
from tocsin.evidence import LARGEST_BYTES, EvidenceError, EvidenceStore
from tocsin.log.layout import EVIDENCE
from tocsin.records import Records
from tocsin.runtime.control import DisposalRequest

MOST: Final = 1000


class DisposalStory(NamedTuple):
    """A disposal and every step of it, in order."""

    disposal: Disposal
    steps: tuple[DisposalStep, ...]


class EvidenceFile(NamedTuple):
    """A piece of evidence; `chunks` is read once, and breaks off with EvidenceError where the file was changed."""

    name: str
    kind: str
    size: int
    chunks: Iterator[bytes]


class CentreDisposals:
    """Thread-safe; every call may block for a moment. UnavailableError while the book can't be read."""

    def __init__(self, records: Records, grounds: Grounds, acts: Acts) -> None:
        self._records = records
        self._grounds = grounds
        self._acts = acts

    def page(
        self,
        principal: Principal,
        states: Collection[DisposalState] = UNDER_WAY,
        *,
        enterprises: Collection[str] | None = None,
        overdue: bool = False,
        limit: int = 100,
        exercise: bool = False,
    ) -> list[Disposal]:
        """Those in sight, the newest first; of these enterprises, and overdue ones alone, where that is asked."""
        demand(principal, Permission.VIEW)
        sight = self._grounds.now().sight(principal)
        only = sight.narrowed(None if enterprises is None else frozenset(enterprises))
        with reading(self._records, exercise=exercise) as db:
            return disposals(db, states, None, min(limit, MOST), enterprises=only, overdue=overdue)

    def of_alarm(self, principal: Principal, alarm: str, *, exercise: bool = False) -> list[DisposalStory]:
        """The disposals that an alarm opened or that were about it last, the newest first. NotFoundError: no alarm."""
        demand(principal, Permission.VIEW)
        with reading(self._records, exercise=exercise) as db:
            self._demand_alarm(principal, db, alarm)
            return [DisposalStory(d, tuple(steps_of(db, d))) for d in disposals_of(db, alarm)]

    def step(
        self, principal: Principal, alarm: str, action: DisposalActionName, fields: dict[str, str] | None = None
    ) -> None:
        """Take a step. `fields` are those of alerts/disposal/fields.py. ValueError: they are not; RefusedError."""
        demand(principal, permission_of(action))
        if action == "evidence":
            raise ValueError("evidence is filed with its file")
        self._act(principal, alarm, action, fields or {})

    def file_evidence(
        self, principal: Principal, alarm: str, name: str, kind: str, source: Path, text: str = ""
    ) -> str:
        """Keep a copy of the file `source`, and file it under what it is called; its SHA-256. ValueError, RefusedError.

        The copy is kept even where the step is refused: nobody is told of it then, and it can be filed again.
        """
        demand(principal, Permission.DISPOSE)
        with reading(self._records) as db:
            self._demand_alarm(principal, db, alarm)
        length = source.stat().st_size
        if not 0 < length <= LARGEST_BYTES:
            raise ValueError(f"{name} has {length} bytes, allowed are 1 to {LARGEST_BYTES}")
        told = {"name": name, "kind": kind} | ({"text": text} if text else {})
        read_fields("evidence", {**told, "sha256": "0" * 64, "bytes": str(length)})
        try:
            stored = EvidenceStore(self._records.data / EVIDENCE).put(source)
        except EvidenceError as error:
            raise RefusedError(str(error).removeprefix(f"{source}: ")) from error
        fields = {**told, "sha256": stored.sha256, "bytes": str(stored.bytes)}
        self._act(principal, alarm, "evidence", fields)
        return stored.sha256

    def evidence(self, principal: Principal, alarm: str, sha256: str) -> EvidenceFile:
        """A piece that was filed with a disposal of this alarm. NotFoundError."""
        for _, steps in self.of_alarm(principal, alarm):
            for step in steps:
                if step.name == "evidence" and step.fields.get("sha256") == sha256:
                    chunks = self._chunks(sha256)
                    return EvidenceFile(
                        step.fields["name"], step.fields.get("kind", ""), int(step.fields["bytes"]), chunks
                    )
        raise NotFoundError(f"there is no evidence {sha256[:64]} of alarm {alarm}")

    def offers(self, principal: Principal, record: Disposal | None, now_ms: int) -> list[Offer]:
        """Every step, and why those are not to be taken that are not."""
        return offers(principal, record, self._grounds.now().configured.routes.disposal, now_ms)

    def causes(self, principal: Principal, lang: Literal["zh", "en"]) -> dict[str, str]:
        """The causes that may be named and their words: the product's and the site's."""
        demand(principal, Permission.VIEW)
        own = self._grounds.now().configured.routes.disposal.causes
        return {code: cause_words(code, own, lang) for code in all_causes(own)}

    def assignees(self, principal: Principal, alarm: str) -> dict[str, str]:
        """Who may be given the disposal: contact -> name. Of an enterprise only its own people see each other."""
        demand(principal, Permission.DISPOSE)
        with reading(self._records) as db:
            enterprise = self._demand_alarm(principal, db, alarm)
        now = self._grounds.now()
        owner = now.site.enterprises.get(enterprise)
        above = set(now.places.regions_of(owner.region)) if owner is not None else set()
        people = {enterprise} if principal.tier == "enterprise" else {enterprise, "", None, *above}
        return {c.contact: c.name for c in now.site.contacts.values() if c.region_or_enterprise in people}

    def _chunks(self, sha256: str) -> Iterator[bytes]:
        store = EvidenceStore(self._records.data / EVIDENCE)
        chunks = store.read(sha256)
        try:
            first = next(chunks, b"")
        except (EvidenceError, OSError):
            raise NotFoundError(f"the evidence {sha256[:64]} is not in the data folder any more") from None
        return _behind(first, chunks)

    def _act(self, principal: Principal, alarm: str, action: DisposalActionName, fields: dict[str, str]) -> None:
        read_fields(action, fields)
        with reading(self._records) as db:
            self._demand_alarm(principal, db, alarm)
        self._acts.act(DisposalRequest(action, alarm, principal.by, fields, principal.tier))

    def _demand_alarm(self, principal: Principal, db: Database, alarm: str) -> str:
        """Its enterprise."""
        record = BookReader(db).alarm(alarm)
        if record is None:
            raise NotFoundError(f"there is no alarm {alarm}")
        demand_sight(self._grounds.now().sight(principal), record.enterprise, f"alarm {alarm}")
        return record.enterprise


def _behind(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
