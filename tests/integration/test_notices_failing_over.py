"""Calls whose channel fails, is limited or comes back: the next way, quotas, catching up."""

from pathlib import Path

import pytest
from support.bundling import DOWN, THROTTLED, WRONG, calls, dispatching, lane_opens, results, settled, states
from support.dispatching import ShiftedClock
from support.scripted import Ringing, ScriptedChannel, call, subject_of
from support.webhook_receiver import wait_until

from alerts.channels.port import Limits, Outcome, Quota


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "book.sqlite"


@pytest.fixture
def ringing(path: Path) -> Ringing:
    return Ringing(path)


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
