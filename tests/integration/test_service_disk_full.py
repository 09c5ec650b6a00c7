"""A full disk under the live service: nothing is acknowledged, health says why; room again, and nothing was lost."""

import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.decided import booked_keys, keys, reference_keys
from support.field import Field
from support.live import POINTS, Live, running_broker
from support.waiting import eventually
from support.webhook_receiver import WebhookReceiver


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small tmpfs needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small tmpfs can't be mounted: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Take up all the room there is; returns the file to remove."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return ballast


@pytest.mark.parametrize("how_it_ends", ["room again", "stop", "kill"])
def test_a_full_disk(tmp_path: Path, small_disk: Path, how_it_ends: str) -> None:
    with (
        running_broker(tmp_path / "broker") as broker,
        WebhookReceiver() as receiver,
        Live(
            tmp_path, broker.port, period_s=0.1, webhook=receiver.url, data=small_disk / "data",
            settings="[journal]\ncheckpoint_s = 0.5",
        ) as live,
        Field(broker.port, POINTS) as field,
    ):  # fmt: skip
        live.start()
        field.flow(every_s=0.005)
        assert eventually(lambda: len(receiver.accepted) >= 3)
        ballast = fill(small_disk)
        assert eventually(lambda: live.metrics().get("tocsin_disk_full") == 1)
        before = len(field.confirmed)
        assert eventually(lambda: len(field.confirmed) > before + 200)
        status, why = live.get("readyz")
        assert status == 503
        assert "disk" in why
        assert live.status("healthz") == 200
        metrics = live.metrics()
        assert metrics["tocsin_unacknowledged_messages"] > 150
        assert metrics["tocsin_unacknowledged_age_seconds"] > 0.3
        # Who reads is still answered.
        assert live.tocsin("alarms", "--data", str(live.data)).returncode == 0

        if how_it_ends == "stop":
            # What was not written is the broker's again: not all is done, and it says so in time.
            assert live.stop() == 1
        elif how_it_ends == "kill":
            live.kill()
        ballast.unlink()
        if how_it_ends != "room again":
            live.start()
        field.stop()
        field.last_of_all()
        values = {sent.value for sent in field.settle()}
        assert eventually(lambda: values <= {reading.value for reading in live.readings()}), "readings are missing"
        assert eventually(lambda: live.status("readyz") == 200)
        assert live.metrics()["tocsin_disk_full"] == 0
        live.wait_delivered(lambda: receiver.accepted)
        assert live.stop() == 0
        doubled = [value for value, n in Counter(reading.value for reading in live.readings()).items() if n > 1]
        assert not doubled, f"{len(doubled)} readings are there twice"
        assert booked_keys(live) == keys(live.replayed()) == reference_keys(live)
        assert {event_id for event_id, _ in live.booked()} == set(receiver.accepted)
