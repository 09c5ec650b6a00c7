"""`tocsin doctor`: what it finds where a part is ill, and that it always answers."""

import json
import re
import socket
import string
import threading
from pathlib import Path

import pytest
from support.command import tocsin
from support.data_folder import make_data_folder
from support.mosquitto import free_port

from tocsin.clock import SystemClock
from tocsin.doctor.examine import examine, worst
from tocsin.doctor.finding import Check, Finding, Verdict, bad, ok, warn
from tocsin.doctor.told import as_json, lines
from tocsin.doctor.words_en import WORDS as EN
from tocsin.doctor.words_zh import WORDS as ZH
from tocsin.log.layout import BOOK, JOURNAL
from tocsin.log.segment import list_segments

CLOCK = SystemClock()
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "doctor.md"


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_finding_has_words_in_both_languages_that_speak_of_the_same_facts() -> None:
    assert EN.keys() == ZH.keys()
    for code, texts in EN.items():
        for mine, theirs in zip(texts, ZH[code], strict=True):
            assert fields(mine) == fields(theirs), code
            assert bool(mine) == bool(theirs), code


def test_every_code_that_a_check_uses_has_words_and_stands_on_the_page() -> None:
    package = Path(__file__).parents[2] / "tocsin" / "doctor"
    used = {
        code
        for file in package.glob("*.py")
        for code in re.findall(r'\b(?:ok|warn|bad|judge)\(\s*[\w."]+,\s*"(\w+)"', file.read_text(encoding="utf-8"))
    }
    assert used == set(EN)
    assert set(re.findall(r"^\| `(\w+)` \| (?:ok|warn|bad)", PAGE.read_text(encoding="utf-8"), re.M)) == used


def test_a_check_that_hangs_is_cut_off_and_one_that_fails_is_told_of() -> None:
    forever = threading.Event()

    def hang() -> list[Finding]:
        forever.wait()
        return []

    def fail() -> list[Finding]:
        raise RuntimeError("no such luck")

    checks = [Check("disk", hang), Check("clock", lambda: [ok("clock", "clock_ok")]), Check("book", fail)]
    before_s = CLOCK.monotonic_s()
    found = examine(checks, CLOCK, 0.3)
    assert CLOCK.monotonic_s() - before_s < 3
    assert [(f.check, f.code) for f in found] == [("disk", "hangs"), ("clock", "clock_ok"), ("book", "failed")]
    assert found[2].facts["error"] == "RuntimeError: no such luck"
    forever.set()


def test_checks_run_at_once() -> None:
    together = threading.Barrier(3, timeout=10)

    def wait_for_the_others() -> list[Finding]:
        together.wait()
        return [ok("clock", "clock_ok")]

    assert worst(examine([Check("clock", wait_for_the_others)] * 3, CLOCK)) is Verdict.OK


def test_the_worst_counts() -> None:
    fine, odd, wrong = ok("disk", "clock_ok"), warn("disk", "clock_free"), bad("disk", "hangs", deadline_s=1.0)
    assert worst([]) is Verdict.OK
    assert worst([fine, odd]) is Verdict.WARN
    assert worst([odd, wrong, fine]) is Verdict.BAD


@pytest.mark.parametrize("language", ["en", "zh"])
def test_secrets_and_phones_are_masked(language: str) -> None:
    said = "https://robot.example/send?access_token=abcdef123456 for 13912345678"
    found = [bad("channel", "away", "duty", address="a:1", error=said)]
    told = "\n".join(lines(found, language)) + json.dumps(as_json(found, language))  # type: ignore[arg-type]
    assert "abcdef123456" not in told
    assert "13912345678" not in told


def write_settings(folder: Path, more: str = "", port: int = 0) -> Path:
    """The made data folder, with a broker that nobody runs."""
    made = make_data_folder(folder)
    config = folder / "tocsin.toml"
    config.write_text(
        f'site = "{made.site}"\ndata = "{made.data}"\n[mqtt]\nurl = "mqtt://127.0.0.1:{port or free_port()}"\n'
        f'name = "north"\n[http]\nlisten = "127.0.0.1:{free_port()}"\n'
        f'[console]\nlisten = "127.0.0.1:{free_port()}"\n{more}',
        encoding="utf-8",
    )
    return config


def codes(config: Path, *more: str) -> dict[str, str]:
    """code -> verdict of what `tocsin doctor --json` finds."""
    ran = tocsin("doctor", "--config", config, "--json", "--lang", "en", *more)
    told = json.loads(ran.out)
    assert ran.code == (1 if told["verdict"] == "bad" else 0), ran.err
    return {found["code"]: found["verdict"] for found in told["findings"]}


def test_a_stopped_installation(tmp_path: Path) -> None:
    found = codes(write_settings(tmp_path))
    assert found["site_ok"] == found["journal_ok"] == found["book_ok"] == "ok"
    assert found["service_away"] == found["away"] == "bad", "neither broker nor service runs"
    assert found["nobody_told"] == found["console_away"] == "warn"
    assert "room_ok" in found or "room_short" in found


def test_a_journal_with_a_changed_byte_and_a_book_that_is_none(tmp_path: Path) -> None:
    config = write_settings(tmp_path)
    data = tmp_path / "data"
    (segment,) = list_segments(data / JOURNAL)
    content = bytearray(segment.path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    segment.path.write_bytes(content)
    (data / BOOK).write_bytes(b"no book at all, but long enough to look like a file of its kind" * 20)
    found = codes(config)
    assert "journal_damaged" in found or "journal_tail" in found, found
    assert found["book_broken"] == "bad"


def test_nothing_is_changed_by_looking(tmp_path: Path) -> None:
    config = write_settings(tmp_path)

    def files() -> dict[Path, bytes]:
        return {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file() and p.suffix not in (".sqlite-shm",)}

    before = files()
    codes(config)
    after = {path: content for path, content in files().items() if content or path in before}
    assert after == before


def test_before_the_first_start(tmp_path: Path) -> None:
    config = write_settings(tmp_path)
    text = config.read_text(encoding="utf-8").replace(f'data = "{tmp_path}/data"', f'data = "{tmp_path}/new"')
    config.write_text(text, encoding="utf-8")
    found = codes(config)
    assert found["journal_none"] == found["book_none"] == "warn"
    assert not (tmp_path / "new").exists()


def test_channels_are_reached_and_not_spoken_to(tmp_path: Path) -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def accept() -> None:
            connection, _ = listening.accept()
            with connection:
                heard.append(connection.recv(100))

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        (tmp_path / "token").write_text("t")
        channels = f"""
[[channel]]
kind = "alertmanager"
name = "prom"
url = "http://127.0.0.1:{port}"
allow_private = true
[[channel]]
kind = "file"
name = "notes"
path = "notes.jsonl"
[[webhook]]
url = "http://127.0.0.1:{free_port()}/x"
secret_file = "nowhere"
allow_private = true
"""
        found = codes(write_settings(tmp_path, channels))
        thread.join(10)
    assert heard == [b""], "connected, and closed"
    assert found["reached"] == "ok"
    assert found["channel_writes"] == "ok"
    assert found["secret"] == "bad"
    assert not (tmp_path / "notes.jsonl").exists()


def test_a_broker_that_accepts_and_says_nothing_is_cut_off(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config = write_settings(tmp_path, port=silent.getsockname()[1])
        assert codes(config, "--deadline", "2")["hangs"] == "bad"


def test_people_read_it_in_their_language(tmp_path: Path) -> None:
    config = write_settings(tmp_path)
    for language, word in (("zh_CN.UTF-8", "故障"), ("C", "bad")):
        ran = tocsin("doctor", "--config", config, environment={"LC_ALL": language})
        assert ran.code == 1
        assert word in ran.out


def test_settings_that_cant_be_read_are_a_mistake_of_the_call(tmp_path: Path) -> None:
    (tmp_path / "tocsin.toml").write_text('sight = "x"\n')
    ran = tocsin("doctor", "--config", tmp_path / "tocsin.toml")
    assert ran.code == 2
    assert ran.mistakes[0].startswith(f"{tmp_path}/tocsin.toml:1: ")
    assert tocsin("doctor", "--config", tmp_path / "tocsin.toml", "--kafka", "nowhere").code == 2
