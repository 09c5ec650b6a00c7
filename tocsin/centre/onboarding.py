"""Devices that send what no point stands for, and the rows of points.csv that they would become."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ingest import unknown_store
from ingest.guess import Guess, guess_kind
from ingest.unknown import UnknownDevice
from plant.site_reader.columns import TABLES
from tocsin.accounts.roles import Permission, Principal
from tocsin.centre.errors import NotFoundError, RefusedError, UnavailableError
from tocsin.centre.grounds import Grounds
from tocsin.centre.sight import demand
from tocsin.log.layout import UNKNOWN
from tocsin.onboarding.points_file import FILE
from tocsin.onboarding.proposal import AdoptionError, Wish, propose_rows
from tocsin.records import Records


class Unknown(NamedTuple):
    """An unknown device, what each of its keys probably is, and the units of the site in which it may stand."""

    device: UnknownDevice
    guesses: Mapping[str, Guess | None]
    units: Sequence[str]


class Proposed(NamedTuple):
    """Rows by column name, and as lines of CSV with a header, in the order of `columns`."""

    rows: list[dict[str, str]]
    columns: tuple[str, ...]
    lines: str


class Onboarding:
    """Thread-safe. Nothing is written: the site folder is the engineer's, on whichever machine it lies."""

    def __init__(self, records: Records, grounds: Grounds) -> None:
        self._records = records
        self._grounds = grounds

    def unknown(self, principal: Principal) -> list[Unknown]:
        """Those in sight, the latest first; what belongs to no enterprise only for who sees the whole site."""
        demand(principal, Permission.ONBOARD)
        grounded = self._grounds.now()
        sight = grounded.sight(principal)
        of_enterprise: dict[str, list[str]] = {}
        for unit in grounded.site.units.values():
            if sight.sees(unit.enterprise):
                of_enterprise.setdefault(unit.enterprise, []).append(unit.unit)
        everywhere = [unit for units in of_enterprise.values() for unit in units]
        known = sight.enterprises
        return [
            Unknown(
                device,
                {key: guess_kind(key, seen) for key, seen in device.keys.items()},
                of_enterprise.get(device.enterprise, []) if device.enterprise else everywhere,
            )
            for device in self._load()
            if (device.enterprise in known if device.enterprise in grounded.site.enterprises else sight.whole)
        ]

    def propose(self, principal: Principal, topic: str, device: str, wish: Wish) -> Proposed:
        """The rows that a device would become. NotFoundError; RefusedError says what must be told."""
        found = next((u for u in self.unknown(principal) if (u.device.topic, u.device.device) == (topic, device)), None)
        if found is None:
            raise NotFoundError(f"there is no unknown device {device} on {topic}")
        if wish.unit and wish.unit not in found.units:
            raise RefusedError(f"there is no unit {wish.unit} where {device} could stand")
        try:
            rows = propose_rows(found.device, self._grounds.now().site, wish)
        except AdoptionError as error:
            raise RefusedError(str(error)) from error
        used = {name for row in rows for name, cell in row.items() if cell}
        columns = tuple(column.name for column in TABLES[FILE] if column.name in used)
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return Proposed(rows, columns, text.getvalue())

    def _load(self) -> list[UnknownDevice]:
        try:
            saved = unknown_store.load(self._records.data / UNKNOWN)
        except (OSError, ValueError) as error:
            raise UnavailableError(str(error)) from error
        return saved.devices if saved is not None else []
