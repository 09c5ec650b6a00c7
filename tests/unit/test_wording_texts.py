"""The words of notices: every purpose, both languages, what comes first, and what is left out where room is short."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from support.notices import LINK, T0, facts, item, notice, several

from alerts.channels.port import Language
from alerts.wording import full_text, html, markdown, short_text, spoken, title, ucs2, utf8
from alerts.wording.language import WORDS

PURPOSES: dict[str, tuple[str, str]] = {
    "alarm": ("红色告警：", "Red alarm:"),
    "repeat": ("再次提醒，红色告警未确认", "Reminder: red alarm not acknowledged"),
    "escalated": ("升级通知，红色告警无人应答", "Escalated: nobody answers a red alarm"),
    "resolved": ("红色告警已恢复", "Red alarm is over"),
    "acknowledged": ("红色告警已有人确认", "Red alarm acknowledged by somebody"),
    "late": ("【迟报】红色告警：", "[LATE] Red alarm:"),
    "disposal": ("红色告警待处置", "Red alarm to be dealt with"),
    "overdue": ("红色告警处置超期", "Disposal of a red alarm is overdue"),
    "neighbour": ("周边企业红色告警", "Red alarm at a neighbouring enterprise"),
    "test": ("测试告警", "Test alarm"),
}


@pytest.mark.parametrize("purpose", PURPOSES)
def test_every_purpose_has_words_of_its_own(purpose: str) -> None:
    for language, begins in zip(("zh", "en"), PURPOSES[purpose], strict=True):
        given = notice(item(purpose=purpose), language=language)  # type: ignore[arg-type]
        assert title(given).startswith(begins)
        assert short_text(given, 300).startswith(begins)
        assert full_text(given).startswith(begins)


@pytest.mark.parametrize("severity", ["red", "orange", "yellow", "blue"])
def test_the_four_colours_have_names(severity: str) -> None:
    given = item(about=facts(severity=severity))
    assert WORDS["zh"].severity[severity] in title(notice(given))
    assert severity in title(notice(given, language="en")).lower()


def test_the_two_languages_have_words_for_the_same_things() -> None:
    zh, en = WORDS["zh"], WORDS["en"]
    for table in ("severity", "level", "kinds", "events", "purposes"):
        assert set(getattr(zh, table)) == set(getattr(en, table)), table


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("items", [[item()], [item(purpose="late")], several(3)], ids=["one", "late", "three"])
def test_an_exercise_is_said_before_all_else(language: Language, items: list) -> None:  # type: ignore[type-arg]
    given = notice(*items, language=language, exercise=True)
    mark = {"zh": "【演练】", "en": "[EXERCISE]"}[language]
    texts = [title(given), short_text(given), full_text(given), spoken(given), markdown(given).removeprefix("### ")]
    assert all(text.startswith(mark) for text in texts)
    assert f">{mark}" in html(given)


def test_all_there_is_to_tell_of_an_alarm() -> None:
    assert full_text(notice()).splitlines() == [
        "红色告警：东港化工 一号罐区 E001-GAS-01 可燃气体 52.5 %LEL（限值 50 %LEL）",
        "企业：东港化工（临港镇）",
        "单元：一号罐区",
        "对象：E001-GAS-01 可燃气体",
        "数值：52.5 %LEL（限值 50 %LEL）",
        "时间：2024-11-21 19:53:23",
        "处置：停止动火，消除点火源。",
        "说明：E001-GAS-01 可燃气体 52.5 %LEL",
        "依据：limit hh held 0 s",
        "告警编号：yvfmenxky254frwd",
        f"查看并确认：{LINK}",
    ]


def test_a_short_message_in_english() -> None:
    assert short_text(notice(language="en"), 300) == (
        "Red alarm: 东港化工, 一号罐区 E001-GAS-01 combustible gas at 52.5 %LEL (limit 50 %LEL), 11-21 19:53,"
        f" Stop hot work, keep ignition sources away. {LINK}"
    )


def test_for_how_long_nobody_has_answered() -> None:
    waiting = item(purpose="escalated", at_ms=T0 + 300_000)
    assert "已 5 分钟无人应答" in short_text(notice(waiting))
    assert "nobody has answered for 5 min" in full_text(notice(waiting, language="en"))
    assert "无人应答" not in full_text(notice(item(at_ms=T0 + 300_000)))


def test_who_acknowledged_and_nothing_to_do_any_more() -> None:
    text = full_text(notice(item(purpose="acknowledged", about=facts(reason="acknowledged by li: on my way"))))
    assert "acknowledged by li: on my way" in text
    assert "处置：" not in text
    assert "查看详情" in text


def test_what_is_over_asks_for_no_answer() -> None:
    over = full_text(notice(item(name="cleared", purpose="resolved", reply_code="4821")))
    assert "4821" not in over
    assert "确认" not in over


def test_a_code_to_reply_with() -> None:
    assert "确认请回复 4821" in short_text(notice(item(reply_code="4821")))


def test_a_neighbour_hears_what_and_how_far_and_nothing_of_the_inside() -> None:
    told = full_text(notice(item(purpose="neighbour", distance_m=1234.0)))
    assert "距您约 1.2 km" in told
    assert "可燃气体" in told
    assert "请留意风向" in told
    for inside in ("一号罐区", "E001-GAS-01", "52.5", "limit hh"):
        assert inside not in told


def test_an_alarm_without_a_value_speaks_in_the_words_of_its_rule() -> None:
    silent = facts(severity="blue", value=None, limit=None, text={"zh": "E001-GAS-01 数据中断"})
    assert title(notice(item(about=silent))) == "蓝色告警：东港化工 一号罐区 E001-GAS-01 数据中断"


def test_words_in_another_language_are_better_than_none() -> None:
    only_english = facts(text={"en": "gone silent"}, guidance={}, value=None)
    assert "E001-GAS-01 gone silent" in title(notice(item(about=only_english)))


def test_several_are_counted_by_colour() -> None:
    given = notice(*several(3), item(), item(name="cleared", purpose="resolved"))
    assert title(given) == "5 条告警（红色 2，橙色 3；其中 1 条已恢复）"
    assert title(notice(*several(3), more=7, language="en")) == "10 alarms (orange 3)"


def test_those_that_must_be_named_come_first_then_the_gravest() -> None:
    items = [*several(4), item(), item(about=facts(severity="yellow", subject_name="P-NAMED"), named=True)]
    lines = full_text(notice(*items)).splitlines()
    assert "P-NAMED" in lines[1]
    assert "E001-GAS-01" in lines[2]
    assert "E001-P0000" in lines[3]


def test_a_digest_lists_as_many_as_there_is_room_for_and_counts_the_rest() -> None:
    given = notice(*several(50), more=3)
    text = full_text(given, 2048)
    listed = sum(line.startswith("- ") for line in text.splitlines())
    assert 5 < listed < 50
    assert text.splitlines()[-1] == f"另有 {53 - listed} 条未列出"
    assert 1700 < utf8(text) <= 2048


@pytest.mark.parametrize("most", [2048, 1400])
def test_all_that_must_be_named_are_named_in_a_small_room(most: int) -> None:
    items = [replace(given, named=True) for given in several(30)]
    text = full_text(notice(*items), most)
    assert utf8(text) <= most
    for n in range(30):
        assert f"P{n:04}" in text


def test_a_short_message_drops_advice_before_the_value_and_the_link() -> None:
    for most in (300, 200, 150, 130):
        text = short_text(notice(), most, ucs2)
        assert ucs2(text) <= most
        assert text.endswith(LINK) or most < 200
        assert "52.5" in text or most < 150
        assert text.startswith("红色告警")


def test_speech_has_no_link_and_says_it_twice() -> None:
    text = spoken(notice(exercise=True))
    assert "http" not in text
    assert "这是演练" in text
    assert text.count("E001-GAS-01") == 2
    assert len(spoken(notice(), 60)) <= 60


def test_what_others_wrote_makes_no_links_mentions_or_tags() -> None:
    evil = "<@all> [click](https://evil.example) <script>alert(1)</script> **x** \u202e\n# head"
    about = facts(enterprise_name=evil, unit_name=evil, reason=evil, text={"zh": evil}, guidance={"zh": evil})
    shown = markdown(notice(item(about=about)))
    assert "](https://evil" not in shown
    assert "<" not in shown
    assert "\u202e" not in shown
    assert all(not line.startswith("# ") for line in shown.splitlines())
    seen: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append(tag)
            seen.extend(value or "" for name, value in attrs if name == "href")

    Tags().feed(html(notice(item(about=about))))
    assert "script" not in seen
    assert [url for url in seen if url.startswith("http")] == [LINK]


def test_a_link_that_is_no_web_address_is_no_link_in_mail() -> None:
    assert "javascript" not in html(notice(item(link="javascript:alert(1)")))


def test_mail_of_very_many_names_all_that_must_be() -> None:
    items = [*several(400), item(about=facts(subject_name="P-NAMED"), named=True)]
    page = html(notice(*items), most_lines=50)
    assert page.count("<li") == 50
    assert "P-NAMED" in page
    assert "另有 351 条未列出" in page


def test_an_unknown_zone_and_an_impossible_time_are_told_all_the_same() -> None:
    assert "11:53:23 UTC" in full_text(notice(item(about=facts(zone="No/Where"))))
    assert "ms" in full_text(notice(item(at_ms=10**17)))


def test_the_time_is_that_of_the_site() -> None:
    assert "2024-11-21 12:53:23" in full_text(notice(item(about=facts(zone="Europe/Berlin"))))
