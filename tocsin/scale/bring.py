"""A recorded feed, or the journal of an embedded site, brought into the topics of a cluster."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from ingest.feed import count_entries, entries_of_feed, read_feed
from plant.entries import Configuration, Entry
from tocsin.book import BookReader
from tocsin.configuration import Configured
from tocsin.kafka.admin import check_partitions
from tocsin.kafka.client import producer
from tocsin.kafka.deal import Loaded, under
from tocsin.kafka.division import Division
from tocsin.kafka.errors import KafkaTopicError
from tocsin.kafka.load import load
from tocsin.kafka.partition_log import PartitionLog
from tocsin.kafka.topics import Topics
from tocsin.kafka.version_records import VersionHead
from tocsin.kafka.versions import Versions, put_version
from tocsin.log.layout import BOOK, JOURNAL, REGISTRY
from tocsin.log.reader import JournalReader
from tocsin.log.registry_file import load_registry
from tocsin.log.versions import Version, version_at, versions_of
from tocsin.runtime.reading import resolver
from tocsin.settings.kafka import KafkaSettings

Advance = Callable[[float, float], None]
"""(done, total)"""


def bring_feed(
    settings: KafkaSettings, feed: Path, configured: Configured, now_ms: int, advance: Advance,
    *, skip_unknown: bool = False, append: bool = False,
) -> tuple[Loaded, int]:  # fmt: skip
    """(what was written, rows of unknown points left out). The site becomes version 1 where there is none yet.

    InputError for a feed that can't be read; KafkaTopicError where the topics hold something already and `append` is
    not said; ValueError where another site is in force there.
    """
    _look(settings, append)
    with Versions.open(settings) as versions:
        head = versions.latest
        registry = versions.registry
    if head is None:
        registry.assign(configured.site.points)
    elif head.digest != configured.digest:
        raise ValueError(f"version {head.number} in force there is another than this site folder; `tocsin rules apply`")
    # Before anything is written: a feed that can't be read leaves the topics as they are.
    read = read_feed(feed, registry, skip_unknown)
    number = head.number if head is not None else _put(settings, configured, 0, now_ms, f"with {feed.name}").number
    division = Division(configured.site, configured.rules, registry, settings.partitions)
    total = count_entries(read)
    loaded = load(
        under(entries_of_feed(read), configured, number),
        division,
        producer(settings),
        settings,
        progress=lambda now: advance(now.entries, total),
    )
    return loaded, read.skipped


def bring_journal(
    settings: KafkaSettings, data: Path, now_ms: int, advance: Advance, *, append: bool = False
) -> Loaded:
    """The journal of a data folder with its versions and its point numbers, while no service writes it.

    The alarm book of the folder tells whose alarms people's acts are about. KafkaTopicError where the topics hold
    something else already; ValueError for a journal without a configuration.
    """
    _look(settings, append)
    journal = JournalReader.open(data / JOURNAL)
    start, end = journal.first, journal.end
    all_versions = versions_of(data)
    first = version_at(all_versions, start)
    if first is None:
        raise ValueError(f"{data}: the journal holds no configuration, so nothing can be decided from it")
    kept = [first, *(version for version in all_versions if version.position > max(start, first.position))]
    # A large site takes seconds to read.
    resolve = lru_cache(maxsize=2)(resolver(data))
    numbers = load_registry(data / REGISTRY)
    heads = _put_all(settings, kept, resolve, numbers.ids, now_ms)
    in_force = 0

    def switch(entry: Configuration) -> tuple[Configuration, Division]:
        nonlocal in_force
        later = range(in_force, len(kept))
        in_force = next((i for i in later if kept[i].digest == entry.digest), in_force)
        configured = resolve(kept[in_force].digest)
        division = Division(configured.site, configured.rules, numbers, settings.partitions)
        return replace(entry, version=heads[in_force].number), division

    with ExitStack() as stack:
        book = BookReader.open_for_reading(data / BOOK) if (data / BOOK).exists() else None
        if book is not None:
            stack.callback(book.close)

        @lru_cache(maxsize=10_000)
        def enterprise_of(alarm: str) -> str | None:
            record = book.alarm(alarm) if book is not None else None
            return None if record is None else record.enterprise

        configured = resolve(first.digest)
        return load(
            _entries(journal, start, end, first, configured),
            Division(configured.site, configured.rules, numbers, settings.partitions),
            producer(settings),
            settings,
            switch=switch,
            enterprise_of=enterprise_of,
            progress=lambda now: advance(now.entries, end - start),
        )


def _entries(journal: JournalReader, start: int, end: int, first: Version, configured: Configured) -> Iterator[Entry]:
    entries = (entry for _, entry in journal.read(start, end))
    # Retention has dropped the entry that put the first version into force: it is said anew.
    return entries if first.position == start else under(entries, configured, 0, first.who)


def _put_all(
    settings: KafkaSettings, kept: Sequence[Version], resolve: Callable[[str], Configured],
    ids: Sequence[str], now_ms: int,
) -> list[VersionHead]:  # fmt: skip
    """The journal's versions in `config`, those that a broken-off call has put already included."""
    with Versions.open(settings) as versions:
        there = list(versions.all)
        known = list(versions.registry.ids)
    if [head.digest for head in there] != [version.digest for version in kept[: len(there)]]:
        raise KafkaTopicError(f"{Topics.of(settings).config} holds versions that are not this journal's")
    if known != list(ids[: len(known)]):
        raise KafkaTopicError(f"{Topics.of(settings).config} gives points other numbers than this journal does")
    for version in kept[len(there) :]:
        why = version.why or "from the journal"
        there.append(_put(settings, resolve(version.digest), len(there), now_ms, why, version.who, ids))
    return there


def _put(
    settings: KafkaSettings, configured: Configured, instead_of: int, now_ms: int, why: str,
    who: str = "", ids: Sequence[str] = (),
) -> VersionHead:  # fmt: skip
    return put_version(
        settings, configured, kind="site", who=who or "load", why=why, at_ms=now_ms, instead_of=instead_of, points=ids
    )


def _look(settings: KafkaSettings, append: bool) -> None:
    """The topics are there, and empty unless that is all the same."""
    check_partitions(settings)
    if append:
        return
    topics = Topics.of(settings)
    for shard in topics.shards:
        place = topics.log_of(shard)
        with PartitionLog(settings, place) as log:
            if log.end > 0:
                raise KafkaTopicError(
                    f"{place.topic} [{place.partition}] holds {log.end} records already; --append adds to them"
                )
