"""The pages behind links: what they show, and what acknowledges."""

import re
from html import unescape

import pytest
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient
from support.answers_desk import NOW_MS, RECORD, Answers

from alerts.machine import State
from tocsin.answers.headers import style_hash

FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@pytest.fixture
def answers() -> Answers:
    return Answers()


def fields(page: str, comment: str = "") -> dict[str, str]:
    """What a browser would send."""
    return {**dict(FIELD.findall(page)), "comment": comment}


def test_a_link_shows_the_alarm(answers: Answers) -> None:
    shown = answers.client.get(answers.page())
    assert shown.status_code == 200
    page = unescape(shown.text)
    for text in ("橙色", "东港化工有限公司", "一号罐区", "26.14 %LEL", "25 %LEL", "停止动火", "尚无人确认", "张伟"):
        assert text in page
    assert '<html lang="zh-CN">' in page
    assert "<script" not in page
    assert not re.search(r'(src|href)="', page), "a resource from outside"


def test_in_the_language_of_the_contact(answers: Answers) -> None:
    page = answers.client.get(answers.page("smith"), headers={"accept-language": "zh-CN"}).text
    assert '<html lang="en">' in page
    assert "Stop hot work" in page
    assert not re.search(r"[一-鿿]", page.replace("东港化工有限公司", "").replace("一号罐区", "").replace("临港镇", ""))


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_only_post_acknowledges(answers: Answers, method: str) -> None:
    for _ in range(3):
        answers.client.request(method, answers.page())
    assert answers.desk.acts == []


def test_the_button_acknowledges_as_the_contact(answers: Answers) -> None:
    page = answers.client.get(answers.page()).text
    answered = answers.client.post(answers.page(), data=fields(page, " 正在赶往\n现场 "))
    assert answered.status_code == 303
    assert answers.desk.acts == [(RECORD.alarm, "zhang", "centre", "正在赶往 现场")]
    after = answers.client.get(f"/a/{answered.headers['location']}")
    assert "已记录您的确认" in after.text
    assert "<form" not in after.text
    assert "张伟" in after.text
    assert "正在赶往 现场" in after.text


def test_an_enterprise_acknowledges_with_its_tier(answers: Answers) -> None:
    answers.desk.record = replace(RECORD, peak_severity="red", severity="red")
    page = answers.client.get(answers.page("li")).text
    assert "监管中心确认" in page
    answers.client.post(answers.page("li"), data=fields(page))
    assert answers.desk.acts[0][1:3] == ("li", "enterprise")


def test_an_enterprise_answers_a_red_alarm_once_and_the_centre_still_can(answers: Answers) -> None:
    answers.desk.record = replace(RECORD, peak_severity="red", severity="red", answered_by="li", answered_at=NOW_MS)
    assert "<form" not in answers.client.get(answers.page("li")).text
    assert "<form" in answers.client.get(answers.page("zhang")).text


def test_without_the_page_nothing_is_acknowledged(answers: Answers) -> None:
    path = answers.page()
    whole = fields(answers.client.get(path).text)
    other = fields(answers.client.get(answers.page("li")).text)
    for data in ({}, {"seen": "h.orange"}, {**whole, "mark": ""}, {**whole, "seen": "hh.red"}, other):
        refused = answers.client.post(path, data=data)
        assert refused.status_code == 400
        assert "<form" in refused.text, "the button is there to be used once more"
    assert answers.client.post(path, content=b"\xff" * 100).status_code == 400
    assert answers.client.post(path, content=b"a" * 20_000).status_code == 400
    assert answers.desk.acts == []


def test_what_rose_after_the_message_is_shown_first(answers: Answers) -> None:
    before = fields(answers.client.get(answers.page()).text)
    answers.desk.record = replace(RECORD, peak_level="hh", peak_severity="red", level="hh", severity="red")
    refused = answers.client.post(answers.page(), data=before | {"comment": "知道了"})
    assert refused.status_code == 409
    assert answers.desk.acts == []
    assert "已升为红色高高限" in refused.text
    assert 'value="知道了"' in refused.text
    accepted = answers.client.post(answers.page(), data=fields(refused.text))
    assert accepted.status_code == 303
    assert "已升为" not in answers.client.get(answers.page(level="hh")).text


def test_two_at_once_the_second_is_told_by_whom(answers: Answers) -> None:
    page = answers.client.get(answers.page("smith")).text
    answers.desk.acknowledge(RECORD.alarm, answers.desk.contacts["zhang"], "")
    answers.desk.refused = "already acknowledged"
    refused = answers.client.post(answers.page("smith"), data=fields(page))
    assert refused.status_code == 409
    assert "Not acknowledged: already acknowledged" in refused.text
    assert "张伟" in refused.text
    assert "<form" not in refused.text


@pytest.mark.parametrize("state", [State.CLOSED, State.ACTIVE_ACKNOWLEDGED, State.LATCHED_ACKNOWLEDGED])
def test_nothing_is_left_to_acknowledge(answers: Answers, state: State) -> None:
    answers.desk.record = replace(RECORD, state=state, cleared_at=NOW_MS)
    page = answers.client.get(answers.page()).text
    assert "<form" not in page
    assert ("已结束，无需再确认" in page) == (state is State.CLOSED)


def test_an_expired_link_says_so_and_whom_to_call(answers: Answers) -> None:
    path = answers.page()
    answers.clock.ms += 3_700_000
    for expired in (answers.client.get(path), answers.client.post(path)):
        assert expired.status_code == 410
        assert "链接已过期" in expired.text
        assert "12350" in expired.text
        assert "东港化工" not in expired.text
    assert "has expired" in answers.client.get(path, headers={"accept-language": "en-GB"}).text


def test_a_forged_link_learns_nothing(answers: Answers) -> None:
    path = answers.page()
    for forged in (path[:-1] + ("A" if path[-1] != "A" else "B"), "/a/x", "/a/" + "A" * 60, "/a/%00", "/a/确认"):
        for answer in (answers.client.get(forged), answers.client.post(forged)):
            assert (answer.status_code, answer.text) == (403, "403\n")


def test_who_is_no_contact_any_more_can_do_nothing(answers: Answers) -> None:
    path = answers.page("zhang")
    del answers.desk.contacts["zhang"]
    assert answers.client.get(path).status_code == 403


def test_an_alarm_that_is_not_in_the_book(answers: Answers) -> None:
    answers.desk.record = None
    assert answers.client.get(answers.page()).status_code == 404


def test_a_service_that_is_down_records_nothing_and_says_whom_to_call(answers: Answers) -> None:
    page = answers.client.get(answers.page()).text
    answers.desk.before_act = lambda: setattr(answers.desk, "down", True)
    lost = answers.client.post(answers.page(), data=fields(page))
    assert lost.status_code == 503
    assert "没有被记录" in lost.text
    assert "12350" in lost.text
    assert answers.client.get(answers.page()).status_code == 503


def test_a_comment_has_an_end_and_is_only_text(answers: Answers) -> None:
    page = answers.client.get(answers.page()).text
    assert answers.client.post(answers.page(), data=fields(page, "x" * 501)).status_code == 400
    assert answers.desk.acts == []
    answers.client.post(answers.page(), data=fields(page, '"><script>alert(1)</script>'))
    after = answers.client.get(answers.page()).text
    assert "<script>" not in after
    assert "&lt;script&gt;" in after


def test_an_exercise_is_marked(answers: Answers) -> None:
    answers.desk.exercise = True
    assert "演练：非真实告警" in answers.client.get(answers.page()).text


def test_whoever_asks_too_often_waits(answers: Answers) -> None:
    path = answers.page()
    answered = [answers.client.get(path).status_code for _ in range(40)]
    assert answered.count(200) == 30
    assert answered[-1] == 429
    assert answers.client.get(answers.page("li")).status_code == 200, "another link is not held up"
    answers.clock.ms += 10_000
    assert answers.client.get(path).status_code == 200


def test_guessing_links_ends_soon(answers: Answers) -> None:
    answered = [answers.client.get(f"/a/{n:060d}").status_code for n in range(200)]
    assert set(answered[:120]) == {403}
    assert set(answered[121:]) == {429}


def test_every_answer_carries_the_headers(answers: Answers) -> None:
    for answer in (answers.client.get(answers.page()), answers.client.get("/a/x"), answers.client.get("/nowhere")):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert answer.headers["x-frame-options"] == "DENY"
    assert "Disallow: /" in answers.client.get("/robots.txt").text
    assert answers.client.get("/healthz").text == "ok\n"


def test_the_app_can_be_mounted(answers: Answers) -> None:
    client = TestClient(Starlette(routes=[Mount("/console/answers", answers.app)]), follow_redirects=False)
    path = f"/console/answers{answers.page()}"
    answered = client.post(path, data=fields(client.get(path).text))
    assert answered.status_code == 303
    assert client.get(f"/console/answers/a/{answered.headers['location']}").status_code == 200


def test_the_policy_lets_the_page_have_its_own_style(answers: Answers) -> None:
    answer = answers.client.get(answers.page())
    style = answer.text.partition("<style>")[2].partition("</style>")[0]
    assert style_hash(style) in answer.headers["content-security-policy"]
