"""A data folder as a service would leave it, made without a broker."""

from dataclasses import dataclass
from pathlib import Path

from plant.batch import Batch
from plant.entries import Entry, Readings, SourceUp, Tick
from plant.quality import Quality
from tocsin.configuration import read_configuration
from tocsin.init import write_example
from tocsin.runtime.core import Core

START_MS = 1_700_000_000_000


@dataclass(frozen=True)
class Made:
    """`alarm` is the id of an alarm that is active and unacknowledged in `data`, raised at START_MS + 2000."""

    site: Path
    data: Path
    alarm: str


def make_data_folder(folder: Path) -> Made:
    """The example site, and a spark of its dust collector (E002-SPARK-01) on the record."""
    site, data = folder / "site", folder / "data"
    write_example(site)
    core = Core.open(data, read_configuration(site), (), START_MS)
    number = core.registry.registry.number_of("E002-SPARK-01")
    assert number is not None
    entries: list[Entry] = [
        SourceUp(START_MS + 1000, "broker"),
        _spark(number, START_MS + 2000, 1.0),
        _spark(number, START_MS + 3000, 1.0),
        Tick(START_MS + 4000),
    ]
    position = core.append(entries)
    for commit in core.decide(list(enumerate(entries, position))):
        core.record(commit)
    (alarm,) = [a.alarm for a in core.book.alarms() if a.rule == "dust-spark"]
    core.checkpoint()()
    core.close()
    return Made(site, data, alarm)


def _spark(number: int, at_ms: int, value: float) -> Readings:
    batch = Batch.of([(number, at_ms, value, Quality.GOOD)])
    return Readings(at_ms, batch, "broker")
