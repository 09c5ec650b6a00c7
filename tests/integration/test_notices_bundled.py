"""Calls become messages: floods, order, withdrawals; over a real book and a clock that is moved."""

import pytest
from support.books import Books
from support.bundling import DOWN, WRONG, calls, dispatching, results, settled, states
from support.dispatching import Dispatching, ShiftedClock
from support.scripted import EverybodyKnown, Ringing, ScriptedChannel, call, subject_of
from support.webhook_receiver import wait_until

from alerts.call import Withdrawal
from alerts.channels.port import Limits, Notice, Outcome
from tocsin.book import Outbox
from tocsin.book.outbox_queue import withdraw
from tocsin.database import Place


@pytest.fixture
def path(books: Books) -> Place:
    return books.place()


@pytest.fixture
def ringing(path: Place) -> Ringing:
    return Ringing(path)


def test_the_first_notice_goes_at_once_what_follows_goes_together(path: Place, ringing: Ringing) -> None:
    sms, clock = ScriptedChannel(), ShiftedClock()
    ringing.raise_alarms(*range(5))
    with dispatching(path, sms, clock=clock) as running:
        ringing.owe(call(0))
        running.wake()
        sms.wait_for(1)
        ringing.owe(*(call(i) for i in range(1, 5)))
        running.wake()
        settled(path, "delivered", "due", "due", "due", "due")
        clock.advance(60)
        running.wake()
        sms.wait_for(2)
        settled(path, *["delivered"] * 5)
    assert sms.told == [[subject_of(0)], [subject_of(i) for i in range(1, 5)]]
    first, second = (sent.notice for sent in sms.sent)
    assert first.id == "k0.1.zhang", "one event goes under its call's key"
    assert second.id.startswith("m")
    assert (first.recipient.contact, first.more, first.urgent) == ("zhang", 0, False)  # type: ignore[union-attr]
    assert first.first.link == f"https://centre.example/zhang/{call(0).alarm}/h"
    assert first.first.facts is not None
    outbox = Outbox.open_for_reading(path)
    (proof,) = outbox.proof(call(3).alarm)
    assert (proof.together, proof.status, proof.answer, proof.provider_id) == (4, 200, "taken", "p")
    outbox.close()


@pytest.mark.parametrize("books", ["sqlite"], indirect=True)
def test_a_flood_of_10000_is_a_bounded_number_of_messages_and_nothing_is_lost(path: Place, ringing: Ringing) -> None:
    sms, clock = ScriptedChannel(limits=Limits(most_items=50)), ShiftedClock()
    ringing.raise_alarms(*range(10_000))
    named = {17, 4711, 9999}
    with dispatching(path, sms, clock=clock) as running:
        ringing.owe(*(call(i, urgent=i in named, named=i in named) for i in range(10_000)))
        running.wake()
        for _ in range(8):
            if set(states(path)) == {"delivered"}:
                break
            done = states(path).count("delivered")
            clock.advance(301)
            running.wake()
            wait_until(lambda n=done: states(path).count("delivered") > n, what="more")
    assert set(states(path)) == {"delivered"}
    assert len(sms.sent) <= 6
    first = sms.sent[0].notice
    assert {item.subject for item in first.items[:3]} == {subject_of(i) for i in named}
    assert [item.named for item in first.items[:4]] == [True, True, True, False]
    assert sum(len(sent.notice.items) + sent.notice.more for sent in sms.sent) == 10_000
    assert sum(one.counted for one in calls(path)) == sum(sent.notice.more for sent in sms.sent)


def test_every_notice_of_a_never_suppress_level_is_named_though_messages_are_short(
    path: Place, ringing: Ringing
) -> None:
    sms, clock = ScriptedChannel(limits=Limits(most_items=2)), ShiftedClock()
    ringing.raise_alarms(*range(9))
    ringing.owe(*(call(i, urgent=True, named=i < 5) for i in range(9)))
    with dispatching(path, sms, clock=clock) as running:
        for done in (1, 2, 3):
            sms.wait_for(done)
            wait_until(lambda: "sending" not in states(path), what="recorded")
            clock.advance(60)
            running.wake()
        settled(path, *["delivered"] * 9)
    named = [item.subject for sent in sms.sent for item in sent.notice.items if item.named]
    assert sorted(named) == [subject_of(i) for i in range(5)]
    assert len(sms.sent) == 3


def test_red_does_not_wait_behind_yellow(path: Place, ringing: Ringing) -> None:
    sms = ScriptedChannel()
    ringing.raise_alarms(0, 1, 2)
    with dispatching(path, sms) as running:
        ringing.owe(call(0))
        running.wake()
        sms.wait_for(1)
        ringing.owe(call(1))
        ringing.owe(call(2, urgent=True, named=True))
        running.wake()
        sms.wait_for(2)
        settled(path, *["delivered"] * 3)
    assert sms.told[1] == [subject_of(2), subject_of(1)], "what waits goes along"
    assert [sent.notice.urgent for sent in sms.sent] == [False, True]


def test_quiet_hours_and_digests_hold_a_call_and_bundles_go_apart(path: Place, ringing: Ringing) -> None:
    sms, clock = ScriptedChannel(), ShiftedClock()
    ringing.raise_alarms(*range(4))
    later = clock.now_ms() + 3_600_000
    ringing.owe(*(call(i, not_before=later, bundle="digest") for i in range(3)), call(3))
    with dispatching(path, sms, clock=clock) as running:
        sms.wait_for(1)
        settled(path, "due", "due", "due", "delivered")
        clock.advance(3601)
        running.wake()
        sms.wait_for(2)
        settled(path, *["delivered"] * 4)
    assert sms.told == [[subject_of(3)], [subject_of(i) for i in range(3)]]


def test_one_message_at_a_time_to_one_recipient_several_to_several(path: Place, ringing: Ringing) -> None:
    sms = ScriptedChannel(limits=Limits(concurrency=3))
    sms.hold()
    ringing.raise_alarms(*range(10))
    ringing.owe(*(call(i, [(f"c{i}", "sms")]) for i in range(10)))
    with dispatching(path, sms) as running:
        sms.wait_for(3)
        ringing.owe(call(0, [("c0", "sms")], urgent=True, key="again"))
        running.wake()
        sms.release()
        sms.wait_for(11)
    assert sms.most_underway == 3
    assert set(sms.most_underway_of_one.values()) == {1}


def test_what_is_withdrawn_is_not_told_and_what_is_on_its_way_not_again(path: Place, ringing: Ringing) -> None:
    sms, clock = ScriptedChannel(), ShiftedClock()
    sms.hold()
    ringing.raise_alarms(0, 1)
    with dispatching(path, sms, clock=clock) as running:
        ringing.owe(call(0), call(0, n=1, purpose="repeat", key="repeat", not_before=clock.now_ms() + 60_000), call(1))
        running.wake()
        sms.wait_for(1)
        db = ringing.book.connection
        with db.transaction():
            gone = withdraw(db, Withdrawal(call(0).alarm, ("alarm", "repeat"), None, 2, "acknowledged by li"))
        assert gone == 2
        assert states(path) == ["sending", "withdrawn", "sending"]
        sms.always = DOWN
        sms.script = []
        sms.release()
        wait_until(lambda: "sending" not in states(path), what="recorded")
    assert states(path) in (["delivered", "withdrawn", "delivered"], ["withdrawn", "withdrawn", "due"])
    assert calls(path)[1].error == "acknowledged by li"


def test_what_was_on_its_way_and_failed_is_not_tried_again_once_it_is_withdrawn(path: Place, ringing: Ringing) -> None:
    sms, clock = ScriptedChannel(always=DOWN), ShiftedClock()
    sms.hold()
    ringing.raise_alarms(0, 1)
    ringing.owe(call(0), call(1))
    with dispatching(path, sms, clock=clock) as running:
        sms.wait_for(1)
        with ringing.book.connection.transaction():
            withdraw(ringing.book.connection, Withdrawal(call(0).alarm, ("alarm",), None, 2, "cleared"))
        sms.release()
        settled(path, "withdrawn", "due")
        sms.always = Outcome(True)
        clock.advance(10)
        running.wake()
        settled(path, "withdrawn", "delivered")
    assert sms.told[-1] == [subject_of(1)]
    assert sms.ids[-1] == "k1.1.zhang", "another composition, another id"


def test_order_within_an_alarm_is_kept_but_red_does_not_wait_for_what_is_not(path: Place, ringing: Ringing) -> None:
    sms, clock = ScriptedChannel(), ShiftedClock()
    sms.script = [DOWN]
    ringing.raise_alarms(0, 1)
    ringing.owe(call(0))
    with dispatching(path, sms, clock=clock) as running:
        wait_until(lambda: results(path), what="recorded")
        ringing.raise_alarms(0, level="hh", name="upgraded")
        ringing.owe(call(0, n=2, key="second"), call(1, key="other", not_before=0))
        running.wake()
        settled(path, "due", "due", "due")
        ringing.owe(call(0, n=2, key="red", urgent=True))
        running.wake()
        wait_until(lambda: states(path)[3] == "delivered", what="told of red")
        assert states(path)[0] == "due"
        clock.advance(3)
        running.wake()
        wait_until(lambda: states(path)[0] == "delivered", what="told of the first")
        clock.advance(60)
        running.wake()
        settled(path, *["delivered"] * 4)


def test_a_channel_that_hangs_answers_nonsense_or_raises_holds_no_other_up(path: Place, ringing: Ringing) -> None:
    def nonsense(_: Notice) -> Outcome:
        return "OK"  # type: ignore[return-value]

    def raises(_: Notice) -> Outcome:
        raise RuntimeError("no such codec")

    hanging, good = ScriptedChannel("hanging"), ScriptedChannel("good")
    hanging.hold()
    odd, broken = ScriptedChannel("odd", always=nonsense), ScriptedChannel("broken", always=raises)
    ringing.raise_alarms(0)
    ringing.owe(*(call(0, [("zhang", name)], key=name) for name in ("hanging", "odd", "broken", "good")))
    with dispatching(path, hanging, odd, broken, good):
        good.wait_for(1)
        settled(path, "sending", "due", "due", "delivered")
        hanging.release()
    errors = [one.error for one in calls(path)]
    assert errors[1:3] == ["the channel answered with str", "RuntimeError: no such codec"]


def test_an_unknown_contact_and_an_event_that_is_gone_are_dead_letters(path: Place, ringing: Ringing) -> None:
    sms = ScriptedChannel()
    ringing.raise_alarms(0)
    ringing.owe(call(0, [("nobody", "sms")]), call(0, n=9, key="gone"))
    with Dispatching(path, [sms], ShiftedClock(), directory=EverybodyKnown({"nobody"})):
        settled(path, "dead", "dead")
    assert [one.error for one in calls(path)] == ["nobody is known as nobody", "the alarm book has no such event"]
    assert not sms.sent


def test_dead_letters_are_put_back_to_their_first_way(path: Place, ringing: Ringing) -> None:
    sms, mail = ScriptedChannel("sms", always=WRONG), ScriptedChannel("mail", always=WRONG)
    ringing.raise_alarms(0)
    ringing.owe(call(0, [("zhang", "sms"), ("zhang", "mail")]))
    with dispatching(path, sms, mail):
        settled(path, "dead")
    outbox = Outbox.open_for_writing(path)
    assert [(d.target, d.key) for d in outbox.dead_letters()] == [("mail", "k0.1.zhang")]
    assert outbox.requeue(key="nosuchkey") == 0
    assert outbox.requeue(key="k0.1.zhang") == 1
    outbox.close()
    sms.always = Outcome(True)
    with dispatching(path, sms, mail):
        settled(path, "delivered")
    assert len(mail.sent) == 1
