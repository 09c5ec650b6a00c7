"""Receipts: what a provider tells later, asked for or pushed, and what comes of it."""

import asyncio

import pytest
from support.books import Books
from support.dispatching import Dispatching, ShiftedClock
from support.scripted import EverybodyKnown, ReceiptChannel, Ringing, ScriptedChannel, call
from support.webhook_receiver import wait_until

from alerts.channels.port import Outcome, Receipt
from tocsin.book import Outbox
from tocsin.book.outbox_reader import Proof
from tocsin.database import Place
from tocsin.notices import receipts

WAYS = [("zhang", "sms"), ("zhang", "mail")]


def pending(provider_id: str) -> Outcome:
    return Outcome(True, 200, "OK", provider_id=provider_id, receipt="pending")


def proof(path: Place, i: int = 0) -> list[Proof]:
    outbox = Outbox.open_for_reading(path)
    try:
        return outbox.proof(call(i).alarm)
    finally:
        outbox.close()


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "EVERY_S", 0.02)


@pytest.mark.usefixtures("often")
def test_a_provider_is_asked_until_it_has_told(books: Books) -> None:
    path, clock = books.place(), ShiftedClock()
    ringing = Ringing(path)
    ringing.raise_alarms(0)
    sms = ReceiptChannel(always=pending("biz-1"))
    with Dispatching(path, [sms], clock, directory=EverybodyKnown()) as running:
        ringing.owe(call(0))
        running.wake()
        wait_until(lambda: sms.asked, what="asked")
        provider_id, phone, sent_at = sms.asked[0]
        assert (provider_id, phone) == ("biz-1", "13800000000")
        assert proof(path)[0].receipt == "pending"
        sms.news = [Receipt("biz-1", True, sent_at + 4000, "DELIVRD"), Receipt("unknown", True, 1)]
        wait_until(lambda: proof(path)[0].receipt == "confirmed", what="confirmed")
    (one,) = proof(path)
    assert (one.receipt_at, one.receipt_text) == (sent_at + 4000, "DELIVRD")


def test_a_provider_is_asked_for_three_days(books: Books) -> None:
    path, clock = books.place(), ShiftedClock()
    ringing = Ringing(path)
    ringing.raise_alarms(0)
    sms = ReceiptChannel(always=pending("biz"))
    with Dispatching(path, [sms], clock, directory=EverybodyKnown()) as running:
        ringing.owe(call(0))
        running.wake()
        wait_until(lambda: proof(path), what="recorded")
        for hours, asked in ((0, 1), (71, 2), (73, 2)):
            clock.advance(hours * 3600 - (clock.now_ms() - proof(path)[0].at) / 1000)
            asking = receipts.ask("sms", sms, running.dispatcher._desk)
            asyncio.run_coroutine_threadsafe(asking, running._loop).result(10)
            assert len(sms.asked) == asked
    assert proof(path)[0].receipt == "pending"


def test_what_did_not_reach_the_person_goes_the_next_way_if_it_is_urgent(books: Books) -> None:
    path = books.place()
    ringing = Ringing(path)
    ringing.raise_alarms(0, 1, 2)
    sms, mail = ScriptedChannel("sms", always=lambda notice: pending(f"biz-{notice.id}")), ScriptedChannel("mail")
    failed: list[str] = []
    with Dispatching(path, [sms, mail], ShiftedClock(), directory=EverybodyKnown(), on_failed=failed.append) as running:
        people = [[("a", "sms"), ("a", "mail")], [("b", "sms"), ("b", "mail")], [("c", "sms")]]
        ringing.owe(*(call(i, ways, key=f"k{i}", urgent=i != 1) for i, ways in enumerate(people)))
        running.wake()
        sms.wait_for(3)
        wait_until(lambda: all(proof(path, i) for i in range(3)), what="recorded")
        for i in range(3):
            for _ in range(2):  # providers push twice
                came = running.dispatcher.receipt_came("sms", Receipt(f"biz-k{i}", False, 5, "UNDELIV"))
                asyncio.run_coroutine_threadsafe(came, running._loop).result(10)
        mail.wait_for(1)
        wait_until(lambda: failed, what="no way left")
        wait_until(lambda: len(proof(path)) == 2, what="recorded")
    assert [(p.channel, p.result, p.receipt) for p in proof(path)] == [
        ("sms", "delivered", "undelivered"),
        ("mail", "delivered", "none"),
    ]
    assert mail.ids == ["k0.1"]
    assert [(p.channel, p.receipt) for p in proof(path, 1)] == [("sms", "undelivered")]
    assert failed == ["k2"]


def test_a_message_in_parts_is_confirmed_when_all_have_arrived(books: Books) -> None:
    path = books.place()
    ringing = Ringing(path)
    ringing.raise_alarms(0)
    sms = ScriptedChannel(always=pending("a,b"))
    with Dispatching(path, [sms], ShiftedClock(), directory=EverybodyKnown()) as running:
        ringing.owe(call(0))
        running.wake()
        wait_until(lambda: proof(path), what="recorded")
        for part, state in (("a", "pending"), ("b", "confirmed")):
            came = running.dispatcher.receipt_came("sms", Receipt(part, True, 7))
            asyncio.run_coroutine_threadsafe(came, running._loop).result(10)
            assert proof(path)[0].receipt == state


@pytest.mark.usefixtures("often")
def test_a_channel_that_breaks_while_it_is_asked_goes_on_sending(books: Books) -> None:
    class Breaking(ReceiptChannel):
        async def receipts(self, pending: object, now_ms: int) -> list[Receipt]:
            self.asked.append(("", "", now_ms))
            raise RuntimeError("no such page")

    path = books.place()
    ringing = Ringing(path)
    ringing.raise_alarms(0, 1)
    sms = Breaking(always=pending("biz"))
    with Dispatching(path, [sms], ShiftedClock(), directory=EverybodyKnown()) as running:
        ringing.owe(call(0))
        running.wake()
        wait_until(lambda: len(sms.asked) > 1, what="asked again")
        ringing.owe(call(1, urgent=True))
        running.wake()
        sms.wait_for(2)
