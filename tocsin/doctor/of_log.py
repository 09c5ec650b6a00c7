"""The data folder: journal and alarm book are whole, and the disk has room for as long as is promised."""

import os
import shutil
from pathlib import Path
from typing import Final

from tocsin.book import BookReader
from tocsin.book.outbox_reader import OutboxReader
from tocsin.book.schema import BookError
from tocsin.doctor.finding import Fact, Finding, bad, ok, warn
from tocsin.log.errors import LogCorruptError
from tocsin.log.layout import BOOK, JOURNAL
from tocsin.log.lock import FILE_NAME as LOCK
from tocsin.log.reader import JournalReader
from tocsin.log.recovery import CUT_SUFFIX
from tocsin.log.segment import list_segments, read_started_ms
from tocsin.log.segments import Damage
from tocsin.settings import Settings

_READ_BYTES: Final = 64 << 20
"""So much of the journal's newest part is read for damage."""
_BEHIND: Final = 2_000
"""Entries that the alarm book may be behind for a moment."""
_DAY_MS: Final = 86_400_000
_LEAST_SPAN_MS: Final = 3_600_000
"""Less recording than this says nothing about a day."""
_GIB: Final = 1 << 30


def look_at_journal(settings: Settings) -> list[Finding]:
    """Who writes it, and whether its newest part can be read back."""
    data = settings.data
    if not (data / JOURNAL).is_dir():
        parent = next(folder for folder in (data, *data.parents) if folder.exists())
        if not os.access(parent, os.W_OK):
            return [bad("journal", "unwritable", folder=str(parent))]
        return [warn("journal", "journal_none", folder=str(data))]
    if not os.access(data / JOURNAL, os.W_OK):
        return [bad("journal", "unwritable", folder=str(data / JOURNAL))]
    reader = JournalReader.open(data / JOURNAL)
    holder = _holder(data)
    damage: list[Damage] = []
    start, read_bytes = _newest(data / JOURNAL)
    try:
        for _ in reader.read(max(start, reader.first), salvage=damage):
            pass
    except LogCorruptError as error:
        return [bad("journal", "journal_damaged", place=f"{error.path}:{error.offset}", reason=error.reason)]
    found = [bad("journal", "journal_damaged", place=f"{one.path}:{one.offset}", reason=one.reason) for one in damage]
    if not found:
        mib = round(read_bytes / (1 << 20), 1)
        found.append(ok("journal", "journal_ok", entries=reader.end - reader.first, mib=mib, writer=holder or "-"))
    if reader.tail and holder is None:
        found.append(warn("journal", "journal_tail", reason=reader.tail))
    if cuts := len(list((data / JOURNAL).glob(f"*{CUT_SUFFIX}"))):
        found.append(warn("journal", "journal_cuts", n=cuts, folder=str(data / JOURNAL)))
    return found


def look_at_book(settings: Settings) -> list[Finding]:
    """Whether the alarm book opens, keeps up, and holds notices that were given up."""
    path = settings.data / BOOK
    if not path.exists():
        return [warn("book", "book_none", file=str(path))]
    try:
        reader = BookReader.open_for_reading(path)
        try:
            open_alarms, position = sum(reader.open_counts().values()), reader.position
        finally:
            reader.close()
        outbox = OutboxReader.open_for_reading(path)
        try:
            dead = sum(backlog.dead for backlog in outbox.backlog().values())
        finally:
            outbox.close()
    except BookError as error:
        return [bad("book", "book_broken", error=str(error))]
    behind = JournalReader.open(settings.data / JOURNAL).end - position
    found = [ok("book", "book_ok", open=open_alarms)]
    if behind > _BEHIND:
        found = [bad("book", "book_behind", behind=behind)]
    if dead:
        found.append(warn("book", "book_dead", n=dead))
    return found


def look_at_disk(settings: Settings, now_ms: int) -> list[Finding]:
    """Whether there is room now, and for the journal's retention at the pace of what was recorded."""
    folder = next(folder for folder in (settings.data, *settings.data.parents) if folder.exists())
    disk = shutil.disk_usage(folder)
    free = _gib(disk.free)
    if disk.free < settings.watch.disk_free_bytes and disk.free < disk.total / 20:
        return [bad("disk", "room_little", free_gib=free, folder=str(folder))]
    used, span_ms = _recorded(settings.data / JOURNAL, now_ms)
    if span_ms < _LEAST_SPAN_MS:
        return [ok("disk", "room_unknown", free_gib=free)]
    days = settings.journal.retention_days
    per_day = used / span_ms * _DAY_MS
    needed = min(per_day * days, settings.journal.max_bytes or per_day * days)
    facts: dict[str, Fact] = {"free_gib": free, "day_gib": _gib(per_day), "days": days, "needed_gib": _gib(needed)}
    if needed - used > disk.free - settings.watch.disk_free_bytes:
        return [warn("disk", "room_short", "", **facts)]
    return [ok("disk", "room_ok", "", **facts)]


def _holder(data: Path) -> str | None:
    """The process that writes the journal, as it says itself; None where there is none."""
    try:
        pid = (data / JOURNAL / LOCK).read_text().strip()
    except OSError:
        return None
    if not pid.isdigit():
        return None
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return pid
    return pid


def _newest(journal: Path) -> tuple[int, int]:
    """The first position of the newest segments, up to a size, and that size."""
    total, first = 0, 0
    for segment in reversed(list_segments(journal)):
        size = segment.path.stat().st_size
        if total and total + size > _READ_BYTES:
            break
        total, first = total + size, segment.first
    return first, total


def _recorded(journal: Path, now_ms: int) -> tuple[int, int]:
    """Bytes of the journal, and the time that they cover."""
    segments = list_segments(journal) if journal.is_dir() else ()
    if not segments:
        return 0, 0
    fd = os.open(segments[0].path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        started_ms = read_started_ms(segments[0], fd)
    except (LogCorruptError, LookupError):
        return 0, 0
    finally:
        os.close(fd)
    return sum(segment.path.stat().st_size for segment in segments), now_ms - started_ms


def _gib(size: float) -> float:
    return round(size / _GIB, 2)
