"""The README's own commands, as a stranger would type them; and what is in the wheel."""

import itertools
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.mosquitto import Mosquitto, free_port, mosquitto_path
from support.waiting import eventually

from tools.cluster_demo.servers import place_of_database
from tools.services import kafka, postgres

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


def run_line(line: str, folder: Path, port: int, alarm: str = "ALARM") -> str:
    """What a command of the README prints, run in `folder` against the broker on `port`."""
    words = [alarm if word == "ALARM" else word for word in shlex.split(line, comments=True)]
    if words[0] == "mosquitto_pub":
        words[1:1] = ["-p", str(port)]
    ran = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, (line, ran.stderr)
    return ran.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with .venv, as a clone has after `make setup`."""
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    return tmp_path


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    for program, there in (("mosquitto", mosquitto_path()), ("mosquitto_pub", shutil.which("mosquitto_pub"))):
        if there is None:
            pytest.skip(f"{program} is not installed")
    found = Mosquitto(tmp_path / "broker")
    found.start()
    yield found
    found.stop()


def ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_the_first_commands_are_targets_of_make() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    assert set(re.findall(r"make ([a-z]+)", README)) <= targets | {"are"}
    (first, *_) = blocks("sh")
    assert [line.split("#")[0].split() for line in first.splitlines()] == [["make", "demo"], ["make", "test"]]


def test_a_broker_of_ones_own_in_five_minutes(folder: Path, broker: Mosquitto) -> None:
    _, make_site, start, use, *_ = blocks("sh")
    (settings,) = blocks("toml")
    for line in make_site.splitlines():
        run_line(line, folder, broker.port)
    (folder / "my-county" / "tocsin.toml").write_text(settings.replace("1883", str(broker.port)))

    http = free_port()
    service = subprocess.Popen(
        shlex.split(start),
        cwd=folder,
        env={**os.environ, "TOCSIN_HTTP__LISTEN": f"127.0.0.1:{http}"},
        stdout=subprocess.PIPE,
        stderr=(folder / "service.log").open("wb"),
    )
    try:
        assert eventually(lambda: ready(http), 30), (folder / "service.log").read_text()
        publish, alarms, acknowledge = use.splitlines()
        run_line(publish, folder, broker.port)
        assert eventually(lambda: "dust-spark" in run_line(alarms, folder, broker.port), 30)
        (row,) = [line for line in run_line(alarms, folder, broker.port).splitlines() if "dust-spark" in line]
        alarm = row.split("│")[1].strip()
        assert run_line(acknowledge, folder, broker.port, alarm) == f"{alarm}: acknowledge by li.wei\n"
        service.send_signal(signal.SIGTERM)
        assert service.wait(20) == 0
    finally:
        service.kill()
        service.wait()
        assert service.stdout is not None
        service.stdout.close()
    assert "Traceback" not in (folder / "service.log").read_text()


def test_the_inline_commands_are_commands(folder: Path) -> None:
    for line in re.findall(r"`(\.venv/bin/tocsin [^`]*)`", README):
        name = shlex.split(line)[1]
        assert "Usage:" in run_line(f".venv/bin/tocsin {name} --help", folder, 0)


def test_the_commands_to_know_rules_by_are_commands_with_these_options(folder: Path) -> None:
    lines = blocks("sh")[-1].splitlines()
    assert len(lines) == 4
    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        names = list(itertools.takewhile(lambda word: re.fullmatch("[a-z]+", word), words))
        shown = run_line(f".venv/bin/tocsin {' '.join(names)} --help", folder, 0)
        assert all(word in shown for word in words if word.startswith("--")), line


def test_the_demo_ends_by_itself_and_shows_alarms(folder: Path) -> None:
    pytest.importorskip("iotcore", reason="iotcore, the demo's broker, is not installed")
    shown = run_line(".venv/bin/tocsin demo --seconds 5 --speed 4 --port 0 --folder demo", folder, 0)
    transcript, _ = blocks("text")
    for line in (0, 3):
        assert transcript.splitlines()[line] in shown, "the README shows what the demo prints"
    assert re.search(r"\d+ alarms raised, \d+ events; the webhook received \d+, doubled 0, refused 0", shown)
    (spark,) = [line for line in transcript.splitlines() if "dust-spark" in line]
    assert spark.split(maxsplit=1)[1] in shown, "the spark of the README's transcript"


def test_the_wheel_holds_everything_that_is_read_at_run_time(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for package in ("plant", "ingest", "rules", "alerts", "simulators", "dashboards", "tocsin"):
        sources = {str(p.relative_to(ROOT)) for p in (ROOT / package).rglob("*") if p.is_file()}
        assert {n for n in sources if "__pycache__" not in n} <= names
    assert any(re.fullmatch(r"rules/.*\.yaml", n) for n in names), "rule packs"
    assert any(re.fullmatch(r"simulators/.*\.yaml", n) for n in names), "scenarios"
    assert "tocsin/init/example/points.csv" in names, "what init writes"
    assert not any(n.startswith(("tests/", "benchmarks/", "tools/", "docs/")) for n in names)


def test_the_demo_of_a_cluster_kills_a_worker_and_nothing_is_lost_or_doubled(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    pytest.importorskip("iotcore", reason="iotcore, the demo's broker, is not installed")
    if kafka.find() is None or postgres.find() is None:
        pytest.skip("Kafka or PostgreSQL is not there: make services brings them")
    command = [sys.executable, "-m", "tools.cluster_demo", "--folder", str(tmp_path / "cluster"), "--port", "0"]
    request.addfinalizer(lambda: shutil.rmtree(place_of_database(tmp_path / "cluster"), ignore_errors=True))
    ran = subprocess.run(
        [*command, "--seconds", "16", "--speed", "4"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    _, transcript = blocks("text")
    said = [re.compile(re.sub(r"[\d.]+", r"[\\d.]+", line.split("which decided")[0])) for line in _said(transcript)]
    assert all(pattern.search(ran.stdout) for pattern in said), ran.stdout
    there, again = re.search(r"(\d+) events .* the logs replayed give (\d+): the same", ran.stdout).groups()  # type: ignore[union-attr]
    assert int(there) == int(again) > 0
    assert f"the webhook received {there}, doubled 0, refused 0" in ran.stdout


def _said(transcript: str) -> list[str]:
    """Lines of the cluster's demo that are not an alarm's."""
    return [line for line in transcript.splitlines() if "kill -9" in line or "tells of alarms again" in line]
