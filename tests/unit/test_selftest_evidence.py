"""How far word of a test alarm has got, from the rows of the outbox and the proof of its attempts."""

from typing import Any

from tocsin.book.outbox_reader import OwedCall, Proof
from tocsin.selftest.evidence import Told, judge

ROW = OwedCall(
    key="k1", alarm="a", n=1, purpose="alarm", channel="sms", contact="C1", state="delivered", queued_at=1000,
    not_before=0, next_at=1000, attempts=1, ended_at=2000, route="self-test", rung=0, urgent=False, message="k1",
    counted=False, approvers="", settled="", error="",
)  # fmt: skip
SENT = Proof(
    event_id="a.1", purpose="alarm", key="k1", message="k1", together=1, channel="sms", contact="C1", at=1500,
    result="delivered", status=200, provider_id="p1", answer="ok", error="", receipt="none", receipt_at=None,
    receipt_text="",
)  # fmt: skip


def row(**other: Any) -> OwedCall:
    return OwedCall(**({name: getattr(ROW, name) for name in OwedCall.__struct_fields__} | other))


def sent(**other: Any) -> Proof:
    return Proof(**({name: getattr(SENT, name) for name in Proof.__struct_fields__} | other))


def test_nobody_is_to_be_told() -> None:
    assert judge([], [], ()) == Told(False, False, None, (), waits="nobody is to be told")
    assert judge([row(n=2)], [], ()).queued is False, "word of its end is not word of it"


def test_delivered_over_all_that_it_is_sent_over() -> None:
    both = [ROW, row(key="k2", channel="mail", state="due", attempts=0)]
    told = judge(both, [SENT], ())
    assert (told.queued, told.delivered, told.waits) == (True, False, "the word to C1 over mail is due")
    both = [ROW, row(key="k2", channel="mail")]
    assert judge(both, [SENT, sent(key="k2", channel="mail")], ()) == Told(True, True, None, ("mail", "sms"))


def test_only_the_channels_that_are_named_count_and_each_of_them_must() -> None:
    rows = [ROW, row(key="k2", channel="mail", state="due")]
    assert judge(rows, [SENT], ["sms"]).delivered
    told = judge(rows, [SENT], ["sms", "voice"])
    assert (told.queued, told.waits) == (False, "nobody is to be told over voice")
    moved = judge([row(channel="mail")], [], ["sms"])
    assert moved.waits == "nobody is to be told over sms; C1 was told over mail instead"


def test_what_was_given_up_or_withdrawn_fails_at_once() -> None:
    told = judge([row(state="dead", error="no such number")], [], ())
    assert (told.delivered, told.failed) == (False, "the word to C1 over sms is dead: no such number")
    told = judge([row(state="rejected", settled="by chen", contact="")], [], ())
    assert told.failed == "the word over sms is rejected: by chen"


def test_why_it_waits() -> None:
    assert "held for an approval" in judge([row(state="held")], [], ()).waits
    put_off = judge([row(state="due", attempts=0, not_before=90_000)], [], ())
    assert put_off.waits == "the word to C1 over sms is put off, by quiet hours or a digest"
    tried = judge([row(state="due", attempts=3, error="HTTP 500")], [], ())
    assert tried.waits == "the word to C1 over sms is due after 3 attempts: HTTP 500"


def test_receipts_must_come_where_a_channel_gives_them() -> None:
    both = [ROW, row(key="k2", channel="voice")]
    pending = judge(both, [sent(receipt="pending"), sent(key="k2", channel="voice")], ())
    assert (pending.delivered, pending.confirmed, pending.waits) == (
        True,
        False,
        "the receipt to C1 over sms has not come",
    )
    confirmed = judge(both, [sent(receipt="confirmed"), sent(key="k2", channel="voice")], ())
    assert (confirmed.confirmed, confirmed.failed, confirmed.waits) == (True, "", "")
    bad = judge([ROW], [sent(receipt="undelivered")], ())
    assert (bad.confirmed, bad.failed) == (False, "the receipt to C1 over sms says undelivered")
    again = judge([ROW], [sent(receipt="undelivered"), sent(receipt="confirmed", at=1900)], ())
    assert again.confirmed, "the last attempt counts"
