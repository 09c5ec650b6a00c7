"""What a commit of the log does to the outbox: calls are owed once, withdrawn, approved by those who may."""

import pytest
from support.books import Books
from support.scripted import Ringing, call

from alerts.call import Withdrawal
from plant.entries import NoticeAction
from tocsin.book import Outbox
from tocsin.book.outbox_queue import WebhookRow, queue, settle, withdraw
from tocsin.book.outbox_reader import OwedCall

ALARM = call(0).alarm


@pytest.fixture
def ringing(books: Books) -> Ringing:
    ringing = Ringing(books.place())
    ringing.raise_alarms(0, 1)
    return ringing


def rows(ringing: Ringing, alarm: str = ALARM) -> dict[str, OwedCall]:
    outbox = Outbox.open_for_reading(ringing.path)
    try:
        return {one.key: one for one in outbox.calls(alarm)}
    finally:
        outbox.close()


def decide(ringing: Ringing, action: str, by: str, at: int = 5, key: str = "held") -> str | None:
    with ringing.book.connection.transaction():
        return settle(ringing.book.connection, NoticeAction(at, action, key, by))  # type: ignore[arg-type]


def take_back(ringing: Ringing, *purposes: str, route: str | None = None, at: int = 9, held: bool = False) -> int:
    with ringing.book.connection.transaction():
        return withdraw(ringing.book.connection, Withdrawal(ALARM, purposes, route, at, "acknowledged", held))  # type: ignore[arg-type]


def test_what_is_queued_twice_is_owed_once(ringing: Ringing) -> None:
    db = ringing.book.connection
    with db.transaction():
        assert queue(db, [call(0), call(1)], [WebhookRow("centre", ALARM, 1, 5)]) == 3
        assert queue(db, [call(0), call(0, key="other")], [WebhookRow("centre", ALARM, 1, 5)]) == 1
        assert queue(db, []) == 0
    assert set(rows(ringing)) == {"k0.1.zhang", f"centre/{ALARM}.1", "other"}


def test_a_withdrawal_takes_its_own_alarm_purposes_and_route(ringing: Ringing) -> None:
    ringing.owe(
        call(0, key="alarm", route="red"),
        call(0, key="repeat", purpose="repeat", route="red"),
        call(0, key="other-route", route="blue"),
        call(0, key="later", route="red", at=10),
        call(0, key="over", purpose="resolved", route="red"),
        call(1, key="other-alarm", route="red"),
    )
    assert take_back(ringing, "alarm", "repeat", route="red") == 2
    states = {key: one.state for key, one in (rows(ringing) | rows(ringing, call(1).alarm)).items()}
    assert {key for key, state in states.items() if state == "withdrawn"} == {"alarm", "repeat"}
    assert rows(ringing)["alarm"].error == "acknowledged"
    assert take_back(ringing, "alarm", "resolved", at=10) == 3


def test_only_what_is_held_where_that_is_asked(ringing: Ringing) -> None:
    ringing.owe(call(0, key="held", approvers=("chen",)), call(0, key="due"))
    assert take_back(ringing, "alarm", held=True) == 1
    assert {key: one.state for key, one in rows(ringing).items()} == {"held": "withdrawn", "due": "due"}
    assert decide(ringing, "approve", "chen") == "withdrawn: acknowledged"


def test_webhooks_are_not_withdrawn(ringing: Ringing) -> None:
    with ringing.book.connection.transaction():
        queue(ringing.book.connection, (), [WebhookRow("centre", ALARM, 1, 5)])
    assert take_back(ringing, "alarm") == 0


def test_an_approver_lets_a_held_call_go_and_nobody_else(ringing: Ringing) -> None:
    ringing.owe(call(0, key="held", approvers=("chen", "wu")), call(0, key="due"))
    assert decide(ringing, "approve", "zhang") == "zhang is none of its approvers, which are chen, wu"
    assert decide(ringing, "approve", "chen", key="nosuch") == "no such call"
    assert decide(ringing, "approve", "chen", key="due") == "the call needs no approval"
    assert rows(ringing)["held"].state == "held"
    assert decide(ringing, "approve", "chen") is None
    assert rows(ringing)["held"].state == "due"
    assert decide(ringing, "reject", "wu", 6) == "settled already: approve by chen"


def test_a_rejected_call_stays_rejected(ringing: Ringing) -> None:
    ringing.owe(call(0, key="held", approvers=("chen",)))
    assert decide(ringing, "reject", "chen") is None
    assert (rows(ringing)["held"].state, rows(ringing)["held"].error) == ("rejected", "rejected by chen")
    assert decide(ringing, "approve", "chen", 6) == "settled already: reject by chen"


def test_the_same_decision_taken_again_for_a_book_made_anew_is_answered_alike(ringing: Ringing) -> None:
    ringing.owe(call(0, key="held", approvers=("chen",)))
    said = [decide(ringing, "approve", by, at) for by, at in (("zhang", 4), ("chen", 5), ("chen", 6))]
    assert said == [decide(ringing, "approve", by, at) for by, at in (("zhang", 4), ("chen", 5), ("chen", 6))]
    assert said[1] is None


def test_that_all_ways_failed_is_nothing_to_the_outbox(ringing: Ringing) -> None:
    ringing.owe(call(0, key="held", approvers=("chen",)))
    assert decide(ringing, "failed", "outbox") is None
    assert rows(ringing)["held"].state == "held"
