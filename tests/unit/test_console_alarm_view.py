"""What the page of an alarm shows, and why it was raised: from a real data folder."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as replace_struct
from support.data_folder import START_MS, Made, make_data_folder

from plant.entries import OperatorAction
from tocsin.accounts.roles import Principal, Role, Scope
from tocsin.book.outbox_reader import OwedCall, Proof
from tocsin.book.reader import BookedAction
from tocsin.centre.alarms import Whole
from tocsin.centre.centre import Centre
from tocsin.centre.errors import NotFoundError
from tocsin.clock import SystemClock
from tocsin.console.alarm_view import facts_of, happened, span_of, told
from tocsin.console.alarm_words import ALARM
from tocsin.settings import Settings

LI = Principal("li.na", Role.OPERATOR)
ZONE = "Asia/Shanghai"
EN, ZH = ALARM.said("en"), ALARM.said("zh")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_data_folder(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def centre(made: Made) -> Centre:
    return Centre.of(Settings(site=made.site, data=made.data), SystemClock())


@pytest.fixture(scope="module")
def whole(centre: Centre, made: Made) -> Whole:
    return centre.alarms.whole(LI, made.alarm)


def test_facts_say_when_and_that_nobody_has_acknowledged(whole: Whole) -> None:
    facts = dict(facts_of(whole, EN, ZONE))
    assert facts["Raised"] == "2023-11-15 06:13:22"
    assert facts["Acknowledged"] == "by nobody yet"
    assert facts["Rule"].startswith("dust-spark v")
    record = replace_record(whole, acknowledged_by="wang", acknowledged_at=START_MS)
    assert dict(facts_of(record, EN, ZONE))["Acknowledged"] == "wang, 2023-11-15 06:13:20"
    shelved = replace_record(whole, shelved_by="wang", shelved_until=START_MS)
    assert dict(facts_of(shelved, EN, ZONE))["Shelved"] == "wang, until 2023-11-15 06:13:20"


def test_what_people_tried_in_vain_is_told_in_their_language(whole: Whole) -> None:
    acts = [
        (OperatorAction(START_MS + 9_000, "reset", whole.record.alarm, "wang", ""), "its condition is still on"),
        (OperatorAction(START_MS + 8_000, "comment", whole.record.alarm, "wang", "on my way"), None),
        (OperatorAction(START_MS + 7_000, "acknowledge", whole.record.alarm, "wang", ""), None),
    ]
    whole = replace(whole, actions=tuple(BookedAction(n, action, refused) for n, (action, refused) in enumerate(acts)))
    rows = happened(whole, ZH, ZONE)
    assert [row.what for row in rows] == ["复位操作", "备注", "产生"], (
        "an act that its event tells of is not told twice"
    )
    assert "条件仍然成立" in rows[0].remark
    assert rows[1].remark == "wang: on my way"
    assert rows[-1].severity == whole.record.severity


def test_the_trend_shows_the_alarm_and_something_around_it(whole: Whole) -> None:
    now_ms = START_MS + 3_600_000
    from_ms, to_ms = span_of(whole, now_ms)
    assert from_ms < whole.record.raised_at < to_ms <= now_ms
    early = span_of(whole, START_MS)
    assert early[0] < early[1], "a clock that is behind breaks nothing"


def test_who_was_told_and_what_came_of_it(whole: Whole) -> None:
    call = OwedCall(
        "k", whole.record.alarm, 1, "alarm", "sms", "C1", "delivered", START_MS, 0, 0, 2, None, "r", 0, True, "m",
        False, "", "", "",
    )  # fmt: skip
    proofs = [
        Proof("e", "alarm", "k", "m", 1, "sms", "C1", START_MS, "failed", 500, "", "", "busy", "none", None, ""),
        Proof(
            "e", "alarm", "k", "m", 1, "sms", "C1", START_MS, "delivered", 200, "77", "", "", "confirmed", START_MS, ""
        ),
    ]
    (row,) = told([call], proofs, EN, ZONE)
    assert row.ok
    assert (row.who, row.channel, row.state) == ("C1", "sms", "taken by the channel")
    assert row.tries[0].endswith("failed · busy")
    assert "ID 77" in row.tries[1]
    assert "Receipt: confirmed" in row.tries[1]


def test_why_is_decided_once_and_only_for_who_sees_the_alarm(centre: Centre, made: Made) -> None:
    heard: list[float] = []
    first = centre.explanations.of(LI, made.alarm, lambda done, _: heard.append(done))
    assert first.verdict == "reproduced"
    assert heard
    assert centre.explanations.of(LI, made.alarm) is first
    other = Principal("x", Role.SAFETY_MANAGER, Scope("enterprise", "E001"))
    with pytest.raises(NotFoundError):
        centre.explanations.of(other, made.alarm)
    with pytest.raises(NotFoundError):
        centre.explanations.of(LI, "nothing")


def replace_record(whole: Whole, **fields: object) -> Whole:
    return replace(whole, record=replace_struct(whole.record, **fields))
