"""The receiver in docs/how-to/receive-alarms-by-webhook.md works as the page says."""

import re
import socket
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.alarm_steps import T0, action, engine_event
from support.dispatching import Bell, Dispatching, backlog_due, webhook
from support.webhook_receiver import wait_until

from alerts.channels.webhook import WebhookSettings
from tocsin.book import Outbox
from tocsin.book.schema import open_writer
from tocsin.clock import SystemClock

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "receive-alarms-by-webhook.md"


def code(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Where the page's receiver listens, with the secret of `support.webhook_receiver`."""
    webhook(tmp_path, "http://127.0.0.1/")  # writes the secret
    (tmp_path / "receiver.py").write_text(code("python")[0], encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with (tmp_path / "printed").open("wb") as printed:
        child = subprocess.Popen(
            [sys.executable, "receiver.py", "secret", str(port)], cwd=tmp_path, stdout=printed, stderr=printed
        )
        try:
            wait_until(lambda: listens(port), what="the receiver listens")
            yield port
        finally:
            child.kill()
            child.wait()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def printed(folder: Path) -> list[str]:
    lines = (folder / "printed").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if "HTTP/1." not in line]


def test_it_prints_alarms_and_drops_doubles(tmp_path: Path, port: int) -> None:
    path = tmp_path / "book.sqlite"
    url = f"http://127.0.0.1:{port}/"
    channel = webhook(tmp_path, url)
    bell = Bell(path, [channel])
    bell.take(engine_event("raised"), action("acknowledge", T0 + 9000, comment="on my way"))
    with Dispatching(path, [channel]):
        wait_until(lambda: backlog_due(path) == 0, what="sent")
    assert "\n".join(printed(tmp_path)) == code("text")[0].strip()

    # As after a crash: sent, but not recorded.
    outbox = Outbox.open_for_writing(path)
    db = open_writer(path)
    db.execute("UPDATE outbox SET state = 'due', next_at = 0")
    db.close()
    with Dispatching(path, [webhook(tmp_path, url)]):
        wait_until(lambda: backlog_due(path) == 0, what="sent again")
    assert [d.status for d in outbox.deliveries(f"{engine_event('raised').alarm}.1")] == [204, 204]
    assert len(printed(tmp_path)) == 2


def test_it_refuses_what_is_not_signed(tmp_path: Path, port: int) -> None:
    headers = {
        "webhook-id": "a.1",
        "webhook-timestamp": str(SystemClock().now_ms() // 1000),
        "webhook-signature": "v1,AAAA",
    }
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", b"{}", headers)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(request, timeout=10)
    assert not any("raised" in line for line in printed(tmp_path))


def test_the_settings_on_the_page_are_right() -> None:
    (given,) = tomllib.loads(code("toml")[0])["webhook"]
    assert WebhookSettings.model_validate(given).target.name == "my-receiver"
