"""Approved templates: which one is used, what its variables say, and which settings are refused."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from support.notices import facts, item, notice, several
from support.standins import aliyun

from alerts.channels.port import Notice
from alerts.channels.sms_facts import FACTS, fact, joined, plain
from alerts.channels.sms_templates import NamedTemplate, NumberedTemplate, template_for

FALLBACK = NamedTemplate(code="SMS_1", fields={"where": "where"})


def values(template: NamedTemplate, told: Notice, room: int = 35) -> dict[str, str]:
    found = template.values(told.items, "zh", told.exercise, room)
    return dict(zip(template.variables, found, strict=True))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("severity", "红色"),
        ("state", "报警"),
        ("enterprise", "东港化工"),
        ("unit", "一号罐区"),
        ("subject", "E001-GAS-01"),
        ("where", "一号罐区 E001-GAS-01"),
        ("what", "E001-GAS-01 可燃气体 52.5 %LEL"),
        ("value", "52.5 %LEL"),
        ("limit", "50 %LEL"),
        ("time", "11-21 19:53"),
        ("region", "临港镇"),
        ("reason", "limit hh held 0 s"),
        ("count", "1"),
        ("reply_code", "483920"),
        ("link_end", "k3v9-2xq7"),
    ],
)
def test_what_facts_say(name: str, said: str) -> None:
    assert fact(name, [item(reply_code="483920")], "zh", 40) == said


def test_every_fact_can_be_told_of_an_event_without_facts() -> None:
    bare = item(facts=None, link="", event=b"{}")
    for name in FACTS:
        for language in ("zh", "en"):
            assert fact(name, [bare], language, 10), name


@given(st.sampled_from(sorted(FACTS)), st.text(max_size=80), st.integers(6, 60))
def test_no_fact_is_longer_than_its_room_or_holds_what_providers_refuse(name: str, text: str, room: int) -> None:
    about = facts(enterprise_name=text, unit_name=text, subject_name=text or "x", text={"zh": text}, reason=text)
    said = fact(name, [item(about=about), item(2, about=facts())], "zh", room)
    assert 0 < len(said) <= room
    assert not re.search(r"[【】<>$\n]|https?://", said)


def test_half_a_code_or_link_is_none() -> None:
    assert fact("reply_code", [item(reply_code="483920")], "zh", 5) == "无"
    assert fact("link_end", [item()], "en", 6) == "-"


@pytest.mark.parametrize(
    "text", ["见 https://evil.example/x", "www.evil.example", "【广告】", "a\r\nb", "evil.example"]
)
def test_links_and_brackets_are_taken_out(text: str) -> None:
    assert not re.search(r"https?://|www\.|[【】\r\n]|[a-z]\.[a-z]", plain(text))


def test_names_that_do_not_fit_are_counted() -> None:
    assert joined(["甲", "乙", "甲", "丙"], "zh", 35) == "甲、乙、丙"
    assert joined(["一号罐", "二号罐", "三号罐"], "zh", 9) == "一号罐等3处"
    assert joined(["tank one", "tank two"], "en", 12) == "tank one +1"
    assert joined([], "zh", 6) == ""


def test_of_an_exercise_and_of_a_late_alarm_the_first_variable_says_so() -> None:
    late = item(about=facts(historical=True), purpose="late")
    assert values(FALLBACK, notice(exercise=True))["where"] == "演练 一号罐区 E001-GAS-01"
    assert values(FALLBACK, notice(late))["where"] == "迟报 一号罐区 E001-GAS-01"
    assert values(FALLBACK, notice(late, exercise=True))["where"].startswith("演练 迟报 ")
    own = NamedTemplate(code="SMS_2", exercise=True, fields={"where": "where"})
    assert values(own, notice(exercise=True))["where"] == "一号罐区 E001-GAS-01"


def test_a_long_name_of_a_unit_does_not_push_out_the_point() -> None:
    told = notice(item(about=facts(unit_name="很" * 40)))
    assert values(FALLBACK, told)["where"] == "E001-GAS-01"


def test_those_that_must_be_named_all_are_in_as_many_messages_as_it_takes() -> None:
    named = [item(n, about=facts(subject_name=f"NAMED-{n:02}", unit_name=""), named=True) for n in range(9)]
    told = notice(*several(30), *named)
    messages = FALLBACK.messages(told, "zh", 35)
    said = [FALLBACK.values(part, "zh", False, 35)[0] for part in messages]
    assert 1 < len(messages) < 9
    assert sum(len(part) for part in messages) == 39
    assert all(any(f"NAMED-{n:02}" in text for text in said) for n in range(9)), said
    assert all(len(text) <= 35 for text in said)


@given(st.lists(st.tuples(st.text("甲乙丙丁AB12", min_size=1, max_size=9), st.booleans()), min_size=1, max_size=25))
def test_no_event_is_lost_between_messages(given_items: list[tuple[str, bool]]) -> None:
    told = notice(
        *(
            item(n, about=facts(subject_name=name, unit_name=""), named=must)
            for n, (name, must) in enumerate(given_items)
        )
    )
    messages = FALLBACK.messages(told, "zh", 20)
    assert sorted(i.id for part in messages for i in part) == sorted(i.id for i in told.items)
    for part in messages:
        (text,) = FALLBACK.values(part, "zh", False, 20)
        for one in part:
            assert not one.named or one.facts is None or one.facts.subject_name in text


def test_a_template_that_names_nothing_takes_one_event_a_message() -> None:
    template = NamedTemplate(code="SMS_1", fields={"e": "enterprise"})
    assert len(template.messages(notice(*several(3)), "zh", 35)) == 3


def test_the_first_template_that_fits_is_used() -> None:
    over = NamedTemplate(code="over", purposes=("resolved",), fields={"a": "where"})
    red = NamedTemplate(code="red", severities=("red",), fields={"a": "where"})
    english = NamedTemplate(code="en", language="en", fields={"a": "where"})
    exercise = NamedTemplate(code="drill", exercise=True, fields={"a": "where"})
    templates = [over, red, english, exercise, FALLBACK]
    orange = item(about=facts(severity="orange"))
    assert template_for(templates, notice(item(purpose="resolved")), "zh") is over
    assert template_for(templates, notice(orange, item(2)), "zh") is red, "the worst counts"
    assert template_for(templates, notice(orange), "en") is english
    assert template_for(templates, notice(orange), "zh") is FALLBACK
    assert template_for(templates, notice(exercise=True), "zh") is exercise


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"fields": {"x": "wind"}}, "no fact 'wind', allowed are count, enterprise"),
        ({"fields": {}}, "has no fields"),
        ({"text": "${where}在${when}"}, "when of its text is not among its fields"),
        ({"text": "有报警"}, "where of its fields is not in its text"),
        ({"code": "SMS 1"}, "code"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_mistakes_in_a_template(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(said)):
        NamedTemplate.model_validate({"code": "SMS_1", "fields": {"where": "where"}, **changes})


def test_numbers_of_a_text_are_those_of_the_fields() -> None:
    assert NumberedTemplate(code="1", text="{1}在{2}", fields=("severity", "where")).variables == ("1", "2")
    with pytest.raises(ValidationError, match="3 of its text is not among its fields"):
        NumberedTemplate(code="1", text="{1}{2}{3}", fields=("severity", "where"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"template": []}, "the last one has to fit everything"),
        ({"template": [{"code": "1", "severities": ["red"], "fields": {"a": "where"}}]}, "the last one has to fit"),
        ({"sign_name": "【东港应急】"}, "given with its brackets"),
        ({"endpoint": "dysmsapi.aliyuncs.com"}, "endpoint is no web address"),
        ({"endpoint": "ftp://x"}, "endpoint is no web address"),
        ({"max_variable_chars": 2}, "max_variable_chars"),
        ({"kept_for_red": 1.0}, "kept_for_red"),
    ],
)
def test_mistakes_in_the_settings(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        aliyun.settings("http://127.0.0.1:1", tmp_path, **changes)


@pytest.mark.parametrize(
    "page", ["channel-aliyun_sms.md", "channel-tencent_sms.md", "channel-smpp.md", "channel-gsm_modem.md"]
)
def test_the_example_on_the_page(page: str) -> None:
    import tomllib

    from pydantic import TypeAdapter

    from tocsin.settings.channels import AnyChannel

    text = (Path(__file__).parents[2] / "docs/reference" / page).read_text(encoding="utf-8")
    (example,) = tomllib.loads(text.split("```toml\n")[1].split("```")[0])["channel"]
    channel: Any = TypeAdapter(AnyChannel).validate_python(example)
    assert f"channel-{channel.kind}.md" == page


def test_the_page_names_every_fact() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/channel-aliyun_sms.md").read_text(encoding="utf-8")
    table = page.split("| fact | what it says |")[1].split("\n\n")[0]
    assert {
        name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1] if "|" in row else "")
    } == FACTS
