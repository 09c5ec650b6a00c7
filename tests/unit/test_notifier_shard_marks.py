"""A shard that nobody writes or nobody decides is found, by looks alone; nobody's clock is compared with another's."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from tocsin.kafka.topics import Topics
from tocsin.notifier.letters import DEAD_LETTERS, Letter, Letters
from tocsin.notifier.own_steps import MOST_AHEAD_MS, BookTime
from tocsin.notifier.shard_marks import SILENT, UNDECIDED, Mark, ShardMarks, shard_findings
from tocsin.selftest.watch import Finding, Key
from tocsin.settings.selftest import WatchSettings

TOPICS = Topics("t.", 2)
SETTINGS = WatchSettings(shard_silent_s=30, shard_undecided_s=20)


def found(marks: ShardMarks, now_s: float, *given: Mark) -> dict[Key, Finding]:
    return shard_findings(marks.take(now_s, dict(enumerate(given))), TOPICS, SETTINGS)


def seconds(start: int, stop: int) -> Iterator[int]:
    return iter(range(start, stop + 1))


def test_a_log_that_nobody_writes_is_silent() -> None:
    marks = ShardMarks()
    for s in seconds(0, 30):
        assert found(marks, s, Mark(7, 7), Mark(s, s), Mark(s, s)) == {}
    here = found(marks, 31, Mark(7, 7), Mark(31, 31), Mark(31, 31))
    assert list(here) == [(SILENT, "shard-0")]
    assert here[SILENT, "shard-0"].severity == "red"
    assert "t.readings [0] for 31 s" in here[SILENT, "shard-0"].reason
    assert found(marks, 32, Mark(8, 8), Mark(31, 31), Mark(31, 31)) == {}


def test_entries_that_wait_to_be_decided_are_found_and_the_second_stage_too() -> None:
    marks = ShardMarks()
    for s in seconds(0, 10):
        assert found(marks, s, Mark(s, s), Mark(s, s), Mark(s, 0)) == {}
    between = found(marks, 12, Mark(12, 12), Mark(12, 12), Mark(12, 0))
    assert between[UNDECIDED, "shard-2"].between
    late = found(marks, 23, Mark(13, 13), Mark(13, 13), Mark(13, 0))
    assert late[UNDECIDED, "shard-2"].between  # eleven seconds without a look count as five
    late = found(marks, 28, Mark(14, 14), Mark(14, 14), Mark(14, 0))
    assert list(late) == [(UNDECIDED, "shard-2")]
    assert not late[UNDECIDED, "shard-2"].between
    assert late[UNDECIDED, "shard-2"].reason == "t.spanning [0] is decided 21 s late: 14 entries wait"


def test_who_keeps_up_with_a_delay_is_as_late_as_that_delay() -> None:
    marks = ShardMarks()
    lag = [marks.take(s, {0: Mark(10 * s, max(0, 10 * (s - 5)))})[0] for s in seconds(0, 60)]
    assert [one.undecided_s for one in lag[10:]] == [4.0] * 51
    assert lag[-1].silent_s == 0
    assert lag[-1].undecided == 50


def test_of_a_long_backlog_the_age_is_kept() -> None:
    marks = ShardMarks()
    for s in seconds(0, 5_000):
        late = marks.take(s, {0: Mark(s + 1, 0)})[0]
    assert late.undecided_s == 5_000
    assert marks.take(5_001, {0: Mark(5_002, 2_500)})[0].undecided_s in range(2_300, 2_700)
    assert marks.take(5_002, {0: Mark(5_003, 5_003)})[0].undecided_s == 0


def test_while_nothing_could_be_asked_no_time_passes() -> None:
    marks = ShardMarks()
    found(marks, 0, Mark(5, 5), Mark(5, 4))
    assert found(marks, 600, Mark(5, 5), Mark(5, 4)) == {}
    assert marks.take(601, {0: Mark(6, 6)})[0].silent_s == 0


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.floats(0.1, 4)), min_size=1, max_size=60))
def test_lateness_is_that_of_the_oldest_entry_that_waits(moves: list[tuple[int, int, float]]) -> None:
    """Against what is remembered of every entry."""
    marks, now_s, end, decided = ShardMarks(), 0.0, 0, 0
    seen_s: dict[int, float] = {}
    for written, done, wait_s in moves:
        now_s += wait_s
        end += written
        decided = min(end, decided + done)
        for entry in range(end):
            seen_s.setdefault(entry, now_s)
        late = marks.take(now_s, {0: Mark(end, decided)})[0]
        expected = now_s - seen_s[decided] if decided < end else 0.0
        assert abs(late.undecided_s - expected) < 1e-6
        assert late.undecided == end - decided


def test_letters_are_found_by_what_they_are_about_until_they_are_old() -> None:
    letters = Letters(TOPICS, 100)
    poison = Letter("t.readings", 1, "17", "not MessagePack")
    other = Letter("t.steps", 0, "3", "x" * 500)
    one = letters.take(0, [poison])
    assert one[DEAD_LETTERS, "shard-1"].reason == (
        "records that can't be read: 1, the last t.readings [1] at 17: not MessagePack"
    )
    both = letters.take(50, [other, poison, poison])
    assert {key[1]: finding.severity for key, finding in both.items()} == {"shard-1": "orange", "steps": "orange"}
    assert "read: 3," in both[DEAD_LETTERS, "shard-1"].reason
    assert len(both[DEAD_LETTERS, "steps"].reason) < 300
    assert letters.take(149, []) == both
    assert letters.take(150, []) == {}


def test_a_wrong_clock_moves_the_books_time_by_no_more_than_a_little() -> None:
    time = BookTime()
    assert time.at(9_000, 5) == 9_000
    time.note(1_000_000, 10)
    time.note(1_000_000, 30)
    assert time.at(1_021_000, 30) == 1_021_000
    assert time.at(5_000_000, 30) == 1_020_000 + MOST_AHEAD_MS
    time.note(1_040_000, 50)
    assert time.at(5_000_000, 50) == 1_040_000 + MOST_AHEAD_MS
    assert time.at(100, 50) == 100
