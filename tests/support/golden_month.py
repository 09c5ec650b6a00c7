"""A month of the example county: the simulators' leak on some days, people who answer, disposals that are closed."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from plant.batch import Batch
from plant.entries import DisposalAction, Entry, OperatorAction, Readings
from simulators import Simulation, load_scenario
from tocsin.configuration import read_configuration
from tocsin.drill.entries import entries_of
from tocsin.init import write_example
from tocsin.runtime.core import Core

ZONE = ZoneInfo("Asia/Shanghai")
DAYS = (1, 4, 9, 15, 22, 30)
"""Of October 2025: on each the leak comes again, with a seed of its own."""


def at_ms(day: int, hour: int = 0) -> int:
    return round(datetime(2025, 10, day, hour, tzinfo=ZONE).timestamp() * 1000)


def make_month(folder: Path) -> Path:
    """The data folder."""
    site, data = folder / "site", folder / "data"
    write_example(site)
    configured = read_configuration(site)
    core = Core.open(data, configured, (), at_ms(1))
    for seed, day in enumerate(DAYS):
        scenario = load_scenario("leak", configured.site)
        start_ms = at_ms(day, 9)
        shift_ms = start_ms - scenario.start_ms
        simulation = Simulation(configured.site, scenario, seed)
        end_ms = scenario.start_ms + scenario.duration_ms
        entries = [_later(entry, shift_ms) for _, entry in entries_of(simulation.feeds(), scenario.start_ms, end_ms)]
        _take(core, entries)
        _answer(core, end_ms + shift_ms, seed)
    core.checkpoint()()
    core.close()
    return data


def _take(core: Core, entries: list[Entry]) -> None:
    first = core.append(entries)
    for commit in core.decide(list(enumerate(entries, first))):
        core.record(commit)


def _answer(core: Core, now_ms: int, seed: int) -> None:
    """Two in three alarms are acknowledged, the enterprise first where the seed is even; red ones are disposed of."""
    tier = "enterprise" if seed % 2 == 0 else "centre"
    entries: list[Entry] = []
    for i, alarm in enumerate(sorted(core.book.alarms(), key=lambda a: (a.raised_at, a.alarm))):
        now_ms += 1000
        if i % 3 < 2 and alarm.acknowledged_at is None:
            by = "wang" if tier == "enterprise" else "li"
            entries.append(OperatorAction(now_ms, "acknowledge", alarm.alarm, by, tier=tier))  # type: ignore[arg-type]
        if alarm.worst_severity == "red" and i % 2 == 0:
            for name, by, fields in (
                ("start", "wang", {}),
                ("cause", "wang", {"code": "release.leak"}),
                ("submit", "wang", {}),
                ("verify", "li", {}),
                ("close", "li", {"why": "the valve is shut"}),
            ):
                now_ms += 60_000
                entries.append(DisposalAction(now_ms, name, alarm.alarm, by, fields))  # type: ignore[arg-type]
    if entries:
        _take(core, entries)


def _later(entry: Entry, by_ms: int) -> Entry:
    """The same, so much later; timestamps of readings move along."""
    moved = replace(entry, received_at_ms=entry.received_at_ms + by_ms)
    if isinstance(moved, Readings):
        batch = moved.batch
        measured = batch.measured_at_ms + by_ms
        return replace(moved, batch=Batch(batch.point, measured, batch.value, batch.quality))
    return moved
