"""The dispatcher between a real book and a real HTTP receiver."""

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from support.alarm_steps import ALARM, T0, action, engine_event
from support.books import Books
from support.dispatching import Bell, Dispatching, ShiftedClock, backlog_due, webhook
from support.webhook_receiver import WebhookReceiver, wait_until

from alerts.backoff import GIVE_UP_AFTER_MS
from alerts.channels.port import Limits, Notice, Outcome
from alerts.targets import Target
from rules.events import AlarmEvent
from tocsin.book import Backlog, Outbox
from tocsin.book.outbox_rows import Dead
from tocsin.database import Place
from tocsin.notices import desk

RAISED = engine_event("raised")
DAY_S = GIVE_UP_AFTER_MS / 1000


def many(count: int) -> list[AlarmEvent]:
    """Raised events of as many alarms."""
    return [engine_event("raised", subject=f"E001-P{i}") for i in range(count)]


def test_what_a_commit_queues_is_sent_at_once_and_once(books: Books, tmp_path: Path) -> None:
    path = books.place()
    with WebhookReceiver() as receiver:
        channel = webhook(tmp_path, receiver.url)
        bell = Bell(path, [channel])
        with Dispatching(path, [channel]) as dispatching:
            assert bell.take(*many(40)) == 40
            dispatching.wake()
            receiver.wait_for(40)
            wait_until(lambda: backlog_due(path) == 0, what="all recorded")
        assert len(set(receiver.accepted)) == 40
        assert receiver.doubles == 0
        assert not receiver.forged
        with Dispatching(path, [webhook(tmp_path, receiver.url)]) as dispatching:
            bell.take(engine_event("cleared", T0 + 1000))
            dispatching.wake()
            receiver.wait_for(41)
        assert receiver.doubles == 0, "a new start sends nothing again"


def test_what_was_queued_before_the_start_is_sent(books: Books, tmp_path: Path) -> None:
    path = books.place()
    with WebhookReceiver() as receiver:
        channel = webhook(tmp_path, receiver.url)
        Bell(path, [channel]).take(RAISED)
        with Dispatching(path, [channel]):
            receiver.wait_for(1)


def test_order_within_an_alarm_is_kept_over_failures(books: Books, tmp_path: Path) -> None:
    path = books.place()
    with WebhookReceiver() as receiver:
        receiver.answer(500, 0, 404)
        channel = webhook(tmp_path, receiver.url)
        clock = ShiftedClock()
        bell = Bell(path, [channel])
        bell.take(
            RAISED,
            engine_event("upgraded", T0 + 1, "hh"),
            action("acknowledge", T0 + 2),
            engine_event("cleared", T0 + 3, "hh"),
            action("reset", T0 + 4),
        )
        with Dispatching(path, [channel], clock) as dispatching:
            for attempt in range(1, 4):
                receiver.wait_for(attempt, accepted=False)
                wait_until(lambda n=attempt: len(attempts(path, f"{ALARM}.1")) == n, what="recorded")
                clock.advance(10)
                dispatching.wake()
            receiver.wait_for(5)
        assert receiver.accepted == [f"{ALARM}.{n}" for n in range(1, 6)]
        names = [r.event["type"].rpartition(".")[2] for r in receiver.received if r.status == 204]
    assert names == ["raised", "upgraded", "acknowledged", "cleared", "reset"]
    tries = attempts(path, f"{ALARM}.1")
    assert [(t.attempt, t.status) for t in tries] == [(1, 500), (2, None), (3, 404), (4, 204)]
    assert tries[0].answer == "status 500"
    assert tries[1].error


def attempts(path: Place, event_id: str) -> list:  # type: ignore[type-arg]
    outbox = Outbox.open_for_reading(path)
    try:
        return outbox.deliveries(event_id)
    finally:
        outbox.close()


def test_a_slow_target_does_not_hinder_another_and_is_not_flooded(books: Books, tmp_path: Path) -> None:
    path = books.place()
    with WebhookReceiver() as slow, WebhookReceiver() as quick:
        slow.hold()
        channels = [webhook(tmp_path, slow.url, "slow"), webhook(tmp_path, quick.url, "quick")]
        bell = Bell(path, channels)
        with Dispatching(path, channels, concurrency=3) as dispatching:
            bell.take(*many(20))
            dispatching.wake()
            quick.wait_for(20)
            slow.wait_underway(3)
            assert slow.accepted == []
            slow.answer()
            slow.wait_for(20)
        assert slow.most_underway <= 3
        assert slow.doubles == quick.doubles == 0


def test_given_up_after_a_day_shown_and_put_back(books: Books, tmp_path: Path) -> None:
    path = books.place()
    clock = ShiftedClock()
    with WebhookReceiver() as receiver:
        receiver.answer(always=503)
        channel = webhook(tmp_path, receiver.url)
        Bell(path, [channel]).take(RAISED)
        outbox = Outbox.open_for_writing(path)
        with Dispatching(path, [channel], clock) as dispatching:
            receiver.wait_for(1, accepted=False)
            wait_until(lambda: attempts(path, f"{ALARM}.1"), what="first attempt recorded")
            # The receiver refuses signatures that are hours off; what it answers then is a failure too.
            clock.advance(DAY_S - 60)
            dispatching.wake()
            receiver.wait_for(2, accepted=False)
            wait_until(lambda: len(attempts(path, f"{ALARM}.1")) == 2, what="second attempt recorded")
            assert outbox.dead_letters() == []
            clock.advance(61)
            dispatching.wake()
            wait_until(outbox.dead_letters, what="dead letter")
        (letter,) = outbox.dead_letters()
        assert (letter.target, letter.event_id, letter.attempts) == ("centre", f"{ALARM}.1", 3)
        assert letter.error.startswith("HTTP ")
        assert outbox.backlog() == {"centre": Backlog(0, 1, None)}

        receiver.answer()
        assert outbox.requeue("centre") == 1
        with Dispatching(path, [webhook(tmp_path, receiver.url)]):
            receiver.wait_for(1)
        assert receiver.accepted == [f"{ALARM}.1"]


def test_a_dead_letter_does_not_hold_up_the_rest_of_its_alarm(books: Books, tmp_path: Path) -> None:
    path = books.place()
    with WebhookReceiver() as receiver:
        channel = webhook(tmp_path, receiver.url)
        Bell(path, [channel]).take(RAISED, action("acknowledge", T0 + 1))
        outbox = Outbox.open_for_writing(path)
        (head,) = outbox.due("centre", T0, 10)
        outbox.record(head, Outcome(False, 500, "", "HTTP 500"), T0, {head.rows[0]: Dead()})
        with Dispatching(path, [channel]):
            receiver.wait_for(1)
        assert receiver.accepted == [f"{ALARM}.2"]


def test_a_target_is_asked_later_when_it_asks_for_it(books: Books, tmp_path: Path) -> None:
    path = books.place()
    clock = ShiftedClock()
    with WebhookReceiver() as receiver:
        receiver.answer(429, headers={"retry-after": "120"})
        channel = webhook(tmp_path, receiver.url)
        Bell(path, [channel]).take(RAISED)
        outbox = Outbox.open_for_reading(path)
        with Dispatching(path, [channel], clock):
            wait_until(lambda: attempts(path, f"{ALARM}.1"), what="attempt recorded")
        (first,) = attempts(path, f"{ALARM}.1")
        assert outbox.next_at_ms("centre", clock.now_ms()) == first.at_ms + 120_000


def test_what_is_owed_to_a_target_that_is_gone_is_shown(books: Books, tmp_path: Path) -> None:
    path = books.place()
    with WebhookReceiver() as receiver:
        Bell(path, [webhook(tmp_path, receiver.url, "old")]).take(RAISED)
        outbox = Outbox.open_for_reading(path)
        with Dispatching(path, [webhook(tmp_path, receiver.url, "new")]):
            wait_until(outbox.dead_letters, what="given up")
        assert [letter.error for letter in outbox.dead_letters()] == ["the target is no longer configured"]
        assert receiver.received == []


class BrokenChannel:
    """Breaks the port's promise: it raises."""

    name = "broken"
    target = Target("broken")
    limits = Limits(bundles=False)

    async def send(self, notice: Notice, now_ms: int) -> Outcome:
        await asyncio.sleep(0)
        raise RuntimeError("no such codec")

    async def close(self) -> None:
        pass


def test_a_channel_that_raises_stops_neither_itself_nor_the_others(books: Books, tmp_path: Path) -> None:
    path = books.place()
    with WebhookReceiver() as receiver:
        channels = [BrokenChannel(), webhook(tmp_path, receiver.url)]
        bell = Bell(path, channels)
        with Dispatching(path, channels) as dispatching:
            bell.take(RAISED)
            dispatching.wake()
            receiver.wait_for(1)
            wait_until(lambda: len(attempts(path, f"{ALARM}.1")) == 2, what="both recorded")
        assert [t.error for t in attempts(path, f"{ALARM}.1") if t.target == "broken"] == [
            "RuntimeError: no such codec"
        ]


def test_stopping_lets_what_is_on_its_way_end(books: Books, tmp_path: Path) -> None:
    path = books.place()
    with WebhookReceiver() as receiver:
        receiver.hold()
        channel = webhook(tmp_path, receiver.url)
        Bell(path, [channel]).take(*many(5))
        with Dispatching(path, [channel], concurrency=2) as dispatching:
            receiver.wait_underway(2)
            dispatching.dispatcher.stop()
            receiver.answer()
            dispatching.join()
        assert len(receiver.accepted) == 2
        assert backlog_due(path) == 3


def test_a_full_disk_holds_the_sending_and_loses_and_doubles_nothing(
    books: Books, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = books.place()
    full = threading.Event()
    full.set()
    refused = threading.Semaphore(0)
    record = Outbox.record

    def record_unless_full(*args: Any) -> None:
        if full.is_set():
            refused.release()
            raise sqlite3.OperationalError("database or disk is full")
        record(*args)

    monkeypatch.setattr(Outbox, "record", record_unless_full)
    monkeypatch.setattr(desk, "AGAIN_S", 0.01)
    with WebhookReceiver() as receiver:
        channel = webhook(tmp_path, receiver.url)
        Bell(path, [channel]).take(*many(5))
        with Dispatching(path, [channel], concurrency=2):
            for _ in range(6):
                assert refused.acquire(timeout=10)
            assert len(receiver.accepted) == 2, "no more is sent than can be written down"
            full.clear()
            receiver.wait_for(5)
            wait_until(lambda: backlog_due(path) == 0, what="all recorded")
        assert receiver.doubles == 0
