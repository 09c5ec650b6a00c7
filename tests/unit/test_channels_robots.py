"""Robots of chats: what is signed, who is mentioned, what fits, and which answer means what."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import ValidationError
from support.notices import facts, item, notice, person, several
from support.standins.robots import DingTalkHarness, FeishuHarness, RobotHarness, WeComHarness
from support.standins.scripted_http import Reply

from alerts.channels import dingtalk, feishu
from alerts.channels.dingtalk import DingTalkSettings
from alerts.channels.port import Notice, Outcome, Recipient
from alerts.channels.wecom import WeComSettings
from tocsin.clock import SystemClock

HARNESSES = [DingTalkHarness, WeComHarness, FeishuHarness]


def form_of(harness: type[RobotHarness], folder: Path, given: Notice) -> dict[str, Any]:
    """What the service took."""
    with harness(folder) as made:
        outcome = send(made, given)
        assert outcome.delivered, outcome
        assert made.complaints() == []
        return made.messages[0]


def send(harness: RobotHarness, given: Notice) -> Outcome:
    async def once() -> Outcome:
        channel = harness.channel()
        try:
            return await channel.send(given, SystemClock().now_ms())
        finally:
            await channel.close()

    return asyncio.run(once())


def test_signatures_by_hand() -> None:
    # Both made with `openssl dgst -sha256 -hmac ... -binary | base64`.
    assert dingtalk.signature("SECabc", 1_700_000_000_000) == "jcUpW0QmtKduN03n4JqQ0PBosVjqnM8gU7fIIvsDmCM="
    assert feishu.signature("abc", 1_700_000_000) == "VIS10b0EBvzzSdFnuk4tznEmK5wHaruvf/WnViv2yR4="


def test_dingtalk_mentions_by_user_id_by_phone_and_all(tmp_path: Path) -> None:
    by_id = form_of(DingTalkHarness, tmp_path, notice(recipient=person(handles={"ding": "manager4711"})))
    assert by_id["at"] == {"atUserIds": ["manager4711"]}
    assert "@manager4711" in by_id["markdown"]["text"]
    by_phone = form_of(DingTalkHarness, tmp_path, notice(recipient=person(phone="+86 138-0000-1234")))
    assert by_phone["at"] == {"atMobiles": ["13800001234"]}
    assert form_of(DingTalkHarness, tmp_path, notice(recipient=person(handles={"ding": "all"})))["at"] == {
        "isAtAll": True
    }


def test_dingtalk_offers_a_button_where_nobody_is_mentioned(tmp_path: Path) -> None:
    card = form_of(DingTalkHarness, tmp_path, notice(recipient=Recipient("group")))
    assert card["msgtype"] == "actionCard"
    assert card["actionCard"]["singleTitle"] == "查看并确认"
    assert card["actionCard"]["singleURL"] == item().link


def test_wecom_mentions_by_user_id_in_markdown_and_by_phone_in_text(tmp_path: Path) -> None:
    by_id = form_of(WeComHarness, tmp_path, notice(recipient=person(handles={"wecom": "zhangwei"})))
    assert by_id["markdown"]["content"].endswith("<@zhangwei>")
    by_phone = form_of(WeComHarness, tmp_path, notice())
    assert by_phone["text"]["mentioned_mobile_list"] == ["13800001234"]
    everybody = form_of(WeComHarness, tmp_path, notice(recipient=person(handles={"wecom": "all"})))
    assert everybody["text"]["mentioned_list"] == ["@all"]
    assert form_of(WeComHarness, tmp_path, notice(recipient=Recipient("group")))["msgtype"] == "markdown"


def test_a_landline_or_a_foreign_number_is_mentioned_by_nobody(tmp_path: Path) -> None:
    for phone in ("0472-1234567", "+49 170 1234567", "nonsense"):
        assert "at" not in form_of(DingTalkHarness, tmp_path, notice(recipient=person(phone=phone)))


def test_feishu_mentions_and_colours(tmp_path: Path) -> None:
    card = form_of(FeishuHarness, tmp_path, notice(recipient=person(handles={"feishu": "ou_7d8"})))["card"]
    assert "<at id=ou_7d8></at>" in card["elements"][0]["text"]["content"]
    assert card["header"]["template"] == "red"
    mail = form_of(FeishuHarness, tmp_path, notice(recipient=person(handles={"feishu": "a@b.example"})))["card"]
    assert "<at email=a@b.example></at>" in mail["elements"][0]["text"]["content"]
    over = form_of(FeishuHarness, tmp_path, notice(item(name="cleared", purpose="resolved")))["card"]
    assert over["header"]["template"] == "green"
    assert over["elements"][1]["actions"][0]["text"]["content"] == "查看详情"
    odd = form_of(FeishuHarness, tmp_path, notice(item(about=facts(severity="purple"))))["card"]
    assert odd["header"]["template"] == "grey"


@pytest.mark.parametrize("harness", HARNESSES)
def test_as_many_as_may_go_in_one_message_are_all_named_where_they_must_be(
    harness: type[RobotHarness], tmp_path: Path
) -> None:
    with harness(tmp_path) as made:
        most = made.channel().limits.most_items
        items = [replace(given, named=True) for given in several(most)]
        assert send(made, notice(*items, more=1000)).delivered
        assert made.complaints() == []
        (text,) = made.told()
    assert all(f"P{n:04}" in text for n in range(most))
    assert str(most + 1000) in text


@pytest.mark.parametrize(
    ("harness", "code", "said"),
    [
        (DingTalkHarness, 130101, Outcome(False, throttled=True, retry_after_s=600.0)),
        (DingTalkHarness, 410100, Outcome(False, throttled=True, retry_after_s=600.0)),
        (DingTalkHarness, 300001, Outcome(False, permanent=True)),
        (DingTalkHarness, 310000, Outcome(False)),
        (DingTalkHarness, -1, Outcome(False)),
        (WeComHarness, 45009, Outcome(False, throttled=True, retry_after_s=60.0)),
        (WeComHarness, 93000, Outcome(False, permanent=True)),
        (WeComHarness, -1, Outcome(False)),
        (FeishuHarness, 11232, Outcome(False, throttled=True, retry_after_s=15.0)),
        (FeishuHarness, 19024, Outcome(False, permanent=True)),
        (FeishuHarness, 19021, Outcome(False)),
    ],
)
def test_what_the_codes_mean(harness: type[RobotHarness], code: int, said: Outcome, tmp_path: Path) -> None:
    key, text = ("code", "msg") if harness is FeishuHarness else ("errcode", "errmsg")
    outcome = answered(harness, tmp_path, Reply(200, msgspec.json.encode({key: code, text: "as it says"})))
    assert (outcome.delivered, outcome.throttled, outcome.permanent) == (False, said.throttled, said.permanent)
    assert (outcome.error, outcome.retry_after_s) == (f"error {code}: as it says", said.retry_after_s)


@pytest.mark.parametrize("harness", HARNESSES)
@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"0", b'{"errcode": "0"}', b'{"errcode": false, "code": false}', b"\xff\xfe", b"{" * 9999],
)
def test_an_answer_that_is_none_is_no_delivery(harness: type[RobotHarness], body: bytes, tmp_path: Path) -> None:
    outcome = answered(harness, tmp_path, Reply(200, body))
    assert not outcome.delivered
    assert outcome.error == "HTTP 200, an answer that can't be understood"


@pytest.mark.parametrize("harness", HARNESSES)
def test_too_many_requests_is_a_limit_whatever_the_body(harness: type[RobotHarness], tmp_path: Path) -> None:
    outcome = answered(harness, tmp_path, Reply(429, b"slow down", {"retry-after": "7"}))
    assert (outcome.delivered, outcome.throttled, outcome.retry_after_s) == (False, True, 7.0)
    assert not answered(harness, tmp_path, Reply(500, b'{"errcode": 0, "code": 0}')).delivered


def answered(harness: type[RobotHarness], folder: Path, reply: Reply) -> Outcome:
    class Answering(harness):  # type: ignore[misc, valid-type]
        def _serve(self, request: object, script: object) -> Reply:
            return reply

    with Answering(folder) as made:
        return send(made, notice())


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        ("http://oapi.dingtalk.com/robot/send?access_token=0123456789ab", "not https"),
        ("https://10.0.0.1/robot/send?access_token=0123456789ab", "a private address"),
        ("0123456789ab", "not a web address"),
        ("", "one line with the secret"),
        ("https://a.example/0123456789ab\nhttps://b.example", "one line with the secret"),
    ],
)
def test_a_wrong_address_is_said_with_its_file_and_without_its_key(tmp_path: Path, address: str, wrong: str) -> None:
    file = tmp_path / "robot-url"
    file.write_text(address, encoding="ascii")
    with pytest.raises(ValueError, match=wrong) as caught:
        WeComSettings(kind="wecom", name="w", url_file=file).open()
    assert str(file) in str(caught.value)
    assert "0123456789ab" not in str(caught.value)


def test_a_file_that_is_not_there_and_a_key_in_the_settings(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere: the secret can't be read"):
        WeComSettings(kind="wecom", name="w", url_file=tmp_path / "nowhere").open()
    with pytest.raises(ValidationError) as caught:
        DingTalkSettings.model_validate({"kind": "dingtalk", "name": "d", "url_file": "u", "secret": "SEChunter2"})
    assert "hunter2" not in str(caught.value)
