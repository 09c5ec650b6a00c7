"""Which incident an open alarm belongs to, and whether it was the first of it: for lists of many alarms."""

from collections.abc import Collection
from typing import NamedTuple

from tocsin.book.incidents import incidents_of
from tocsin.centre.alarms import reading
from tocsin.records import Records


class Mark(NamedTuple):
    """`first_out`: the alarm was raised first; what came after may follow from it."""

    incident: str
    first_out: bool
    alarms: int
    """How many the incident has had."""


class Marks:
    """Knows nothing of sight: whoever shows a mark shows its alarm."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def of(self, alarms: Collection[str]) -> dict[str, Mark]:
        """By alarm; those in no incident are left out. UnavailableError."""
        with reading(self._records) as db:
            found = incidents_of(db, alarms)
        return {alarm: Mark(i.id, i.first_out == alarm, i.alarms) for alarm, i in found.items()}
