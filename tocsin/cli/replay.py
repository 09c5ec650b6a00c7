"""`tocsin replay`: the events of a recorded feed, of a journal, or of the logs in Kafka, again. Opens no channel."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import IO, TYPE_CHECKING, Annotated

import typer

from ingest.feed import count_entries, entries_of_feed, read_feed
from plant.entries import Readings
from plant.registry import PointRegistry
from rules.events import AlarmEvent, event_json
from tocsin.book import Commit
from tocsin.cli.options import existing
from tocsin.cli.progress import Advance, bar
from tocsin.cli.times import window_ms
from tocsin.clock import SystemClock
from tocsin.configuration import Configured, read_configuration
from tocsin.runtime.fold import Fold, Numbered, in_groups
from tocsin.runtime.reading import fold_of_journal

if TYPE_CHECKING:
    from tocsin.settings.kafka import KafkaSettings


def replay(
    feed: Annotated[Path | None, typer.Argument(metavar="FEED", help="A recorded feed (CSV, .gz, Parquet).")] = None,
    site: Annotated[Path | None, typer.Option("--site", help="The site folder.")] = None,
    journal: Annotated[Path | None, typer.Option("--journal", help="A data folder, instead of a feed.")] = None,
    kafka: Annotated[bool, typer.Option("--kafka", help="The logs in Kafka, instead of a feed.")] = False,
    config: Annotated[Path | None, typer.Option("--config", help="With --kafka: the settings, with [kafka].")] = None,
    shard: Annotated[
        int | None, typer.Option("--shard", metavar="K", min=0, help="With --kafka: of this shard only.")
    ] = None,
    from_offset: Annotated[
        str | None, typer.Option("--from-offset", metavar="K:N", help="With --kafka: of shard K from its entry N on.")
    ] = None,
    since: Annotated[str | None, typer.Option("--from", help="Events from this time (ms or RFC 3339).")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Events before this time.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the events here instead of to stdout.")] = None,
    speed: Annotated[str, typer.Option("--speed", help="max, or seconds of the feed in one second.")] = "max",
    skip_unknown: Annotated[bool, typer.Option("--skip-unknown", help="Leave rows of unknown points out.")] = False,
) -> None:
    """Print the events of a feed, a journal or the logs in Kafka, in order of (at, rule, subject, side)."""
    if kafka:
        if feed is not None or journal is not None or site is not None or skip_unknown or speed != "max":
            raise typer.BadParameter("--kafka goes with --config, --shard, --from-offset, --from, --to and --out")
        _replay_kafka(_kafka_of(config), _part(shard, from_offset), window_ms(since, until), out)
        return
    if config is not None or shard is not None or from_offset is not None:
        raise typer.BadParameter("--config, --shard and --from-offset belong to --kafka")
    if (feed is None) == (journal is None):
        raise typer.BadParameter("give either FEED with --site, or --journal, or --kafka")
    if feed is not None and site is None:
        raise typer.BadParameter("a FEED needs --site")
    if journal is not None and (site is not None or skip_unknown):
        raise typer.BadParameter("--site and --skip-unknown belong to a FEED; a journal holds its own site")
    window = window_ms(since, until)
    pace = _pace(speed)
    clock = SystemClock()
    with ExitStack() as stack:
        advance = stack.enter_context(bar("replay"))
        began_s = clock.monotonic_s()
        source: _Feed | _Journal
        if feed is not None and site is not None:
            source = _Feed(feed, read_configuration(site), skip_unknown, advance)
        else:
            source = _Journal(existing(journal or Path()))
        # Only now: a feed that can't be read leaves an older file as it is.
        target: IO[bytes] = stack.enter_context(out.open("wb")) if out is not None else sys.stdout.buffer
        printer = _Printer(window, pace, target)
        for group in source.groups(advance, 1 << 16 if pace is None else 1):
            printer.take(group, source.fold.apply(group))
        printer.finish()
        took_s = clock.monotonic_s() - began_s
    _sum_up(source.readings, printer.count, took_s, {"rows of unknown points left out": source.skipped})


def _replay_kafka(
    settings: "KafkaSettings",
    part: tuple[int | None, int | None],
    window: tuple[int | None, int | None],
    out: Path | None,
) -> None:
    from tocsin.scale.replay import Replayed, replay
    from tocsin.worker.divisions import Divisions

    shard, from_offset = part
    if shard is not None and shard > settings.partitions:
        raise typer.BadParameter(f"there is no shard {shard}, allowed are 0 to {settings.partitions}")
    clock, replayed = SystemClock(), Replayed()
    with ExitStack() as stack:
        advance = stack.enter_context(bar("replay"))
        began_s = clock.monotonic_s()
        divisions = Divisions(settings)
        stack.callback(divisions.close)
        shards = None if shard is None else [shard]
        again = replay(
            settings, divisions, replayed, advance, shards=shards, from_ms=window[0], from_offset=from_offset
        )
        events = list(again)
        # Only now: logs that can't be read leave an older file as it is.
        target: IO[bytes] = stack.enter_context(out.open("wb")) if out is not None else sys.stdout.buffer
        printer = _Printer(window, None, target)
        printer.hold(events)
        printer.finish()
        took_s = clock.monotonic_s() - began_s
    for sentence in replayed.gone:
        print(sentence, file=sys.stderr)
    _sum_up(replayed.readings, printer.count, took_s, {"records that can't be read": replayed.unreadable})


def _sum_up(readings: int, events: int, took_s: float, more: Mapping[str, int]) -> None:
    rest = "".join(f", {count} {what}" for what, count in more.items() if count)
    rate = readings / max(took_s, 1e-9)
    print(f"{readings} readings, {events} events in {took_s:.2f} s: {rate:,.0f} readings/s{rest}", file=sys.stderr)


class _Feed:
    """A recorded feed under a site folder's rules."""

    def __init__(self, path: Path, configured: Configured, skip_unknown: bool, advance: Advance) -> None:
        registry = PointRegistry(configured.site.points)
        self._feed = read_feed(path, registry, skip_unknown, lambda done, total: advance(done, total * 2))
        self.readings, self.skipped = len(self._feed), self._feed.skipped
        self.fold = Fold.fresh(configured, registry, lambda digest: configured)

    def groups(self, advance: Advance, most_entries: int) -> Iterator[list[Numbered]]:
        total = count_entries(self._feed)
        for group in in_groups(enumerate(entries_of_feed(self._feed)), most_entries=most_entries):
            yield group
            advance(total + group[-1][0], total * 2)


class _Journal:
    """A data folder's journal under the rules that were in force."""

    skipped = 0

    def __init__(self, data: Path) -> None:
        self._reader, self.fold, self._start = fold_of_journal(data)
        self.readings = 0

    def groups(self, advance: Advance, most_entries: int) -> Iterator[list[Numbered]]:
        start, end = self._start, self._reader.end
        for group in in_groups(self._reader.read(start, end), most_entries=most_entries):
            self.readings += sum(len(entry.batch) for _, entry in group if isinstance(entry, Readings))
            yield group
            advance(group[-1][0] - start, end - start)


class _Printer:
    """Holds events back until all are known, or (paced) prints them as their time comes."""

    def __init__(self, window: tuple[int | None, int | None], pace: float | None, out: IO[bytes]) -> None:
        self._since, self._until = window
        self._pace = pace
        self._out = out
        self._events: list[AlarmEvent] = []
        self._last_ms: int | None = None
        self.count = 0

    def take(self, group: list[Numbered], commits: Iterable[Commit]) -> None:
        self.hold(step for c in commits for _, step in c.steps if isinstance(step, AlarmEvent))
        if self._pace is None:
            return
        received_ms = group[-1][1].received_at_ms
        if self._last_ms is not None and received_ms > self._last_ms:
            Event().wait((received_ms - self._last_ms) / 1000 / self._pace)
        self._last_ms = received_ms
        self.finish()

    def hold(self, events: Iterable[AlarmEvent]) -> None:
        """Keep them until `finish`."""
        self._events += events

    def finish(self) -> None:
        """Print what is held, in order of (at, rule, subject, side), then as it happened."""
        for event in sorted(self._events, key=lambda e: (e.at, e.rule, e.subject, e.side)):
            if (self._since is None or event.at >= self._since) and (self._until is None or event.at < self._until):
                self._out.write(event_json(event) + b"\n")
                self.count += 1
        self._events.clear()
        self._out.flush()


def _pace(speed: str) -> float | None:
    if speed == "max":
        return None
    try:
        pace = float(speed)
    except ValueError:
        pace = 0.0
    if not 0.0 < pace <= 1e6:
        raise typer.BadParameter(f"--speed is {speed}, allowed are max and a number above 0")
    return pace


def _kafka_of(config: Path | None) -> "KafkaSettings":
    from tocsin.cli.scale import kafka_of

    if config is None:
        raise typer.BadParameter("--kafka needs --config, whose [kafka] names the brokers")
    return kafka_of(config)


def _part(shard: int | None, from_offset: str | None) -> tuple[int | None, int | None]:
    """(shard, first entry whose events are printed); None: every shard, every entry."""
    if from_offset is None:
        return shard, None
    number, colon, offset = from_offset.partition(":")
    if not (colon and number.isdecimal() and offset.isdecimal()) or shard not in (None, int(number)):
        raise typer.BadParameter(f"--from-offset is {from_offset}, allowed is K:N, entry N of shard K, such as 3:12000")
    return int(number), int(offset)
