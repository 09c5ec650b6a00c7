"""`make services`: where things are kept, what it says, and that a package starts no daemon."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.services import debian
from tools.services.__main__ import main
from tools.services.recipe import ServiceError, cache_folder, need, run


def test_services_are_kept_in_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "tocsin-services"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder() == tmp_path / "home" / ".cache" / "tocsin-services"


def test_listing_brings_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["--list"]) == 0
    said = capsys.readouterr().out
    assert "influxd      2.7.12     not there" in said
    assert "mosquitto" in said


def test_an_unknown_service_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--only", "mosquitto,mysql"])
    assert stopped.value.code == 2
    assert "unknown service mysql" in capsys.readouterr().err


def test_what_is_missing_is_said_and_the_exit_code_tells(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["--only", "influxd"]) == 1
    assert "go is missing: install Go" in capsys.readouterr().err


def test_a_command_that_fails_shows_its_last_lines(tmp_path: Path) -> None:
    script = "import sys; print('step one'); print('no disk', file=sys.stderr); sys.exit(3)"
    with pytest.raises(ServiceError, match=r"(?s)the step: exit 3.*no disk"):
        run("the step", [sys.executable, "-c", script], tmp_path / "log")


def test_a_long_command_gives_signs_of_life(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = (
        "import sys; print('compiling x', flush=True); sys.stdin.read(); import threading; threading.Event().wait(1)"
    )
    run("the step", [sys.executable, "-c", script], tmp_path / "log", sign_of_life_s=0.3)
    assert "s  compiling x" in capsys.readouterr().out


def test_a_missing_program_is_said_with_what_helps() -> None:
    with pytest.raises(ServiceError, match="no-such-program is missing: install it"):
        need("no-such-program", "install it")


def test_the_hook_refuses_one_service_alone_and_goes_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hook = tmp_path / "policy-rc.d"
    monkeypatch.setattr(debian, "_POLICY", hook)
    monkeypatch.setattr(debian, "_SYSTEMD", tmp_path / "none")
    with debian.no_daemon("mosquitto", []):
        assert subprocess.run([hook, "mosquitto", "start"], check=False).returncode == 101
        assert subprocess.run([hook, "ssh", "restart"], check=False).returncode == 0
    assert not hook.exists()


def test_a_hook_that_was_there_stays_as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hook = tmp_path / "policy-rc.d"
    hook.write_text("the owner's")
    monkeypatch.setattr(debian, "_POLICY", hook)
    monkeypatch.setattr(debian, "_SYSTEMD", tmp_path / "none")
    with debian.no_daemon("mosquitto", []):
        assert hook.read_text() == "the owner's"
    assert hook.read_text() == "the owner's"
