"""Webhook settings, the envelope, the guard, and one attempt to send."""

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from support.alarm_steps import T0, engine_event
from support.dispatching import webhook
from support.webhook_receiver import SECRET, WebhookReceiver

from alerts.channels import guard
from alerts.channels.cloudevents import cloud_event, rfc3339
from alerts.channels.guard import is_public
from alerts.channels.port import Item, Notice, Outcome
from alerts.channels.webhook import WebhookChannel, WebhookSettings, read_secret
from rules.events import event_json, public_form
from tocsin.clock import SystemClock

EVENT = engine_event("raised")
ITEM = Item(f"{EVENT.alarm}.1", "raised", "E001", EVENT.subject, EVENT.at, event_json(EVENT))
NOTICE = Notice(ITEM.id, (ITEM,))


def send(channel: WebhookChannel) -> Outcome:
    async def once() -> Outcome:
        try:
            return await channel.send(NOTICE, SystemClock().now_ms())
        finally:
            await channel.close()

    return asyncio.run(once())


def test_the_envelope() -> None:
    envelope = json.loads(cloud_event(ITEM, NOTICE.id))
    assert envelope == {
        "specversion": "1.0",
        "id": f"{EVENT.alarm}.1",
        "source": "/enterprises/E001",
        "type": "org.tocsin.alarm.raised",
        "subject": "E001-P0015",
        "time": "2024-11-21T11:53:20.000Z",
        "datacontenttype": "application/json",
        "data": public_form(EVENT),
    }


def test_data_is_the_event_object_byte_for_byte() -> None:
    assert event_json(EVENT) in cloud_event(ITEM, NOTICE.id)


def test_times_keep_their_milliseconds() -> None:
    assert rfc3339(T0 + 7) == "2024-11-21T11:53:20.007Z"


def test_delivered_and_signed(tmp_path: Path) -> None:
    with WebhookReceiver() as receiver:
        outcome = send(webhook(tmp_path, receiver.url, headers={"x-gateway-key": "k1"}))
        assert outcome == Outcome(True, 204)
        assert not receiver.forged
        (received,) = receiver.received
    assert received.id == NOTICE.id
    assert received.event == json.loads(cloud_event(ITEM, NOTICE.id))
    assert received.headers["content-type"] == "application/cloudevents+json"
    assert received.headers["x-gateway-key"] == "k1"


@pytest.mark.parametrize("status", [301, 400, 410, 429, 500, 503])
def test_anything_but_2xx_is_not_delivered(tmp_path: Path, status: int) -> None:
    with WebhookReceiver() as receiver:
        receiver.answer(status, headers={"location": receiver.url, "retry-after": "7"})
        outcome = send(webhook(tmp_path, receiver.url))
        assert len(receiver.received) == 1, "a redirect is not followed"
    assert outcome == Outcome(False, status, f"status {status}", f"HTTP {status}", 7.0)


def test_hanging_up_is_not_delivered(tmp_path: Path) -> None:
    with WebhookReceiver() as receiver:
        receiver.answer(0)
        outcome = send(webhook(tmp_path, receiver.url))
    assert (outcome.delivered, outcome.status) == (False, None)
    assert outcome.error


def test_a_target_that_does_not_answer_is_left_in_time(tmp_path: Path) -> None:
    with WebhookReceiver() as receiver:
        receiver.hold()
        assert send(webhook(tmp_path, receiver.url, timeout_s=0.2)) == Outcome(False, error="no answer within 0.2 s")


def test_nobody_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    outcome = send(webhook(tmp_path, f"http://127.0.0.1:{port}/"))
    assert not outcome.delivered
    assert outcome.error.startswith("ConnectError")


def answer_names_with(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Make every name resolve to `addresses`; returns the list of the names that are asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("8.8.8.8", "10.0.0.7"), ("169.254.169.254",)])
def test_a_name_that_leads_inside_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    with WebhookReceiver() as receiver:
        answer_names_with(monkeypatch, *addresses)
        port = receiver.url.split(":")[2]
        outcome = send(webhook(tmp_path, f"http://alarms.example.org:{port}", allow_private=False))
        assert not receiver.received
    assert outcome.error.startswith("ForbiddenTargetError")


def test_the_checked_address_is_the_one_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with WebhookReceiver() as receiver:
        monkeypatch.setattr(guard, "is_public", lambda address: True)
        asked = answer_names_with(monkeypatch, "127.0.0.1")
        port = receiver.url.split("/")[2].split(":")[1]
        outcome = send(webhook(tmp_path, f"http://alarms.example.org:{port}/x", allow_private=False))
        assert outcome.delivered
        assert receiver.received[0].headers["host"] == f"alarms.example.org:{port}"
    assert [name for name in asked if name != "127.0.0.1"] == ["alarms.example.org"], "looked up once"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.1.1", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "2002:a00:1::",
        "64:ff9b::a00:1",
    ],
)  # fmt: skip
def test_inside_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"url": "ftp://example.org"}, "allowed are http://HOST"),
        ({"url": "https:///alarms"}, "allowed are http://HOST"),
        ({"url": "https://user:pw@example.org"}, "carries a password"),
        ({"url": "https://192.168.1.5/a"}, "allow_private"),
        ({"url": "http://localhost:8000"}, "allow_private"),
        ({"url": "https://example.org", "min_severity": "purple"}, "'red', 'orange'"),
        ({"url": "https://example.org", "headers": {"Webhook-Id": "1"}}, "set by Tocsin"),
        ({"url": "https://example.org", "retries": 3}, "Extra inputs"),
        ({"url": "https://example.org", "name": "a b"}, "pattern"),
    ],
)
def test_wrong_settings(given: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValidationError, match=wrong):
        WebhookSettings.model_validate({"secret_file": "secrets/webhook", **given})


@pytest.mark.parametrize(
    ("url", "name"),
    [("https://example.org/alarms?k=1", "example.org"), ("https://[2606:4700::1]:8443/", "2606:4700::1:8443")],
)
def test_a_webhook_without_a_name_goes_by_its_host(url: str, name: str) -> None:
    settings = WebhookSettings.model_validate({"url": url, "secret_file": "secrets/webhook"})
    assert (settings.target.name, settings.target.min_severity) == (name, "blue")


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_§", "whsec_A"])
def test_a_wrong_secret_is_said_without_showing_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "secret"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"secret: not a Standard Webhooks secret, allowed is whsec_ and base64"):
        read_secret(path)


def test_a_missing_secret_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere: the secret can't be read"):
        read_secret(tmp_path / "nowhere")


def test_a_secret_is_read_without_its_newline(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(SECRET + "\n", encoding="ascii")
    assert read_secret(path) == SECRET
