"""Old segments go as a whole, never before they may."""

import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.entries import T0_MS, readings

from plant.entries import Tick
from tocsin.log.journal import Journal
from tocsin.log.reader import JournalReader

N = 40


def filled(directory: Path) -> Journal:
    """Forty entries a millisecond apart, a few in a segment."""
    journal = Journal.open(directory, segment_bytes=1500)
    for i in range(N):
        journal.append([readings(T0_MS + i, n=15, seed=i)])
    return journal


def firsts(directory: Path) -> list[int]:
    return sorted(int(path.stem) for path in directory.glob("*.seg"))


@settings(max_examples=25, deadline=None)
@given(limit=st.integers(-1, N + 1), keep_from=st.integers(0, N + 5), kb=st.none() | st.integers(0, 20))
def test_only_what_may_go_goes_and_all_of_it(
    tmp_path_factory: pytest.TempPathFactory, limit: int, keep_from: int, kb: int | None
) -> None:
    directory = tmp_path_factory.mktemp("journal")
    journal = filled(directory)
    before = firsts(directory)
    size = journal.size_bytes()
    max_bytes = None if kb is None else kb * 1000
    dropped = journal.drop_before(T0_MS + limit, keep_from, max_bytes)
    after = firsts(directory)
    assert after == [first for first in before if first >= journal.first]
    assert len(after) >= 1
    assert dropped.bytes == size - journal.size_bytes()
    assert [position for position, _ in journal.read(journal.first)] == list(range(journal.first, N))
    assert journal.first <= keep_from
    if max_bytes is None:
        assert journal.first <= max(0, limit)
    elif journal.size_bytes() > max_bytes:
        assert dropped.held_bytes == journal.size_bytes() - max_bytes
        assert len(after) == 1 or after[1] > keep_from
    if len(after) > 1 and after[1] <= keep_from:
        assert T0_MS + after[1] >= T0_MS + limit
    journal.close()


def test_a_reader_elsewhere_sees_that_it_is_gone(tmp_path: Path) -> None:
    journal = filled(tmp_path)
    reader = JournalReader.open(tmp_path)
    going = reader.read(0)
    next(going)
    journal.drop_before(T0_MS + 30, keep_from=N)
    assert reader.first == journal.first > 20
    with pytest.raises(LookupError, match="no longer kept"):
        reader.read(0)
    with pytest.raises(LookupError, match="was dropped"):
        list(going)
    journal.close()


def test_appends_and_a_follower_go_on_while_segments_are_dropped(tmp_path: Path) -> None:
    journal = filled(tmp_path)
    total = N + 200
    cursor = 0
    problems: list[Exception] = []

    def follow() -> None:
        nonlocal cursor
        try:
            while cursor < total and not problems:
                for position, entry in journal.read(cursor):
                    assert (position, entry) == (cursor, readings(T0_MS + cursor, n=15, seed=cursor))
                    cursor += 1
        except Exception as error:
            problems.append(error)

    def drop() -> None:
        try:
            while cursor < total and not problems:
                journal.drop_before(T0_MS + journal.end, keep_from=cursor)
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=follow), threading.Thread(target=drop)]
    for thread in threads:
        thread.start()
    for i in range(N, total):
        assert journal.append([readings(T0_MS + i, n=15, seed=i)]) == i
    for thread in threads:
        thread.join(60)
    assert problems == []
    assert cursor == total
    journal.drop_before(T0_MS + total, keep_from=cursor)
    assert journal.first > total - 10
    assert [position for position, _ in journal.read(journal.first)] == list(range(journal.first, total))
    journal.close()


def test_kept_cuts_go_with_their_time(tmp_path: Path) -> None:
    journal = filled(tmp_path)
    journal.close()
    with open(max(tmp_path.glob("*.seg")), "ab") as file:
        file.write(b"torn")
    journal = Journal.open(tmp_path, segment_bytes=1500)
    for i in range(N, 2 * N):
        journal.append([readings(T0_MS + i, n=15)])
    assert len(list(tmp_path.glob("*.cut"))) == 1
    journal.drop_before(T0_MS + 10, keep_from=2 * N)
    assert len(list(tmp_path.glob("*.cut"))) == 1
    journal.drop_before(T0_MS + 2 * N, keep_from=2 * N)
    assert not list(tmp_path.glob("*.cut"))
    journal.close()


def test_an_empty_journal_has_nothing_to_drop(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    assert journal.drop_before(T0_MS, 0, 0).segments == ()
    journal.append([Tick(T0_MS)])
    assert journal.drop_before(T0_MS + 1, 1, 0).segments == ()
    journal.close()
