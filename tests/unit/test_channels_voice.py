"""Voice calls over HTTP: templates, the answer's meaning, and settings that can't be right."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from support.notices import notice, person, several
from support.standins.harness import Script
from support.standins.http_services import VoiceHarness
from support.standins.scripted_http import Reply, Request, ScriptedHttp

from alerts.channels.port import Notice, Outcome, Recipient
from alerts.channels.template import at_path, in_address, in_header, put_in
from alerts.channels.voice import VoiceChannel, VoiceSettings
from tocsin.clock import SystemClock

URL = "https://voice.example.org/calls"
BODY = '{"to": "{phone}"}'


def sent(reply: Reply, told: Notice | None = None, **settings: Any) -> tuple[Outcome, list[Request]]:
    taken: list[Request] = []

    def serve(request: Request, script: Script) -> Reply:
        taken.append(request)
        return reply

    async def once(url: str) -> Outcome:
        whole = {"kind": "voice", "name": "v", "url": f"{url}/calls", "body": BODY, "allow_private": True} | settings
        channel = VoiceChannel(VoiceSettings.model_validate(whole))
        try:
            return await channel.send(told or notice(), SystemClock().now_ms())
        finally:
            await channel.close()

    with ScriptedHttp(serve) as service:
        return asyncio.run(once(service.url)), taken


@given(st.text(max_size=80))
def test_a_field_stays_where_it_was_put(text: str) -> None:
    fields = {"text": text}
    if text.isprintable():
        assert json.loads(put_in('{"a": ["{text}", "{other}"]}', fields, "json")) == {"a": [text, ""]}
    assert not set("&?# \n") & set(in_address("{text}", fields))
    assert "\n" not in in_header("x {text}", fields)
    assert "\r" not in in_header("x {text}", fields)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b", "1"), ("a.list.1", "y"), ("ok", "true"), ("a", None), ("a.list.7", None), ("a.b.c", None), ("n", None),
        ("x", "0.5"),
    ],
)  # fmt: skip
def test_what_stands_at_a_path(path: str, found: str | None) -> None:
    form = {"a": {"b": 1, "list": ["x", "y"]}, "ok": True, "n": None, "x": 0.5}
    assert at_path(form, path) == found


def test_the_providers_id_and_number_as_it_is_dialled(tmp_path: Path) -> None:
    with VoiceHarness(tmp_path) as harness:
        channel = harness.channel()

        async def once() -> Outcome:
            try:
                return await channel.send(notice(recipient=person(phone="+86 138-0000-1234")), 0)
            finally:
                await channel.close()

        outcome = asyncio.run(once())
        assert (outcome.delivered, outcome.provider_id, outcome.receipt) == (True, "4711", "none")


def test_a_form_and_a_status_alone() -> None:
    outcome, (request,) = sent(
        Reply(202, b""), body="to={phone_e164}&say={text}", body_form="form", method="PUT", headers={"x-ref": "{id}"}
    )
    assert outcome.delivered
    assert request.method == "PUT"
    assert request.body.startswith(b"to=%2B8613800001234&say=%E7%BA%A2")
    assert request.headers["x-ref"] == "m-1"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("reply", "throttled", "permanent", "error"),
    [
        (Reply(429, b"", {"retry-after": "9"}), True, False, "HTTP 429"),
        (Reply(400, b""), False, True, "HTTP 400"),
        (Reply(503, b""), False, False, "HTTP 503"),
    ],
)
def test_a_status_that_is_no_success(reply: Reply, throttled: bool, permanent: bool, error: str) -> None:
    outcome, _ = sent(reply)
    assert (outcome.delivered, outcome.throttled, outcome.permanent) == (False, throttled, permanent)
    assert outcome.error == error


def test_an_error_status_is_none_even_with_the_word_of_success() -> None:
    outcome, _ = sent(Reply(500, b'{"code": "OK"}'), success_path="code", success_values=("OK",))
    assert not outcome.delivered


@pytest.mark.parametrize("phone", [None, "", "12", "not a number"])
def test_who_has_no_phone_is_passed_over_at_once(phone: str | None) -> None:
    outcome, taken = sent(Reply(200, b""), notice(recipient=person(phone=phone)))
    assert (outcome.delivered, outcome.permanent, taken) == (False, True, [])
    assert not phone or phone not in outcome.error
    assert sent(Reply(200, b""), Notice("m", notice().items, None))[0].permanent
    assert sent(Reply(200, b""), Notice("m", notice().items, Recipient("room")))[0].permanent


def test_several_alarms_are_one_call() -> None:
    _, (request,) = sent(Reply(200, b""), notice(*several(5), more=20), body='{"to": "{phone}", "say": "{text}"}')
    assert "25 条告警" in json.loads(request.body)["say"]


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"url": "https://{phone}.example"}, "field in its host"),
        ({"url": "http://127.0.0.1/{phone}"}, "private address"),
        ({"body": '{"to": "{fone}"}'}, r"body has the unknown field fone, allowed are alarm"),
        ({"headers": {"x-a": "{b}"}}, "x-a has the unknown field b"),
        ({"body": '{"to": "13800001234"}'}, "whom should it call"),
        ({"body": '{"to": {phone}}'}, "body is no JSON"),
        ({"headers": {"authorization": "Bearer {secret}"}}, "there is no secret_file"),
        ({"success_path": "code"}, "need each other"),
        ({"retries": 3}, "Extra inputs"),
    ],
)
def test_settings_that_cannot_be_right(settings: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValidationError, match=wrong):
        VoiceSettings.model_validate({"kind": "voice", "name": "v", "url": URL, "body": BODY} | settings)
