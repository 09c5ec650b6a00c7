"""What every channel must do, whatever its service does. A channel joins by its harness in HARNESSES."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.notices import LINK, facts, item, notice, several
from support.standins.aliyun import AliyunHarness
from support.standins.cap import CapHarness
from support.standins.file_line import FileHarness
from support.standins.harness import Harness, MakeHarness, Script
from support.standins.http_services import AlertmanagerHarness, AppriseHarness, VoiceHarness
from support.standins.mail import MailHarness
from support.standins.modem import ModemHarness
from support.standins.mqtt_device import MqttHarness
from support.standins.robots import DingTalkHarness, FeishuHarness, WeComHarness
from support.standins.smsc import SmppHarness
from support.standins.tencent import TencentHarness

from alerts.channels.port import ANSWER_BYTES, Channel, Facts, Language, Notice, Outcome
from tocsin.clock import SystemClock

HARNESSES: dict[str, MakeHarness] = {
    "aliyun_sms": AliyunHarness,
    "file": FileHarness,
    "dingtalk": DingTalkHarness,
    "wecom": WeComHarness,
    "feishu": FeishuHarness,
    "alertmanager": AlertmanagerHarness,
    "voice": VoiceHarness,
    "apprise": AppriseHarness,
    "tencent_sms": TencentHarness,
    "mail": MailHarness,
    "smpp": SmppHarness,
    "gsm_modem": ModemHarness,
    "cap": CapHarness,
    "mqtt": MqttHarness,
}

FAILURES: tuple[Script, ...] = ("error", "throttled", "slow", "nonsense", "hang_up")
TIME_LIMIT_S = 0.5
"""Of the channel, where the stand-in is slow; it must be back soon after."""
SEVERITY: dict[Language, str] = {"zh": "红色", "en": "red"}
EXERCISE: dict[Language, tuple[str, ...]] = {"zh": ("【演练】", "演练"), "en": ("[EXERCISE]", "EXERCISE")}
"""Carriers allow no brackets in a template: they belong to the signature."""


@pytest.fixture(params=HARNESSES)
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    with HARNESSES[request.param](tmp_path) as made:
        yield made
        assert made.complaints() == [], "the service would have refused this"


def send(channel: Channel, *notices: Notice) -> list[Outcome]:
    async def all_of_them() -> list[Outcome]:
        try:
            return [await channel.send(each, SystemClock().now_ms()) for each in notices]
        finally:
            await channel.close()

    return asyncio.run(all_of_them())


def told_of(harness: Harness, given: Notice) -> str:
    """What the person gets of one delivered notice."""
    (outcome,) = send(harness.channel(), given)
    assert outcome.delivered, outcome
    assert outcome.error == ""
    (text,) = harness.told()
    return text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_alarm_is_told_in_the_language_of_the_person(harness: Harness, language: Language) -> None:
    text = told_of(harness, notice(language=language))
    assert "E001-GAS-01" in text
    if harness.words:
        assert SEVERITY[language] in text.lower()
        assert "东港化工" in text
        assert "52.5" in text
    if harness.links:
        assert LINK in text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_exercise_says_so_first(harness: Harness, language: Language) -> None:
    text = told_of(harness, notice(language=language, exercise=True))
    if harness.words:
        assert text.startswith(EXERCISE[language])


def test_what_is_real_says_nothing_of_an_exercise(harness: Harness) -> None:
    text = told_of(harness, notice())
    if harness.words:
        assert "演练" not in text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_several_alarms_go_as_one_message_that_names_those_that_must_be(harness: Harness, language: Language) -> None:
    channel = harness.channel()
    if not channel.limits.bundles:
        pytest.skip("every alarm goes alone")
    count = min(channel.limits.most_items, 40)
    items = several(count)
    items[-1] = item(about=facts(subject_name="E001-NAMED"), named=True)
    text = told_of(harness, notice(*items, language=language))
    assert "E001-NAMED" in text
    if harness.words:
        assert str(count) in text


def test_too_many_to_list_are_counted(harness: Harness) -> None:
    channel = harness.channel()
    if not (channel.limits.bundles and harness.words):
        pytest.skip("every alarm goes alone, or all are listed")
    items = several(min(channel.limits.most_items, 500))
    assert str(len(items)) in told_of(harness, notice(*items))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_text_without_end_is_cut_and_keeps_what_matters(harness: Harness, language: Language) -> None:
    endless = "警报😀" * 8000
    about = facts(
        enterprise_name=endless,
        unit_name=endless,
        text={"zh": endless, "en": endless},
        guidance={"zh": endless, "en": endless},
        reason=endless,
    )
    text = told_of(harness, notice(item(about=about), language=language, exercise=True))
    if harness.words:
        assert SEVERITY[language] in text.lower()
        assert text.startswith(EXERCISE[language])
        assert "\ufffd" not in text
    if harness.links:
        assert LINK in text


BARE = facts(enterprise_name="", unit_name="", value=None, limit=None, text={}, guidance={}, zone="No/Where")


@pytest.mark.parametrize("about", [None, BARE], ids=["none", "bare"])
def test_missing_facts_stop_nothing(harness: Harness, about: Facts | None) -> None:
    (outcome,) = send(harness.channel(), notice(item(facts=about, link="", event=b"{}")))
    assert outcome.delivered, outcome


@pytest.mark.parametrize("script", FAILURES)
def test_a_failure_is_an_outcome_that_says_what_went_wrong(
    harness: Harness, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    if script not in harness.plays:
        pytest.skip(f"the stand-in has no {script}")
    caplog.set_level(logging.DEBUG)
    harness.play(script)
    clock = SystemClock()
    began_s = clock.monotonic_s()
    (outcome,) = send(harness.channel(TIME_LIMIT_S), notice())
    assert clock.monotonic_s() - began_s < TIME_LIMIT_S + 4
    assert not outcome.delivered
    assert outcome.error
    assert len(outcome.answer.encode()) <= ANSWER_BYTES
    assert outcome.throttled == (script == "throttled")
    assert not (outcome.permanent and script in ("slow", "hang_up", "throttled")), "trying again may help"
    for secret in harness.secrets:
        assert secret not in repr(outcome)
        assert secret not in caplog.text


@pytest.mark.parametrize("script", FAILURES)
def test_it_delivers_again_when_the_service_is_back(harness: Harness, script: Script) -> None:
    if script not in harness.plays:
        pytest.skip(f"the stand-in has no {script}")
    channel = harness.channel(5.0 if script in ("error", "throttled") else 1.0)

    async def failing_then_well() -> list[Outcome]:
        try:
            harness.play(script)
            failed = await channel.send(notice(), SystemClock().now_ms())
            harness.play("ok")
            return [failed, await channel.send(notice(), SystemClock().now_ms())]
        finally:
            await channel.close()

    assert [outcome.delivered for outcome in asyncio.run(failing_then_well())] == [False, True]


def test_success_shows_no_secret_either(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    channel = harness.channel()
    (outcome,) = send(channel, notice())
    for secret in harness.secrets:
        assert secret not in repr(outcome)
        assert secret not in caplog.text
        assert secret not in repr(channel)
