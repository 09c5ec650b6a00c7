"""The systemd units: systemd's own word on them, and that all are held as tightly."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = sorted((Path(__file__).parents[2] / "packaging" / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
LASTING = [unit for unit in SERVICES if "Type=oneshot" not in unit.read_text(encoding="utf-8")]
PROGRAM = "/opt/tocsin/.venv/bin/tocsin"


def test_systemd_takes_them(tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("systemd-analyze is not installed")
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace(PROGRAM, "/bin/true")  # the program must be there
        (tmp_path / unit.name).write_text(re.sub(r"^(User|Group)=.*$", r"\1=root", text, flags=re.M))
    ran = subprocess.run(
        [verify, "verify", "--man=no", *(str(tmp_path / unit.name) for unit in UNITS)],
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    if "Failed to initialize manager" in ran.stderr or "Failed to connect" in ran.stderr:
        pytest.skip(f"systemd-analyze can't work here: {ran.stderr.splitlines()[0]}")
    about_ours = [line for line in ran.stderr.splitlines() if str(tmp_path) in line or "tocsin" in line]
    assert about_ours == []
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_every_service_is_held_tightly(unit: Path) -> None:
    lines = unit.read_text(encoding="utf-8").splitlines()
    for wanted in (
        "User=tocsin",
        "NoNewPrivileges=true",
        "ProtectSystem=strict",
        "ProtectHome=true",
        "PrivateTmp=true",
        "CapabilityBoundingSet=",
        "SystemCallFilter=@system-service",
        "ReadWritePaths=/srv/tocsin/data",
    ):
        assert wanted in lines
    assert any(line.startswith(f"ExecStart={PROGRAM} ") for line in lines)


@pytest.mark.parametrize("unit", LASTING, ids=lambda unit: unit.name)
def test_every_lasting_service_comes_back_and_has_time_to_drain(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    assert "Restart=always" in text
    assert "StartLimitIntervalSec=0" in text, "it never gives up"
    assert re.search(r"^TimeoutStopSec=(\d+)$", text, re.M)[1] == "20"  # type: ignore[index]


def test_a_screen_is_given_up_before_the_alarm_path() -> None:
    scores = {
        unit.name.partition(".")[0]: int(found[1])
        for unit in LASTING
        if (found := re.search(r"^OOMScoreAdjust=(-?\d+)$", unit.read_text(encoding="utf-8"), re.M))
    }
    assert set(scores) == {unit.name.partition(".")[0] for unit in LASTING}
    alarm_path = {"tocsin", "tocsin-bridge", "tocsin-worker@", "tocsin-notifier"}
    assert {name for name, score in scores.items() if score < 0} == alarm_path
    assert scores["tocsin-follow"] < scores["tocsin-console"]


def test_processes_of_one_machine_listen_beside_each_other() -> None:
    said = {
        unit.name: found[1]
        for unit in LASTING
        if (found := re.search(r"^Environment=TOCSIN_HTTP__LISTEN=127\.0\.0\.1:(\S+)$", unit.read_text("utf-8"), re.M))
    }
    assert len(said) == len(set(said.values())) == 4
    assert said["tocsin-worker@.service"] == "912%i", "9121 to 9129"
    assert all(1024 < int(port.replace("%i", "9")) < 9130 for port in said.values())
