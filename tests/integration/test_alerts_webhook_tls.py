"""HTTPS: the certificate is checked against the name, also when the checked address is called."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from support.alarm_steps import engine_event
from support.dispatching import Bell, Dispatching, webhook
from support.webhook_receiver import WebhookReceiver, wait_until

from alerts.channels import http as http_module
from tocsin.book import Outbox

NAME = "alarms.example.org"
EVENT_ID = f"{engine_event('raised').alarm}.1"


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A certificate for NAME that signs itself; the key lies beside it."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not there to make a certificate")
    path = tmp_path / "ca.pem"
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={NAME} -addext subjectAltName=DNS:{NAME}"
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(path)]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    return path


@pytest.fixture
def tls(authority: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority, authority.with_name("key.pem"))
    return context


def first_attempt_error(folder: Path, url: str, ca_file: Path | None) -> str:
    """Send one notice to `url`, guarded; returns what went wrong at the first attempt, "" if nothing did."""
    path = folder / "book.sqlite"
    channel = webhook(folder, url, allow_private=False, ca_file=ca_file)
    Bell(path, [channel]).take(engine_event("raised"))
    outbox = Outbox.open_for_reading(path)
    with Dispatching(path, [channel]):
        wait_until(lambda: outbox.deliveries(EVENT_ID), what="an attempt is recorded")
    return outbox.deliveries(EVENT_ID)[0].error


@pytest.fixture(autouse=True)
def _every_name_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    async def here(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr(http_module, "public_addresses", here)


def test_the_right_name_under_the_right_authority(tmp_path: Path, authority: Path, tls: ssl.SSLContext) -> None:
    with WebhookReceiver(tls=tls) as receiver:
        port = receiver.url.split("/")[2].split(":")[1]
        assert first_attempt_error(tmp_path, f"https://{NAME}:{port}/", authority) == ""
        assert receiver.accepted == [EVENT_ID]


@pytest.mark.parametrize("case", ["another name", "another authority"])
def test_a_certificate_that_does_not_fit(tmp_path: Path, authority: Path, tls: ssl.SSLContext, case: str) -> None:
    name, ca_file = ("other.example.org", authority) if case == "another name" else (NAME, None)
    with WebhookReceiver(tls=tls) as receiver:
        port = receiver.url.split("/")[2].split(":")[1]
        error = first_attempt_error(tmp_path, f"https://{name}:{port}/", ca_file)
        assert receiver.received == []
    assert "CERTIFICATE_VERIFY_FAILED" in error


def test_an_authority_that_is_not_there_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere\.pem: the authority can't be read"):
        webhook(tmp_path, "https://example.org", ca_file=tmp_path / "nowhere.pem")
