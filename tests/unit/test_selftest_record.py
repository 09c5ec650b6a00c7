"""The record of self-tests, and the settings of self-tests, heartbeat and watch."""

from pathlib import Path

import pytest
from support.command import tocsin

from plant.mistakes import InputError
from tocsin.log.layout import JOURNAL, SELF_TESTS
from tocsin.selftest.record import Kept, Run, load_kept, save_kept
from tocsin.settings import read_settings

GOOD = Run(2000, "schedule", True, {"published": 0.1, "raised": 0.2}, over=("sms",), alarm="a")
BAD = Run(3000, "asked", False, {"published": 0.1}, "raised", "no alarm was raised from the reading")


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    path = tmp_path / SELF_TESTS
    assert load_kept(path) is None
    kept = Kept(1000).with_run(GOOD).with_run(BAD)
    save_kept(kept, path)
    assert load_kept(path) == kept
    assert (kept.last, kept.last_good_ms) == (BAD, 2000)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(ValueError, match=SELF_TESTS):
        load_kept(path)


def test_only_the_last_fifty_runs_are_kept_and_the_last_good_one_is_not_forgotten() -> None:
    kept = Kept(1000).with_run(GOOD)
    for _ in range(60):
        kept = kept.with_run(BAD)
    assert len(kept.runs) == 50
    assert kept.last_good_ms == 2000


def test_status_says_what_failed_and_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).mkdir()
    path = tmp_path / SELF_TESTS
    none = tocsin("selftest", "status", "--data", tmp_path)
    assert (none.code, none.err) == (1, "there were no self-tests: the settings have no [selftest] section\n")
    ahead_ms = 4_000_000_000_000
    save_kept(Kept(1000, (BAD, GOOD), 2000, ahead_ms), path)
    good = tocsin("selftest", "status", "--data", tmp_path)
    assert (good.code, good.err) == (0, "")
    assert "raised failed" in good.out
    save_kept(Kept(1000, (GOOD,), 2000, 1_700_000_000_000), path)
    missing = tocsin("selftest", "status", "--data", tmp_path, "--json")
    assert (missing.code, missing.err) == (1, "a good self-test is missing since 2023-11-14 22:13:20 (UTC)\n")
    save_kept(Kept(1000, (GOOD, BAD), 2000, ahead_ms), path)
    bad = tocsin("selftest", "status", "--data", tmp_path)
    assert (bad.code, bad.err) == (1, "raised: no alarm was raised from the reading\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[selftest]\npoint = "T"\nat = ["9:00"]\n', "tocsin.toml:4: selftest.at: 9:00 is no time of the day, allowed"),
        ('[selftest]\nat = ["09:00"]\n', "tocsin.toml:2: selftest.point: is missing"),
        ('[selftest]\npoint = "T"\npassword_file = "p"\n', "tocsin.toml:2: selftest: password_file stands without"),
        ('[heartbeat]\nurl = "http://10.0.0.1/"\n', "tocsin.toml:2: heartbeat: url leads to 10.0.0.1, a private"),
        (
            '[heartbeat]\nurl = "http://a.example/"\nmethod = "GET"\nsecret_file = "s"\n',
            "tocsin.toml:2: heartbeat: secret_file signs",
        ),
        ("[watch]\nbroker_down = 5\n", "tocsin.toml:3: watch.broker_down: unknown key"),
    ],
)
def test_mistakes_in_the_settings(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "tocsin.toml"
    path.write_text(f'site = "s"\n{text}', "utf-8")
    with pytest.raises(InputError) as caught:
        read_settings(path, {})
    (mistake,) = caught.value.mistakes
    assert str(mistake).removeprefix(f"{tmp_path}/").startswith(said)


def test_by_variables_and_relative_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "tocsin.toml"
    path.write_text('site = "s"\n[heartbeat]\nurl = "https://a.example/"\nsecret_file = "s/h"\n', "utf-8")
    variables = {"TOCSIN_SELFTEST__POINT": "T", "TOCSIN_SELFTEST__AT": "08:00,20:00", "TOCSIN_SELFTEST__OVER": "sms"}
    settings = read_settings(path, variables)
    assert settings.selftest is not None
    assert settings.heartbeat is not None
    assert (settings.selftest.at, settings.selftest.over) == (("08:00", "20:00"), ("sms",))
    assert settings.heartbeat.secret_file == tmp_path / "s" / "h"
