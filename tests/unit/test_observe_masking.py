"""No secret and no whole phone number reaches a log, in either form, from either logging library."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from tocsin.observe.logs import set_up_logs
from tocsin.observe.masking import mask, mask_text

SECRETS = [
    ("mqtt://tocsin:hunter2@10.0.0.1:1883", "hunter2"),
    ("https://oapi.example.org/robot/send?access_token=abc123def", "abc123def"),
    ("https://example.org/x?sign=Zm9v%3D&timestamp=1", "Zm9v"),
    ("https://example.org/cgi-bin/webhook/send?key=693a91f6-7xxx", "693a91f6"),
    ("Authorization: Token my-influx-token==", "my-influx-token"),
    ("Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30.x", "eyJhbGci"),
    ('{"password": "hunter2", "user": "x"}', "hunter2"),
    ("secret=whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "C2FVsBQ"),
    ("signed with whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "C2FVsBQ"),
    ("https://example.org/open-apis/bot/v2/hook/5b6f3a4e-0000", "5b6f3a4e"),
    ("call 13812345678 now", "12345678"),
    ("call +86 138-12345678", "12345678"),
    ("call +8613812345678", "12345678"),
    ("desk 0571-88881234", "88881234"),
    ("abroad +44 20 7946 0958", "7946"),
]

HARMLESS = [
    "reading at 1732190042469 ms, position 1732190042",
    "2026-11-21T22:18:00+08:00",
    "mqtt://127.0.0.1:1883",
    "topic tocsin/v1/E001/GW-13/up: unknown key: GAS-01",
    "limit 26.1 >= 25, +1.5e+10",
    "alarm yvfmenxky254frwd",
]


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_secrets_are_masked_in_texts(text: str, secret: str) -> None:
    assert secret not in mask_text(text)
    assert "**" in mask_text(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    assert mask_text(text) == text


def test_a_phone_number_can_still_be_told_from_another() -> None:
    assert mask_text("13812345678") == "138****5678"


@pytest.mark.parametrize("key", ["token", "api_key", "Password", "webhook_secret", "Authorization", "password_hash"])
def test_what_stands_under_a_secret_s_key_is_gone(key: str) -> None:
    assert mask({key: "abc", "nested": [{key: 12345}]}) == {key: "***", "nested": [{key: "***"}]}


def test_paths_numbers_and_nothing_are_shown() -> None:
    event = {"token_file": "secrets/influx", "readings": 13812345678, "error": None, "ok": True}
    assert mask(event) == event


def test_a_phone_number_given_as_a_number_is_masked() -> None:
    assert mask({"phone": 13812345678}) == {"phone": "138****5678"}


def test_objects_and_bytes_become_masked_text() -> None:
    assert mask(ValueError("at mqtt://u:p4ss@h")) == "at mqtt://u:***@h"
    assert mask(b"tel 13812345678") == "tel 138****5678"


@pytest.fixture
def logging_restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.usefixtures("logging_restored")
@pytest.mark.parametrize("human", [True, False])
def test_neither_form_shows_a_secret(human: bool) -> None:
    out = io.StringIO()
    set_up_logs(stream=out, human=human)
    structlog.get_logger("tocsin.test").warning("sent to 13812345678", token="abc123", url="http://u:hunter2@h/")
    logging.getLogger("urllib3").warning("retry http://u:%s@h/?access_token=%s", "hunter2", "abc123")
    try:
        raise RuntimeError("refused: mqtt://u:hunter2@h")
    except RuntimeError:
        structlog.get_logger("tocsin.test").exception("failed")
    written = out.getvalue()
    assert "failed" in written
    assert "138****5678" in written
    for secret in ("abc123", "hunter2", "13812345678"):
        assert secret not in written


@pytest.mark.usefixtures("logging_restored")
def test_without_a_terminal_each_line_is_one_json_object() -> None:
    out = io.StringIO()
    set_up_logs(stream=out)
    structlog.get_logger("tocsin.test").info("警钟 up", port=9108)
    structlog.get_logger("tocsin.test").debug("not shown")
    logging.getLogger("some.library").error("two\nlines")
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert (first["event"], first["port"], first["level"], first["logger"]) == ("警钟 up", 9108, "info", "tocsin.test")
    assert (second["event"], second["level"]) == ("two\nlines", "error")
    assert first["timestamp"].endswith("Z")


def test_an_unknown_level_is_an_error() -> None:
    with pytest.raises(ValueError, match="no log level 'LOUD'"):
        set_up_logs("LOUD")
