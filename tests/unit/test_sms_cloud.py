"""The cloud providers of short messages: signatures, codes, limits, receipts, replies, and nothing sent twice."""

import asyncio
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.notices import T0, facts, item, notice, person
from support.standins import aliyun, tencent
from support.standins.aliyun import Aliyun
from support.standins.tencent import REPORT_S, Tencent

from alerts.channels.port import Notice, Outcome, Quota, Receipt, TellsReceipts, TellsReplies
from alerts.channels.settings import MissingExtraError

NOW = REPORT_S * 1000 + 600_000


@pytest.fixture
def ali() -> Iterator[Aliyun]:
    with Aliyun() as started:
        yield started


@pytest.fixture
def ten() -> Iterator[Tencent]:
    with Tencent() as started:
        yield started


def by_aliyun(service: Aliyun, folder: Path, *notices: Notice, **changes: object) -> list[Outcome]:
    channel = aliyun.settings(service.url, folder, **changes).open()

    async def go() -> list[Outcome]:
        return [await channel.send(each, T0) for each in notices]

    return asyncio.run(go())


def by_tencent(service: Tencent, folder: Path, *notices: Notice, **changes: object) -> list[Outcome]:
    channel = tencent.settings(service.url, folder, **changes).open()

    async def go() -> list[Outcome]:
        return [await channel.send(each, T0) for each in notices]

    return asyncio.run(go())


def test_what_arrives(ali: Aliyun, ten: Tencent, tmp_path: Path) -> None:
    told = notice(item(reply_code="483920"))
    (first,) = by_aliyun(ali, tmp_path, told)
    (second,) = by_tencent(ten, tmp_path, told)
    content = "红色东港化工一号罐区 E001-GAS-01，52.5 %LEL（限值50 %LEL），11-21 19:53，共1条。回483920确认"
    assert ali.sent[0].content == content
    assert ten.sent[0].content == content.replace("。回", "。回复") + "。"
    assert (first.provider_id, first.receipt, ali.sent[0].out_id) == (ali.sent[0].biz_id, "pending", "m-1")
    assert (second.provider_id, second.receipt, ten.sent[0].context) == (ten.sent[0].serial_no, "pending", "m-1")
    assert (ali.sent[0].phone, ten.sent[0].phone) == ("+8613800001234",) * 2


def test_events_that_wait_are_counted(ali: Aliyun, ten: Tencent, tmp_path: Path) -> None:
    told = notice(item(), item(2), more=40)
    by_aliyun(ali, tmp_path, told)
    by_tencent(ten, tmp_path, told)
    assert "共42条" in ali.sent[0].content
    assert "共42条" in ten.sent[0].content


def test_a_wrong_secret_is_noticed_and_not_shown(ali: Aliyun, ten: Tencent, tmp_path: Path) -> None:
    ali._secret = ten._secret = "another"
    (first,), (second,) = by_aliyun(ali, tmp_path, notice()), by_tencent(ten, tmp_path, notice())
    assert "SignatureDoesNotMatch" in first.error
    assert "AuthFailure.SignatureFailure" in second.error
    for outcome, secret in ((first, aliyun.SECRET), (second, tencent.SECRET)):
        assert not outcome.delivered
        assert not outcome.permanent, "a key can be mended while notices wait"
        assert secret not in repr(outcome)


@pytest.mark.parametrize("phone", [None, "12350", "0571-88881234", "1381234567", "+", "not a number"])
def test_a_phone_that_is_none_is_given_up_at_once(ali: Aliyun, ten: Tencent, tmp_path: Path, phone: str | None) -> None:
    told = notice(recipient=person(phone=phone))
    for (outcome,) in (by_aliyun(ali, tmp_path, told), by_tencent(ten, tmp_path, told)):
        assert outcome.permanent
        assert "phone" in outcome.error or "telephone" in outcome.error
    assert (ali.sent, ten.sent) == ([], [])


@pytest.mark.parametrize(
    ("code", "permanent", "throttled"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", False, True),
        ("isv.DAY_LIMIT_CONTROL", False, True),
        ("Throttling.User", False, True),
        ("isv.MOBILE_NUMBER_ILLEGAL", True, False),
        ("isv.TEMPLATE_MISSING_PARAMETERS", True, False),
        ("isv.SMS_SIGNATURE_ILLEGAL", True, False),
        ("isv.AMOUNT_NOT_ENOUGH", False, False),
        ("isp.SYSTEM_ERROR", False, False),
        ("isv.SOMETHING_NEW", False, False),
    ],
)
def test_aliyun_s_codes(ali: Aliyun, tmp_path: Path, code: str, permanent: bool, throttled: bool) -> None:
    ali.forced_code = code
    (outcome,) = by_aliyun(ali, tmp_path, notice())
    assert (outcome.delivered, outcome.permanent, outcome.throttled) == (False, permanent, throttled)
    assert code in outcome.error
    assert "13800001234" not in repr(outcome), "the service's words hold the number"


@pytest.mark.parametrize(
    ("code", "permanent", "throttled"),
    [
        ("LimitExceeded.PhoneNumberThirtySecondLimit", False, True),
        ("LimitExceeded.PhoneNumberDailyLimit", False, True),
        ("FailedOperation.PhoneNumberInBlacklist", True, False),
        ("FailedOperation.TemplateIncorrectOrUnapproved", True, False),
        ("InvalidParameterValue.TemplateParameterLengthLimit", True, False),
        ("UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone", True, False),
        ("FailedOperation.InsufficientBalanceInSmsPackage", False, False),
        ("InternalError.Timeout", False, False),
        ("UnauthorizedOperation.RequestIpNotInWhitelist", False, False),
    ],
)
def test_tencent_s_codes(ten: Tencent, tmp_path: Path, code: str, permanent: bool, throttled: bool) -> None:
    ten.forced_code = code
    (outcome,) = by_tencent(ten, tmp_path, notice())
    assert (outcome.delivered, outcome.permanent, outcome.throttled) == (False, permanent, throttled)
    assert code in outcome.error
    assert "13800001234" not in repr(outcome)


def test_the_fifty_first_message_of_a_day_is_throttled(tmp_path: Path) -> None:
    with Aliyun(per_day=2) as service:
        outcomes = by_aliyun(service, tmp_path, *[notice()] * 3)
    assert [o.delivered for o in outcomes] == [True, True, False]
    assert outcomes[-1].throttled


def test_the_second_message_in_thirty_seconds_is_throttled(tmp_path: Path) -> None:
    with Tencent(per_30_s=1) as service:
        outcomes = by_tencent(service, tmp_path, *[notice()] * 2)
    assert [o.delivered for o in outcomes] == [True, False]
    assert outcomes[-1].throttled


def test_what_is_known_of_the_limits_is_told_beforehand(tmp_path: Path) -> None:
    limits = aliyun.settings("http://127.0.0.1:1", tmp_path, per_day=2000).open().limits
    assert limits.quotas == (Quota(50, 86_400.0, "recipient"), Quota(2000, 86_400.0))
    assert limits.kept_for_red == 0.3
    limits = tencent.settings("http://127.0.0.1:1", tmp_path, per_recipient_hour=5, per_recipient_day=10).open().limits
    assert limits.quotas == tuple(Quota(n, s, "recipient") for n, s in ((1, 30.0), (5, 3600.0), (10, 86_400.0)))
    assert limits.kept_for_red == 0.3


def test_what_was_taken_without_an_answer_is_not_sent_again(ali: Aliyun, tmp_path: Path) -> None:
    channel = aliyun.settings(ali.url, tmp_path).open()

    async def twice() -> list[Outcome]:
        ali.accept_silently = True
        first = await channel.send(notice(), T0)
        ali.accept_silently = False
        return [first, await channel.send(notice(), T0)]

    outcomes = asyncio.run(twice())
    assert [o.delivered for o in outcomes] == [False, True]
    assert len(ali.sent) == 1


def test_what_was_not_taken_is_sent_again(ali: Aliyun, tmp_path: Path) -> None:
    channel = aliyun.settings(ali.url, tmp_path).open()

    async def twice() -> list[Outcome]:
        ali.play("hang_up")
        first = await channel.send(notice(), T0)
        ali.play("ok")
        return [first, await channel.send(notice(), T0)]

    assert [o.delivered for o in asyncio.run(twice())] == [False, True]
    assert len(ali.sent) == 1


def test_of_several_messages_only_those_that_failed_are_sent_again(ten: Tencent, tmp_path: Path) -> None:
    named = [item(n, about=facts(subject_name=f"E001-LONG-NAME-{n:02}", unit_name=""), named=True) for n in range(3)]
    channel = tencent.settings(ten.url, tmp_path).open()

    async def go() -> list[Outcome]:
        refused = ten._refused
        ten._refused = lambda *a: "InternalError.Timeout" if len(ten.sent) == 1 else refused(*a)  # type: ignore[method-assign]
        first = await channel.send(notice(*named), T0)
        ten._refused = refused  # type: ignore[method-assign]
        return [first, await channel.send(notice(*named), T0)]

    first, second = asyncio.run(go())
    assert (first.delivered, second.delivered) == (False, True)
    assert len(ten.sent) == 3
    assert second.provider_id == ",".join(sent.serial_no for sent in ten.sent)


def test_receipts(ali: Aliyun, ten: Tencent, tmp_path: Path) -> None:
    by_aliyun(ali, tmp_path, *[notice()] * 3)
    by_tencent(ten, tmp_path, *[notice()] * 3)
    for sent, status, error, report in zip(ali.sent, (3, 2, 1), ("DELIVERED", "MK:0012", ""), range(3), strict=True):
        sent.status, sent.error = status, error
        ten.sent[report].report = ("SUCCESS", "FAIL", "")[report]
    for sent_by_tencent in ten.sent:
        sent_by_tencent.at_s = REPORT_S - 10
    first, second = aliyun.settings(ali.url, tmp_path).open(), tencent.settings(ten.url, tmp_path).open()
    assert isinstance(first, TellsReceipts)
    assert isinstance(second, TellsReceipts)
    phone = "138 0000 1234"
    at = REPORT_S * 1000
    asked = asyncio.run(first.receipts([(sent.biz_id, phone, NOW - 60_000) for sent in ali.sent], NOW))
    assert asked == [
        Receipt(ali.sent[0].biz_id, True, at, "DELIVERED", phone),
        Receipt(ali.sent[1].biz_id, False, at, "MK:0012", phone),
    ]
    asked = asyncio.run(second.receipts([(sent.serial_no, phone, NOW - 60_000) for sent in ten.sent], NOW))
    assert asked == [
        Receipt(ten.sent[0].serial_no, True, at, "DELIVERED", phone),
        Receipt(ten.sent[1].serial_no, False, at, "MK:0012", phone),
    ]


def test_no_news_is_no_error(tmp_path: Path) -> None:
    pending = [("1", "13800001234", NOW), ("2", "nonsense", NOW)]
    first, second = (
        module.settings("http://127.0.0.1:9", tmp_path).open()
        for module in (aliyun, tencent)  # type: ignore[attr-defined]
    )
    assert asyncio.run(first.receipts(pending, NOW)) == []
    assert asyncio.run(second.receipts(pending, NOW)) == []


def test_messages_without_news_do_not_keep_others_waiting(ali: Aliyun, tmp_path: Path) -> None:
    by_aliyun(ali, tmp_path, notice())
    ali.sent[0].status = 3
    channel = aliyun.settings(ali.url, tmp_path).open()
    phone = "13800001234"
    pending = [("999999^0", "no phone", NOW)] + [(f"{n}^9", "no phone", NOW) for n in range(60)]
    pending.append((ali.sent[0].biz_id, phone, NOW))

    async def twice() -> list[list[Receipt]]:
        return [await channel.receipts(pending, NOW), await channel.receipts(pending, NOW)]

    first, second = asyncio.run(twice())
    assert first == []
    assert [receipt.provider_id for receipt in second] == [ali.sent[0].biz_id]


def test_replies_are_asked_for_only_where_they_are_opened(ten: Tencent, tmp_path: Path) -> None:
    ten.replies = [
        {"ExtendCode": "", "PhoneNumber": "+8613800001234", "ReplyContent": "收到 483920", "ReplyTime": REPORT_S}
    ]
    closed = tencent.settings(ten.url, tmp_path).open()
    opened = tencent.settings(ten.url, tmp_path, replies=True).open()
    assert isinstance(opened, TellsReplies)
    assert asyncio.run(closed.replies(NOW)) == []
    (reply,) = asyncio.run(opened.replies(NOW))
    assert (reply.phone, reply.text, reply.at_ms) == ("+8613800001234", "收到 483920", REPORT_S * 1000)
    assert asyncio.run(opened.replies(NOW)) == []


def test_nothing_of_a_request_is_logged_by_tencent_s_library(
    ten: Tencent, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    by_tencent(ten, tmp_path, notice())
    assert "13800001234" not in caplog.text
    assert "东港化工" not in caplog.text


@pytest.mark.parametrize("module", [aliyun, tencent], ids=["aliyun", "tencent"])
def test_a_missing_library_names_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: object
) -> None:
    for name in ("alibabacloud_dysmsapi20170525", "tencentcloud.common.common_client"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'tocsin\[sms\]'"):
        module.settings("http://127.0.0.1:1", tmp_path).open()  # type: ignore[attr-defined]
