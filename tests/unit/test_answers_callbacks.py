"""What providers of short messages push: receipts are handed on, replies acknowledge."""

import json
from typing import Any

import pytest
from msgspec.structs import replace
from support.answers_desk import ALARM, RECORD, Answers

from alerts.channels.port import Receipt, Reply
from tocsin.answers.callbacks import PROVIDERS, StrangeError, read_callback

SECRET = "cb-0123456789"
ALIYUN_REPORT = {
    "phone_number": "13800001234", "send_time": "2026-01-31 08:00:00", "report_time": "2026-01-31 08:00:05",
    "success": False, "err_code": "MOBILE_NOT_ON_SERVICE", "err_msg": "停机", "sms_size": "1", "biz_id": "9^0",
    "out_id": "m-1",
}  # fmt: skip
TENCENT_REPORT = {
    "user_receive_time": "2026-01-31 08:00:05", "nationcode": "86", "mobile": "13800001234",
    "report_status": "SUCCESS", "errmsg": "DELIVRD", "description": "用户短信送达成功", "sid": "7:1",
}  # fmt: skip


def aliyun_reply(text: str, phone: str = "13800001234") -> list[dict[str, Any]]:
    return [
        {
            "phone_number": phone,
            "content": text,
            "send_time": "2026-01-31 08:01:00",
            "sign_name": "东港应急",
            "dest_code": "1234",
            "sequence_id": 1234567890,
        }
    ]


def tencent_reply(text: str, phone: str = "13800001234") -> dict[str, Any]:
    return {"extend": "", "mobile": phone, "nationcode": "86", "sign": "东港", "text": text, "time": 1769817660}


@pytest.fixture
def answers() -> Answers:
    return Answers(
        callbacks={"sms": "aliyun_sms", "sms2": "tencent_sms", "other": "file"},
        callback_secret=SECRET,
    )


def push(answers: Answers, channel: str, given: object, secret: str = SECRET) -> tuple[int, Any]:
    answer = answers.client.post(f"/callbacks/{channel}/{secret}", content=json.dumps(given))
    return answer.status_code, answer.json() if answer.status_code in (200, 400, 503) else answer.text


def test_receipts_are_handed_on(answers: Answers) -> None:
    assert push(answers, "sms", [ALIYUN_REPORT]) == (200, {"code": 0, "msg": "接收成功"})
    assert push(answers, "sms2", [TENCENT_REPORT]) == (200, {"result": 0, "errmsg": "OK"})
    at_ms = 1_769_817_605_000
    assert answers.desk.pushed == [
        ("sms", Receipt("9^0", False, at_ms, "MOBILE_NOT_ON_SERVICE 停机", "13800001234")),
        ("sms2", Receipt("7:1", True, at_ms, "DELIVRD 用户短信送达成功", "+8613800001234")),
    ]


def test_replies_are_read() -> None:
    assert read_callback(PROVIDERS["aliyun_sms"], json.dumps(aliyun_reply("1")).encode()).replies == (
        Reply("1234567890", "13800001234", "1", 1_769_817_660_000),
    )
    assert read_callback(PROVIDERS["tencent_sms"], json.dumps(tencent_reply("1")).encode()).replies == (
        Reply("+8613800001234.1769817660", "+8613800001234", "1", 1_769_817_660_000),
    )


@pytest.mark.parametrize("channel", ["sms", "sms2"])
def test_a_reply_with_the_code_acknowledges(answers: Answers, channel: str) -> None:
    code = answers.links.reply_code("zhang", ALARM, "h")
    shape = aliyun_reply if channel == "sms" else tencent_reply
    assert push(answers, channel, shape(f"{code} 已收到"))[0] == 200
    assert answers.desk.acts == [(ALARM, "zhang", "centre", f"{code} 已收到")]


@pytest.mark.parametrize(
    ("text", "phone"),
    [("收到", "13800001234"), ("{code}", "13900009999"), ("{code} 不是我", "13800001234"), ("{wrong}", "13800001234")],
)
def test_what_has_to_be_guessed_acknowledges_nothing(answers: Answers, text: str, phone: str) -> None:
    code = answers.links.reply_code("zhang", ALARM, "h")
    wrong = answers.links.reply_code("li", ALARM, "h")
    assert push(answers, "sms", aliyun_reply(text.format(code=code, wrong=wrong), phone))[0] == 200
    assert answers.desk.acts == []


def test_a_code_of_a_lower_level_acknowledges_nothing(answers: Answers) -> None:
    answers.desk.record = replace(RECORD, peak_level="hh", peak_severity="red")
    assert push(answers, "sms", aliyun_reply(answers.links.reply_code("zhang", ALARM, "h")))[0] == 200
    assert answers.desk.acts == []


def test_pushed_twice_is_done_once_more_without_harm(answers: Answers) -> None:
    given = aliyun_reply(answers.links.reply_code("zhang", ALARM, "h"))
    assert [push(answers, "sms", given)[0] for _ in range(2)] == [200, 200]
    assert len(answers.desk.acts) == 1


def test_what_the_service_could_not_take_is_to_be_pushed_again(answers: Answers) -> None:
    answers.desk.down = True
    assert push(answers, "sms", [ALIYUN_REPORT]) == (503, {"code": 1, "msg": "请重试"})
    assert push(answers, "sms2", tencent_reply(answers.links.reply_code("zhang", ALARM, "h")))[0] == 503


def test_a_part_that_is_strange_loses_no_other(answers: Answers) -> None:
    assert push(answers, "sms", [{"success": True}, ALIYUN_REPORT | {"report_time": "soon"}, ALIYUN_REPORT])[0] == 200
    assert len(answers.desk.pushed) == 1


def test_nonsense_is_refused(answers: Answers) -> None:
    for given in (b"", b"{", b"[1]", b"\xff", b'"x"'):
        with pytest.raises(StrangeError):
            read_callback(PROVIDERS["aliyun_sms"], given)
        assert answers.client.post(f"/callbacks/sms/{SECRET}", content=given).status_code == 400
    assert answers.client.post(f"/callbacks/sms/{SECRET}", content=b"[" + b" " * (1 << 20)).status_code == 413


def test_without_the_secret_nothing_is_read(answers: Answers) -> None:
    assert push(answers, "sms", [ALIYUN_REPORT], "wrong") == (403, "403\n")
    assert push(answers, "other", [ALIYUN_REPORT])[0] == 403
    assert push(answers, "nosuch", [ALIYUN_REPORT])[0] == 403
    assert answers.client.post("/callbacks/sms", json=[ALIYUN_REPORT]).status_code == 403
    right = {"authorization": f"Bearer {SECRET}"}
    assert answers.client.post("/callbacks/sms", json=[ALIYUN_REPORT], headers=right).status_code == 200
    assert len(answers.desk.pushed) == 1
    assert {push(answers, "sms", [], f"{n}")[0] for n in range(40)} == {403, 429}
    assert push(answers, "sms", [ALIYUN_REPORT])[0] == 200, "who knows the secret is not held up"


def test_callbacks_are_off_without_a_secret() -> None:
    assert push(Answers(callbacks={"sms": "aliyun_sms"}), "sms", [ALIYUN_REPORT])[0] == 404
