"""Calls become messages: floods, order, failing over, quotas, receipts; over a real book and a clock that is moved."""

from pathlib import Path

import pytest
from support.dispatching import Dispatching, ShiftedClock
from support.scripted import EverybodyKnown, Ringing, ScriptedChannel, call, subject_of
from support.webhook_receiver import wait_until

from alerts.call import Withdrawal
from alerts.channels.port import Limits, Notice, Outcome, Quota
from tocsin.book import Outbox
from tocsin.book.outbox_queue import withdraw
from tocsin.book.outbox_reader import OwedCall
from tocsin.book.schema import transaction

DOWN = Outcome(False, 503, "", "HTTP 503")
WRONG = Outcome(False, 400, "", "no such number", permanent=True)
THROTTLED = Outcome(False, 429, "", "too many", throttled=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "book.sqlite"


@pytest.fixture
def ringing(path: Path) -> Ringing:
    return Ringing(path)


def dispatching(
    path: Path, *channels: ScriptedChannel, clock: ShiftedClock | None = None, **more: object
) -> Dispatching:
    return Dispatching(path, list(channels), clock or ShiftedClock(), directory=EverybodyKnown(), **more)


def calls(path: Path) -> list[OwedCall]:
    """All rows of the outbox, the oldest first."""
    outbox = Outbox.open_for_reading(path)
    try:
        return outbox.calls(limit=100_000)[::-1]
    finally:
        outbox.close()


def states(path: Path) -> list[str]:
    return [one.state for one in calls(path)]


def results(path: Path, i: int = 0) -> list[tuple[str, str, str]]:
    """(channel, contact, result) of every attempt to tell of alarm `i`."""
    outbox = Outbox.open_for_reading(path)
    try:
        return [(p.channel, p.contact, p.result) for p in outbox.proof(call(i).alarm)]
    finally:
        outbox.close()


def lane_opens(path: Path, column: str) -> int:
    """When the one lane of a book lets the next message of a kind through."""
    outbox = Outbox.open_for_reading(path)
    try:
        return int(outbox._db.execute(f"SELECT {column} FROM lanes").fetchone()[0])
    finally:
        outbox.close()


def settled(path: Path, *expected: str) -> None:
    wait_until(lambda: states(path) == list(expected), what=f"{expected}, it is {states(path)}")


def test_the_first_notice_goes_at_once_what_follows_goes_together(path: Path, ringing: Ringing) -> None:
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


def test_a_flood_of_10000_is_a_bounded_number_of_messages_and_nothing_is_lost(path: Path, ringing: Ringing) -> None:
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
    path: Path, ringing: Ringing
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


def test_red_does_not_wait_behind_yellow(path: Path, ringing: Ringing) -> None:
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


def test_quiet_hours_and_digests_hold_a_call_and_bundles_go_apart(path: Path, ringing: Ringing) -> None:
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


def test_one_message_at_a_time_to_one_recipient_several_to_several(path: Path, ringing: Ringing) -> None:
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


def test_a_wrong_number_goes_the_next_way_at_once_and_the_last_one_is_a_dead_letter(
    path: Path, ringing: Ringing
) -> None:
    sms, mail = ScriptedChannel("sms", always=WRONG), ScriptedChannel("mail")
    failed: list[str] = []
    ringing.raise_alarms(0, 1)
    ringing.owe(call(0, [("zhang", "sms"), ("zhang", "pager"), ("zhang", "mail")], urgent=True), call(1))
    with dispatching(path, sms, mail, on_failed=failed.append):
        mail.wait_for(1)
        wait_until(lambda: failed, what="told that all ways failed")
        settled(path, "delivered", "dead")
    assert results(path) == [("sms", "zhang", "failed"), ("mail", "zhang", "delivered")]
    assert mail.ids == ["k0.1.zhang.2"], "another way is another attempt, under the call's key"
    assert failed == ["k1.1.zhang"]
    assert calls(path)[1].error == "no such number"
    with dispatching(path, sms, mail, on_failed=failed.append) as running:
        running.wake()
    assert failed == ["k1.1.zhang"], "told once"


def test_a_channel_that_is_not_configured_is_passed_over_with_the_reason(path: Path, ringing: Ringing) -> None:
    mail = ScriptedChannel("mail")
    ringing.raise_alarms(0, 1)
    ringing.owe(call(0, [("zhang", "pager"), ("li", "mail")]))
    with dispatching(path, mail) as running:
        mail.wait_for(1)
        ringing.owe(call(1, [("zhang", "pager")]))
        running.wake()
        settled(path, "delivered", "dead")
    assert results(path) == [("pager", "zhang", "skipped"), ("mail", "li", "delivered")]
    assert calls(path)[1].error == "the channel pager is not configured"


def test_an_urgent_call_does_not_wait_for_a_channel_that_is_down(path: Path, ringing: Ringing) -> None:
    sms, mail, clock = ScriptedChannel("sms", always=DOWN), ScriptedChannel("mail"), ShiftedClock()
    ringing.raise_alarms(0, 1, 2)
    ways = [("zhang", "sms"), ("zhang", "mail")]
    ringing.owe(call(0, ways, urgent=True))
    with dispatching(path, sms, mail, clock=clock) as running:
        sms.wait_for(1)
        wait_until(lambda: len(results(path)) == 1, what="recorded")
        clock.advance(119)
        running.wake()
        wait_until(lambda: len(results(path)) == 2, what="tried again")
        assert not mail.sent
        clock.advance(2)
        running.wake()
        mail.wait_for(1)
        # The next one is tried once, and goes on at once: the channel has been down long enough.
        ringing.owe(call(1, ways, urgent=True))
        running.wake()
        wait_until(lambda: results(path, 1)[:1] == [("sms", "zhang", "failed")], what="tried")
        clock.advance(5)
        running.wake()
        mail.wait_for(2)
        ringing.owe(call(2, ways))
        clock.advance(3600)
        running.wake()
        wait_until(lambda: results(path, 2), what="tried")
        settled(path, "delivered", "delivered", "due")
    assert len(mail.sent) == 2, "what is not urgent waits for its own channel for a day"


def test_after_a_day_what_is_not_urgent_goes_the_next_way(path: Path, ringing: Ringing) -> None:
    sms, mail, clock = ScriptedChannel("sms", always=DOWN), ScriptedChannel("mail"), ShiftedClock()
    ringing.raise_alarms(0)
    ringing.owe(call(0, [("zhang", "sms"), ("zhang", "mail")]))
    with dispatching(path, sms, mail, clock=clock) as running:
        wait_until(lambda: len(results(path)) == 1, what="tried")
        clock.advance(24 * 3600)
        running.wake()
        mail.wait_for(1)
        settled(path, "delivered")


def test_a_channel_that_comes_back_after_an_hour_catches_up_in_few_messages(path: Path, ringing: Ringing) -> None:
    sms, clock = ScriptedChannel(always=DOWN), ShiftedClock()
    quick = ScriptedChannel("quick")
    ringing.raise_alarms(*range(40))
    with dispatching(path, sms, quick, clock=clock) as running:
        for i in range(40):
            ringing.owe(call(i, urgent=i % 3 == 0), call(i, [("li", "quick")], urgent=True))
            clock.advance(90)
            running.wake()
            wait_until(lambda n=i: results(path, n), what="tried or waiting")
        tried = len(sms.sent)
        sms.always = Outcome(True)
        for _ in range(4):
            clock.advance(700)
            running.wake()
            wait_until(lambda: "sending" not in states(path), what="quiet")
        wait_until(lambda: set(states(path)) == {"delivered"}, what="caught up")
    assert len(sms.sent) - tried <= 4
    assert len({item.subject for told in sms.sent[tried:] for item in told.notice.items}) == 40
    assert {item.subject for told in quick.sent for item in told.notice.items} == {subject_of(i) for i in range(40)}


def test_a_message_that_failed_goes_again_under_its_id_with_the_same_events(path: Path, ringing: Ringing) -> None:
    sms, clock = ScriptedChannel(), ShiftedClock()
    sms.script = [DOWN, DOWN]
    ringing.raise_alarms(*range(4))
    ringing.owe(call(0), call(1))
    with dispatching(path, sms, clock=clock) as running:
        wait_until(lambda: results(path), what="recorded")
        ringing.owe(call(2), call(3))
        for attempt in (2, 3):
            clock.advance(5)
            running.wake()
            wait_until(lambda n=attempt: len(results(path)) == n, what="tried again")
        clock.advance(60)
        running.wake()
        settled(path, *["delivered"] * 4)
    assert len(set(sms.ids[:3])) == 1
    assert sms.told == [[subject_of(0), subject_of(1)]] * 3 + [[subject_of(2), subject_of(3)]]


def test_a_limit_of_the_provider_is_no_failure_and_what_comes_meanwhile_goes_along(
    path: Path, ringing: Ringing
) -> None:
    sms, clock = ScriptedChannel(), ShiftedClock()
    sms.script = [THROTTLED, THROTTLED]
    ringing.raise_alarms(0, 1, 2)
    ringing.owe(call(0, urgent=True))
    with dispatching(path, sms, clock=clock) as running:
        wait_until(lambda: len(results(path)) == 1, what="recorded")
        ringing.owe(call(1))
        running.wake()
        clock.advance(31)
        running.wake()
        wait_until(lambda: len(results(path)) == 2, what="recorded")
        ringing.owe(call(2, urgent=True))
        put_off_ms = lane_opens(path, "urgent_at") - clock.now_ms()
        assert 55_000 < put_off_ms <= 60_000, "put off for twice as long"
        clock.advance(60)
        running.wake()
        settled(path, *["delivered"] * 3)
    assert sms.told[-1] == [subject_of(0), subject_of(2), subject_of(1)]
    assert [result for _, _, result in results(path)] == ["throttled", "throttled", "delivered"]
    assert calls(path)[0].attempts == 1


def test_a_quota_holds_yellow_back_for_red_and_is_counted_over_a_restart(path: Path, ringing: Ringing) -> None:
    limits = Limits(quotas=(Quota(4, 3600, "recipient"),), kept_for_red=0.5)
    clock = ShiftedClock()
    ringing.raise_alarms(*range(7))
    sms = ScriptedChannel(limits=limits)
    with dispatching(path, sms, clock=clock) as running:
        for i in range(2):
            ringing.owe(call(i))
            running.wake()
            settled(path, *["delivered"] * (i + 1))
            clock.advance(301)
        ringing.owe(call(2))
        running.wake()
        wait_until(lambda: lane_opens(path, "other_at") > clock.now_ms() + 1_000_000, what="held by the quota")
    assert len(sms.sent) == 2
    sms, mail = ScriptedChannel(limits=limits), ScriptedChannel("mail")
    with dispatching(path, sms, mail, clock=clock) as running:
        ringing.owe(call(3, urgent=True))
        running.wake()
        sms.wait_for(1)
        assert sms.told == [[subject_of(3), subject_of(2)]], "the share for red is open, what waits goes along"
        ringing.owe(call(4, urgent=True))
        clock.advance(60)
        running.wake()
        sms.wait_for(2)
        ringing.owe(call(5, [("zhang", "sms"), ("zhang", "mail")], urgent=True), call(6, urgent=True))
        clock.advance(60)
        running.wake()
        mail.wait_for(1)
        settled(path, *["delivered"] * 6, "due")
        assert results(path, 5) == [("sms", "zhang", "skipped"), ("mail", "zhang", "delivered")]
        clock.advance(3600)
        running.wake()
        sms.wait_for(3)


def test_what_is_withdrawn_is_not_told_and_what_is_on_its_way_not_again(path: Path, ringing: Ringing) -> None:
    sms, clock = ScriptedChannel(), ShiftedClock()
    sms.hold()
    ringing.raise_alarms(0, 1)
    with dispatching(path, sms, clock=clock) as running:
        ringing.owe(call(0), call(0, n=1, purpose="repeat", key="repeat", not_before=clock.now_ms() + 60_000), call(1))
        running.wake()
        sms.wait_for(1)
        db = ringing.book.connection
        with transaction(db):
            gone = withdraw(db, Withdrawal(call(0).alarm, ("alarm", "repeat"), None, 2, "acknowledged by li"))
        assert gone == 2
        assert states(path) == ["sending", "withdrawn", "sending"]
        sms.always = DOWN
        sms.script = []
        sms.release()
        wait_until(lambda: "sending" not in states(path), what="recorded")
    assert states(path) in (["delivered", "withdrawn", "delivered"], ["withdrawn", "withdrawn", "due"])
    assert calls(path)[1].error == "acknowledged by li"


def test_what_was_on_its_way_and_failed_is_not_tried_again_once_it_is_withdrawn(path: Path, ringing: Ringing) -> None:
    sms, clock = ScriptedChannel(always=DOWN), ShiftedClock()
    sms.hold()
    ringing.raise_alarms(0, 1)
    ringing.owe(call(0), call(1))
    with dispatching(path, sms, clock=clock) as running:
        sms.wait_for(1)
        with transaction(ringing.book.connection):
            withdraw(ringing.book.connection, Withdrawal(call(0).alarm, ("alarm",), None, 2, "cleared"))
        sms.release()
        settled(path, "withdrawn", "due")
        sms.always = Outcome(True)
        clock.advance(10)
        running.wake()
        settled(path, "withdrawn", "delivered")
    assert sms.told[-1] == [subject_of(1)]
    assert sms.ids[-1] == "k1.1.zhang", "another composition, another id"


def test_order_within_an_alarm_is_kept_but_red_does_not_wait_for_what_is_not(path: Path, ringing: Ringing) -> None:
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


def test_a_channel_that_hangs_answers_nonsense_or_raises_holds_no_other_up(path: Path, ringing: Ringing) -> None:
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


def test_an_unknown_contact_and_an_event_that_is_gone_are_dead_letters(path: Path, ringing: Ringing) -> None:
    sms = ScriptedChannel()
    ringing.raise_alarms(0)
    ringing.owe(call(0, [("nobody", "sms")]), call(0, n=9, key="gone"))
    with Dispatching(path, [sms], ShiftedClock(), directory=EverybodyKnown({"nobody"})):
        settled(path, "dead", "dead")
    assert [one.error for one in calls(path)] == ["nobody is known as nobody", "the alarm book has no such event"]
    assert not sms.sent


def test_dead_letters_are_put_back_to_their_first_way(path: Path, ringing: Ringing) -> None:
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
