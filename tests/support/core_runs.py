"""Random cases through the durable core, as the service drives it: appended, decided, booked, stopped anywhere."""

import csv
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from random import Random

import msgspec
from support.random_cases import Case

from alerts.targets import Target
from plant.entries import OPERATOR_ACTIONS, Configuration, Entry, OperatorAction
from plant.site import Point, Site
from rules.engine import STATE_VERSION
from rules.schema import Rule
from tocsin.configuration import Configured, read_configuration, restore_configuration
from tocsin.log.layout import CHECKPOINTS, REGISTRY
from tocsin.log.registry_file import RegistryFile
from tocsin.runtime.core import Core

TARGETS = (Target("centre"), Target("on duty", min_severity="orange"))
POINT_CELLS = tuple(f.name for f in fields(Point) if f.name not in ("enterprise", "line"))


def write_case_site(folder: Path, site: Site) -> Path:
    """The site of a case as a folder, without rules."""
    folder.mkdir(parents=True)
    (folder / "site.yaml").write_text("name: random\ntimezone: Asia/Shanghai\npacks: []\n", encoding="utf-8")
    _write(folder / "enterprises.csv", ("enterprise", "name", "region"), [("E1", "One", ""), ("E2", "Two", "")])
    units = [(u.unit, u.enterprise, u.name, u.kind) for u in site.units.values()]
    _write(folder / "units.csv", ("unit", "enterprise", "name", "kind"), units)
    points = [[_cell(getattr(point, name)) for name in POINT_CELLS] for point in site.points.values()]
    _write(folder / "points.csv", POINT_CELLS, points)
    return folder


def configured_of(site_folder: Path, rules: Sequence[Rule]) -> Configured:
    """A site folder under these rules, as the log would give it back."""
    stored = msgspec.msgpack.decode(read_configuration(site_folder).stored)
    shown = ",".join(rule.model_dump_json(by_alias=True, exclude_unset=True) for rule in rules)
    return restore_configuration(msgspec.msgpack.encode({**stored, "rules": f"[{shown}]".encode()}))


class Run:
    """A data folder that takes a log in, in pieces."""

    def __init__(self, data: Path, case: Case, first: Configured, start_ms: int) -> None:
        self.data = data
        self.configured = first
        data.mkdir(parents=True)
        registry = RegistryFile.open(data / REGISTRY)
        registry.assign(case.registry.ids)
        registry.close()
        self.core = self._open(start_ms)

    def append(self, entries: Sequence[Entry], *, decide: bool = True) -> None:
        """Make entries durable; without `decide` the process ends before it could decide them."""
        first = self.core.append(entries)
        if decide:
            for commit in self.core.decide(list(enumerate(entries, first))):
                self.core.record(commit)

    def configure(self, entry: Configuration, configured: Configured) -> None:
        """What is in force from this entry on; its bytes are kept before the entry is written."""
        assert self.core.snapshots.put(configured.stored) == entry.digest
        self.configured = configured

    def restart(self, rng: Random) -> None:
        """As after a kill: what is durable stays. The checkpoints may be old, gone, or another version's."""
        what = rng.random()
        if what < 0.4:
            self.core.checkpoint()()
        elif what < 0.6:
            state = {"clock_ms": 5}
            self.core.checkpoints.save(self.core.decided, self.configured.digest, STATE_VERSION + 1, state)
        elif what < 0.7:
            for path in (self.data / CHECKPOINTS).glob("*.ckpt"):
                path.unlink()
        elif what < 0.8 and (newest := max((self.data / CHECKPOINTS).glob("*.ckpt"), default=None)) is not None:
            newest.write_bytes(newest.read_bytes()[:-3])
        self.core.close()
        self.reopen()

    def reopen(self) -> None:
        """Open again what was closed, with whatever is in the folder now."""
        self.core = self._open(self.core.journal.last_received_at_ms or 0)

    def _open(self, now_ms: int) -> Core:
        return Core.open(self.data, self.configured, TARGETS, now_ms, segment_bytes=4_000)


def run_live(data: Path, case: Case, rng: Random) -> tuple[Run, dict[str, Configured]]:
    """A case without a stop, with operators' actions on its alarms put in; (its run, its configurations by digest)."""
    site_folder = write_case_site(data.with_name(data.name + "-site"), case.site)
    configurations: dict[str, Configured] = {}

    def known(rules: Sequence[Rule]) -> Configured:
        configured = configured_of(site_folder, rules)
        return configurations.setdefault(configured.digest, configured)

    last_ms = case.log[0][0].received_at_ms - 1
    run = Run(data, case, known(case.rules), last_ms)
    for entry, rules in case.log:
        last_ms = max(entry.received_at_ms, last_ms + 1)
        entry = replace(entry, received_at_ms=last_ms)
        if isinstance(entry, Configuration) and rules is not None:
            configured = known(rules)
            entry = replace(entry, digest=configured.digest)
            run.configure(entry, configured)
        run.append([entry])
        if rng.random() < 0.15:
            last_ms += 1
            run.append([_action(rng, run, last_ms)])
    return run, configurations


def _action(rng: Random, run: Run, at_ms: int) -> OperatorAction:
    events = run.core.book.events(limit=1_000_000)
    alarm = rng.choice(events).numbered.event.alarm if events and rng.random() < 0.9 else "nosuchalarm"
    return OperatorAction(at_ms, rng.choice(OPERATOR_ACTIONS), alarm, "Li", "", at_ms + rng.choice([1, 5000]))


def _cell(value: object) -> str:
    if value is None:
        return ""
    return " ".join(value) if isinstance(value, tuple) else str(value)


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
