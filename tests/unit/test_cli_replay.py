"""`tocsin simulate` and `replay`: feeds, journals, windows, paces."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from support.command import tocsin
from support.data_folder import START_MS, Made, make_data_folder

from tocsin.clock import SystemClock
from tocsin.init import write_example


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example site and its leak as leak.csv."""
    folder = tmp_path_factory.mktemp("example")
    write_example(folder / "site")
    scenario = folder / "site" / "scenarios" / "leak.yaml"
    ran = tocsin("simulate", scenario, "--site", folder / "site", "--out", folder / "leak.csv")
    assert (ran.code, ran.out) == (0, "")
    assert "what really happened in" in ran.err
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_data_folder(tmp_path_factory.mktemp("made"))


def test_events_come_in_order_and_the_same_again(example: Path, tmp_path: Path) -> None:
    ran = tocsin("replay", example / "leak.csv", "--site", example / "site")
    assert ran.code == 0
    events = lines(ran.out)
    assert len(events) > 10
    keys = [(e["at"], e["rule"], e["subject"], e["side"]) for e in events]
    assert keys == sorted(keys)
    (summary,) = ran.mistakes
    assert summary.startswith(f"3180 readings, {len(events)} events in ")
    assert summary.endswith(" readings/s")
    again = tocsin("replay", example / "leak.csv", "--site", example / "site", "--out", tmp_path / "events.jsonl")
    assert (again.code, again.out) == (0, "")
    assert (tmp_path / "events.jsonl").read_text() == ran.out


def test_the_tutorial_shows_what_is_printed(example: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "tutorials" / "first-alarm.md"
    (shown,) = re.findall(r"```json\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    assert shown in tocsin("replay", example / "leak.csv", "--site", example / "site").out


@pytest.mark.parametrize("ending", ["csv.gz", "parquet"])
def test_other_forms_of_a_feed_give_the_same_events(example: Path, tmp_path: Path, ending: str) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    feed, scenario = tmp_path / f"leak.{ending}", example / "site" / "scenarios" / "leak.yaml"
    assert tocsin("simulate", scenario, "--site", example / "site", "--out", feed).code == 0
    ran = tocsin("replay", feed, "--site", example / "site")
    assert ran.out == tocsin("replay", example / "leak.csv", "--site", example / "site").out


def test_seeds_draw_other_noise_and_one_seed_the_same(example: Path, tmp_path: Path) -> None:
    for name, seed in (("a.csv", 7), ("b.csv", 7), ("c.csv", 8)):
        assert (
            tocsin("simulate", "quiet-day", "--site", example / "site", "--seed", seed, "--out", tmp_path / name).code
            == 0
        )
    a, b, c = ((tmp_path / name).read_bytes() for name in ("a.csv", "b.csv", "c.csv"))
    assert a == b
    assert a != c


def test_a_window_chooses_what_is_printed_not_what_is_decided(example: Path) -> None:
    everything = lines(tocsin("replay", example / "leak.csv", "--site", example / "site").out)
    times = sorted({e["at"] for e in everything})
    first, end = times[3], times[8]
    call = ("replay", example / "leak.csv", "--site", example / "site", "--from", first, "--to", end)
    assert lines(tocsin(*call).out) == [e for e in everything if first <= e["at"] < end]
    late = tocsin("replay", example / "leak.csv", "--site", example / "site", "--from", "2099-01-01T00:00:00+08:00")
    assert (late.code, late.out) == (0, "")
    assert "3180 readings, 0 events" in late.err


def test_a_pace_prints_the_same_events(made: Made, tmp_path: Path) -> None:
    feed = tmp_path / "sparks.csv"
    rows = [f"E002-SPARK-01,{START_MS + n * 1000},{value}" for n, value in enumerate((0, 1, 0, 1))]
    feed.write_text("\n".join(["point,measured_at,value", *rows]) + "\n")
    at_once = tocsin("replay", feed, "--site", made.site)
    began_s = SystemClock().monotonic_s()
    paced = tocsin("replay", feed, "--site", made.site, "--speed", "20")
    took_s = SystemClock().monotonic_s() - began_s
    assert paced.code == at_once.code == 0
    assert lines(paced.out) == lines(at_once.out)
    assert len(lines(paced.out)) >= 2
    assert took_s >= 3 / 20, "four seconds of readings, twenty times as fast"


def test_unknown_points_are_mistakes_unless_left_out(made: Made, tmp_path: Path) -> None:
    feed, clean = tmp_path / "feed.csv", tmp_path / "clean.csv"
    known = f"E002-SPARK-01,{START_MS},1\n"
    clean.write_text("point,measured_at,value\n" + known)
    feed.write_text(f"point,measured_at,value\n{known}STRANGE,{START_MS + 5000},1\nSTRANGE,{START_MS},1\n")
    wrong = tocsin("replay", feed, "--site", made.site)
    assert (wrong.code, wrong.out, len(wrong.mistakes)) == (2, "", 2)
    assert wrong.mistakes[0].startswith(f"{feed}:3: point: 'STRANGE' is not a point of the site")
    ran = tocsin("replay", feed, "--site", made.site, "--skip-unknown")
    assert ran.code == 0
    assert ran.err.endswith(", 2 rows of unknown points left out\n")
    assert ran.out == tocsin("replay", clean, "--site", made.site).out, "they move no clock either"


def test_a_journal_gives_the_events_of_the_alarm_book(made: Made, tmp_path: Path) -> None:
    ran = tocsin("replay", "--journal", made.data)
    assert ran.code == 0
    assert made.alarm in {e["alarm"] for e in lines(ran.out)}
    assert ran.err.startswith(f"2 readings, {len(lines(ran.out))} events in ")
    assert tocsin("export", "events", "--data", made.data, "--out", tmp_path / "events.jsonl").code == 0
    exported = (tmp_path / "events.jsonl").read_text().splitlines()
    assert sorted(exported) == sorted(ran.out.splitlines())


def test_an_exported_journal_replays_to_the_same_alarms(made: Made, tmp_path: Path) -> None:
    feed = tmp_path / "readings.csv"
    assert tocsin("export", "readings", "--data", made.data, "--out", feed).code == 0
    assert feed.read_text().splitlines()[0] == "point,measured_at,value,quality,received_at"
    sparks = [e for e in lines(tocsin("replay", feed, "--site", made.site).out) if e["rule"] == "dust-spark"]
    assert [(e["event"], e["alarm"], e["at"]) for e in sparks] == [("raised", made.alarm, START_MS + 2000)]
