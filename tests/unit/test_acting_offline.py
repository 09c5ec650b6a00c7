"""What people ask for becomes entries of the log: whom they answer for, and what is refused while no service runs."""

from pathlib import Path

import pytest
from support.data_folder import Made, make_data_folder
from support.disposed_folder import fold_again

from plant.entries import Act, DisposalAction, NoticeAction, OperatorAction, OverrideAction
from tocsin.book import BookError, BookReader
from tocsin.clock import SystemClock
from tocsin.configuration import read_configuration
from tocsin.log.errors import LogLockedError
from tocsin.log.layout import BOOK, JOURNAL
from tocsin.log.lock import WriteLock
from tocsin.log.reader import JournalReader
from tocsin.runtime.acting import act, act_offline, entry_of, why_refused
from tocsin.runtime.control import DisposalRequest, NoticeRequest, OverrideRequest, Request

CLOCK = SystemClock()
HOUR_MS = 3_600_000


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return make_data_folder(tmp_path)


def acts(data: Path) -> list[Act]:
    reader = JournalReader.open(data / JOURNAL)
    return [entry for _, entry in reader.read(reader.first) if isinstance(entry, Act)]


def test_each_request_becomes_its_entry(made: Made) -> None:
    configured = read_configuration(made.site)
    assert entry_of(Request("shelve", "a", "li", "why", 9, "centre", one_shot=True), 5, configured) == OperatorAction(
        5, "shelve", "a", "li", "why", 9, "centre", one_shot=True
    )
    override = OverrideRequest("set", "o1", "li", "disabled", "", "unit", "U1", "r1", "broken", 9, "wang")
    assert entry_of(override, 5, configured) == OverrideAction(
        5, "set", "o1", "li", "disabled", "", "unit", "U1", "r1", "broken", 9, "wang"
    )
    assert entry_of(DisposalRequest("note", "a", "li", {"text": "x"}), 5, configured) == DisposalAction(
        5, "note", "a", "li", {"text": "x"}, "centre"
    )
    assert entry_of(NoticeRequest("reject", "key", "li"), 5, configured) == NoticeAction(5, "reject", "key", "li")


@pytest.mark.parametrize(
    ("by", "claimed", "tier"),
    [
        ("C003", "centre", "enterprise"),
        ("C001", "centre", "centre"),
        ("somebody", "centre", "centre"),
        ("somebody", "enterprise", "enterprise"),
    ],
)
def test_a_contact_of_an_enterprise_answers_for_it(made: Made, by: str, claimed: str, tier: str) -> None:
    configured = read_configuration(made.site)
    for request in (Request("acknowledge", "a", by), DisposalRequest("start", "a", by, {})):
        request.tier = claimed  # type: ignore[assignment]
        entry = entry_of(request, 5, configured)
        assert isinstance(entry, OperatorAction | DisposalAction)
        assert entry.tier == tier


@pytest.mark.parametrize("until_ms", [-1, 2**63, 2**70])
def test_an_end_out_of_time_is_no_entry(made: Made, until_ms: int) -> None:
    with pytest.raises(ValueError, match="before the year 2100"):
        act_offline(made.data, OverrideRequest("set", "o", "li", "disabled", until_ms=until_ms), CLOCK)
    assert acts(made.data) == []


def test_what_was_written_and_not_yet_taken_counts(made: Made) -> None:
    override = OverrideRequest("set", "o1", "li", "disabled", subject="E002-SPARK-01", why="broken")
    assert act(made.data, override, CLOCK) == (None, True)
    assert act_offline(made.data, override, CLOCK) == "there is an override 'o1' already"
    assert act_offline(made.data, OverrideRequest("end", "o1", "wang"), CLOCK) is None
    assert act_offline(made.data, OverrideRequest("end", "o1", "wang"), CLOCK) == "there is no override 'o1' in force"
    assert [entry.action for entry in acts(made.data) if isinstance(entry, OverrideAction)] == ["set", "end"]


def test_rehearsing_leaves_the_book_as_it_was(made: Made) -> None:
    def known() -> tuple[int, object, int]:
        reader = BookReader.open_for_reading(made.data / BOOK)
        try:
            return reader.position, reader.alarm(made.alarm), reader.last_seq
        finally:
            reader.close()

    before = known()
    assert act_offline(made.data, Request("acknowledge", made.alarm, "li"), CLOCK) is None
    assert known() == before


def test_the_red_answer_of_an_enterprise_is_not_the_centres(made: Made) -> None:
    """The level is red, and the contact is one of the enterprise, whatever they say."""
    assert act_offline(made.data, Request("acknowledge", made.alarm, "C003"), CLOCK) is None
    assert act_offline(made.data, Request("acknowledge", made.alarm, "C003"), CLOCK) == "already answered"
    assert act_offline(made.data, Request("acknowledge", made.alarm, "C001"), CLOCK) is None
    fold_again(made)
    reader = BookReader.open_for_reading(made.data / BOOK)
    record = reader.alarm(made.alarm)
    reader.close()
    assert record is not None
    assert (record.answered_by, record.acknowledged_by) == ("C003", "C001")


def test_never_suppress_holds_on_this_way_too(made: Made) -> None:
    until_ms = CLOCK.now_ms() + HOUR_MS
    shelf = Request("shelve", made.alarm, "C001", "no more", until_ms)
    assert act_offline(made.data, shelf, CLOCK) == "level on of rule dust-spark can't be shelved (never_suppress)"
    rule = OverrideRequest("set", "o1", "li", "disabled", scope="rule", subject="dust-spark", why="loud")
    refused = act_offline(made.data, rule, CLOCK)
    assert refused is not None
    assert refused.startswith("every level of rule dust-spark is under never_suppress")
    assert acts(made.data) == []


def test_the_book_says_why_it_refused(made: Made) -> None:
    assert act_offline(made.data, Request("comment", made.alarm, "li", "seen"), CLOCK) is None
    position = JournalReader.open(made.data / JOURNAL).end - 1
    assert why_refused(made.data, position) == "the action is not in the book"
    fold_again(made)
    assert why_refused(made.data, position) is None


def test_what_the_folder_does_not_allow(made: Made) -> None:
    request = Request("acknowledge", made.alarm, "li")
    lock = WriteLock(made.data / JOURNAL)
    try:
        with pytest.raises(LogLockedError):
            act_offline(made.data, request, CLOCK)
    finally:
        lock.release()
    (made.data / BOOK).unlink()
    with pytest.raises(BookError, match="there is no alarm book"):
        act_offline(made.data, request, CLOCK)
    assert not (made.data / BOOK).exists(), "a look makes no book"
