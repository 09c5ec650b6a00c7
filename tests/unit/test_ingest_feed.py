# ruff: noqa: E501 - a table of mistakes reads best with one to a line
"""Reading a feed: what each form of cell becomes, and what is said of a wrong one."""

import gzip
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from ingest.feed import Feed, count_entries, entries_of_feed, feed_of_batch, read_feed, write_feed
from plant.batch import Batch
from plant.entries import Readings, Tick
from plant.mistakes import InputError
from plant.quality import NO_TIME_MS, RETAINED, UNREADABLE_TIME_MS, Quality
from plant.registry import PointRegistry

T = 1_732_190_000_000
REGISTRY = PointRegistry(["A", "B", "C-1_x.y"])

Row = tuple[str, int | None, float | None, int, int | None]


def read(directory: Path, text: str | bytes, skip_unknown: bool = False, name: str = "feed.csv") -> Feed:
    path = directory / name
    data = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return read_feed(path, REGISTRY, skip_unknown)


def rows_of(feed: Feed) -> list[Row]:
    received = [None] * len(feed) if feed.received_at_ms is None else feed.received_at_ms.tolist()
    return [
        (REGISTRY.id_of(p), None if m == NO_TIME_MS else m, None if np.isnan(v) else v, q, r)
        for p, m, v, q, r in zip(
            feed.point.tolist(),
            feed.measured_at_ms.tolist(),
            feed.value.tolist(),
            feed.quality.tolist(),
            received,
            strict=True,
        )
    ]


def mistakes(directory: Path, text: str | bytes, name: str = "feed.csv") -> list[str]:
    with pytest.raises(InputError) as caught:
        read(directory, text, name=name)
    return [str(mistake).removeprefix(f"{directory}/") for mistake in caught.value.mistakes]


@pytest.mark.parametrize("name", ["feed.csv", "feed.csv.gz"])
def test_rows_are_sorted_by_time_and_stay_in_order_within_it(tmp_path: Path, name: str) -> None:
    feed = read(tmp_path, f"point,measured_at,value\nA,{T + 5},1\nB,{T},2\nA,{T},3\nB,{T + 5},4\n", name=name)
    assert rows_of(feed) == [
        ("B", T, 2.0, 0, None),
        ("A", T, 3.0, 0, None),
        ("A", T + 5, 1.0, 0, None),
        ("B", T + 5, 4.0, 0, None),
    ]


@pytest.mark.parametrize(
    ("cell", "ms"),
    [
        (f"{T}", T),
        (f"{T}.9", T),
        (f" {T} ", T),
        ("1420070400000", 1_420_070_400_000),
        ("4102444800000", 4_102_444_800_000),
        ("2024-11-21T11:53:20Z", T),
        ("2024-11-21t11:53:20z", T),
        ("2024-11-21 11:53:20.0009+00:00", T),
        ("2024-11-21T19:53:20.123999+08:00", T + 123),
        ("2024-11-21T19:53:20.1239999999+08:00", T + 123),
        ("2024-11-21T11:53:20-00:00", T),
    ],
)
def test_times(tmp_path: Path, cell: str, ms: int) -> None:
    assert read(tmp_path, f"point,measured_at,value\nA,{cell},1\n").measured_at_ms.tolist() == [ms]


@pytest.mark.parametrize(
    "cell",
    ["2024-11-21T11:53:20", "2024-11-21", "2024-W47-4T11:53:20Z", "20241121T115320Z", "1_732_190_000_000", "now",
     "１７３２１９００００００００", "1.7e12", "2024-13-21T11:53:20Z", "0x19", "--5"],
)  # fmt: skip
def test_what_is_no_time(tmp_path: Path, cell: str) -> None:
    assert mistakes(tmp_path, f"point,measured_at,value\nA,{T},1\nA,{cell},1\n") == [
        f"feed.csv:3: measured_at: {cell!a} is not a time, allowed are ms since the epoch or RFC 3339 with an offset"
    ]


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1.5", 1.5), ("-1e3", -1000.0), (" 2 ", 2.0), ("", None), ("nan", None), ("-inf", None), ("1e999", None),
     ("abc", None), ("1_0", None), ("１", None), ('"1,5"', None), ("null", None)],
)  # fmt: skip
def test_values_and_bad_readings(tmp_path: Path, cell: str, value: float | None) -> None:
    quality = Quality.GOOD if value is not None else Quality.BAD
    text = f"point,measured_at,value\nA,{T},{cell}\nA,{T},7\n"
    assert rows_of(read(tmp_path, text)) == [("A", T, value, quality, None), ("A", T, 7.0, 0, None)]


def test_qualities(tmp_path: Path) -> None:
    text = f"point,measured_at,value,quality\nA,{T},1,good\nA,{T},2,\nA,{T},3,uncertain\nA,{T},4,bad\nA,{T},,good\n"
    assert read(tmp_path, text).quality.tolist() == [0, 0, 1, 2, 2]
    assert mistakes(tmp_path, text + f"A,{T},1,GOOD\n") == [
        "feed.csv:7: quality: 'GOOD' is unknown, allowed are good, uncertain, bad"
    ]


def test_received_feeds_take_any_time_of_the_device(tmp_path: Path) -> None:
    cells = ["", "0", "-5", "1" + "0" * 30, "-1" + "0" * 30, f"{T}", "1969-12-31T23:59:59.9995Z"]
    lines = "".join(f"A,{cell},1,,{T + 9 - i}\n" for i, cell in enumerate(cells))
    feed = read(tmp_path, "point,measured_at,value,quality,received_at\n" + lines)
    expected = [NO_TIME_MS, 0, -5, 2**63 - 1, UNREADABLE_TIME_MS + 1, T, -1]
    assert feed.measured_at_ms.tolist() == expected[::-1]


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    feed = read(tmp_path, f"\ufeffreceived_at,value,point,measured_at\r\n{T + 1},5,C-1_x.y,\r\n")
    assert rows_of(feed) == [("C-1_x.y", None, 5.0, 0, T + 1)]


PLAIN = f"point,measured_at,value\nA,{T},1\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", ["feed.csv:1: is empty, needed is a header such as point,measured_at,value"]),
        ("point,value\n", ["feed.csv:1: measured_at: this column is missing, needed are point, measured_at, value"]),
        (
            "point,measured_at,value,v\n",
            ["feed.csv:1: unknown column 'v', allowed are point, measured_at, value, quality, received_at"],
        ),
        ("point,measured_at,value,value\n", ["feed.csv:1: value: this column stands twice in the header"]),
        (PLAIN.replace("\n", "\r"), ["feed.csv:1: lines end with a lone CR, allowed are LF or CRLF"]),
        (PLAIN.encode("utf-16"), ["feed.csv:1: is not UTF-8 text, save it as CSV in UTF-8"]),
        (PLAIN + f"Z,{T},1\n", ["feed.csv:3: point: 'Z' is not a point of the site, allowed are the ids of points.csv"]),
        (PLAIN + f",{T},1\n", ["feed.csv:3: point: is empty, allowed are the ids of points.csv"]),
        (PLAIN + "A,,1\n", ["feed.csv:3: measured_at: is empty, needed without a column received_at"]),
        (
            PLAIN + "A,1420070399999,1\nA,4102444800001,1\n",
            [
                "feed.csv:3: measured_at: 1420070399999 is not plausible, allowed are times between 2015-01-01 and 2100-01-01",
                "feed.csv:4: measured_at: 4102444800001 is not plausible, allowed are times between 2015-01-01 and 2100-01-01",
            ],
        ),
        (PLAIN + f"A,{T}\nA,{T},1,2\n", ["feed.csv:3: the row has 2 cells, the header has 3", "feed.csv:4: the row has 4 cells, the header has 3"]),
        (PLAIN + f'\n\n"A",{T},"1\n2"\nZ,{T},1\n', ["feed.csv:7: point: 'Z' is not a point of the site, allowed are the ids of points.csv"]),
        (PLAIN + f'"A"x,{T},1\nZ,{T},1\n', ["feed.csv:3: can't be read as CSV: ',' expected after '\"'; is a quote not closed?", "feed.csv:4: point: 'Z' is not a point of the site, allowed are the ids of points.csv"]),
        (
            f"point,measured_at,value,received_at\nA,{T},1,{T}\nA,{T},1,\nA,{T},1,5\nA,{T},1,soon\n",
            [
                "feed.csv:3: received_at: is empty, needed in every row",
                "feed.csv:4: received_at: 5 is not plausible, allowed are times between 2015-01-01 and 2100-01-01",
                "feed.csv:5: received_at: 'soon' is not a time, allowed are ms since the epoch or RFC 3339 with an offset",
            ],
        ),
    ],
)  # fmt: skip
def test_mistakes(tmp_path: Path, text: str | bytes, expected: list[str]) -> None:
    assert mistakes(tmp_path, text) == expected


def test_bytes_that_are_no_text_spoil_only_their_row(tmp_path: Path) -> None:
    text = PLAIN.encode() + b"\xff\xfe,%d,1\nA,%d,\xe9\n" % (T, T)
    assert len(mistakes(tmp_path, text)) == 1
    assert rows_of(read(tmp_path, text, skip_unknown=True))[1] == ("A", T, None, Quality.BAD, None)


def test_a_thousand_mistakes_are_shown_and_the_others_counted(tmp_path: Path) -> None:
    found = mistakes(tmp_path, "point,measured_at,value\n" + f"Z,{T},1\n" * 2500)
    assert len(found) == 1001
    assert found[999].startswith("feed.csv:1001: point: 'Z'")
    assert found[1000] == "feed.csv:2501: and 1500 more mistakes up to here"


def test_unknown_points_can_be_left_out_of_everything(tmp_path: Path) -> None:
    text = f"point,measured_at,value\nZ,1,x\nA,{T},1\nZ,{T + 86_400_000},1\n"
    feed = read(tmp_path, text, skip_unknown=True)
    assert (rows_of(feed), feed.skipped) == ([("A", T, 1.0, 0, None)], 2)
    assert count_entries(feed) == 1


def test_a_header_alone_is_a_feed_without_entries(tmp_path: Path) -> None:
    feed = read(tmp_path, "point,measured_at,value\n")
    assert (len(feed), list(entries_of_feed(feed)), count_entries(feed)) == (0, [], 0)


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_feed(path, REGISTRY)
    return str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "no.csv")
    assert "can't be read" in refusal(tmp_path)
    packed = tmp_path / "feed.csv.gz"
    packed.write_bytes(PLAIN.encode())
    assert "can't be unpacked" in refusal(packed)
    body = "".join(f"A,{T + i * i % 7919},{i * i % 7907}\n" for i in range(20_000))
    whole = gzip.compress(("point,measured_at,value\n" + body).encode())
    packed.write_bytes(whole[: len(whole) // 2])
    assert "can't be read further" in refusal(packed)


def test_a_pipe_is_a_feed_too() -> None:
    reader, writer = os.pipe()
    os.write(writer, PLAIN.encode())
    os.close(writer)
    assert rows_of(read_feed(Path(f"/dev/fd/{reader}"), REGISTRY)) == [("A", T, 1.0, 0, None)]
    os.close(reader)


def test_progress_ends_at_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    path.write_text("point,measured_at,value\n" + f"A,{T},1\n" * 200_000)
    told: list[tuple[int, int]] = []
    read_feed(path, REGISTRY, progress=lambda done, total: told.append((done, total)))
    assert len(told) > 1
    assert told == sorted(told)
    assert told[-1] == (path.stat().st_size, path.stat().st_size)


def test_ticks_stand_at_every_whole_second_between_batches(tmp_path: Path) -> None:
    feed = read(
        tmp_path,
        f"point,measured_at,value,received_at\nA,,1,{T + 500}\nA,,2,{T + 500}\nA,,3,{T + 3000}\nA,,4,{T + 3001}\n",
    )
    entries = list(entries_of_feed(feed))
    assert [(type(e), e.received_at_ms - T) for e in entries] == [
        (Readings, 500),
        (Tick, 1000),
        (Tick, 2000),
        (Readings, 3000),
        (Readings, 3001),
    ]
    assert [e.batch.value.tolist() for e in entries if isinstance(e, Readings)] == [[1.0, 2.0], [3.0], [4.0]]


def test_a_bare_feed_is_taken_in_at_the_end_of_each_second(tmp_path: Path) -> None:
    feed = read(tmp_path, f"point,measured_at,value\nA,{T},1\nA,{T + 999},2\nB,{T + 3000},3\n")
    assert [(type(e), e.received_at_ms - T) for e in entries_of_feed(feed)] == [
        (Readings, 1000),
        (Tick, 2000),
        (Tick, 3000),
        (Readings, 4000),
    ]


def test_years_of_silence_take_no_memory(tmp_path: Path) -> None:
    feed = read(tmp_path, "point,measured_at,value\nA,2016-01-01T00:00:00Z,1\nA,2099-01-01T00:00:00Z,2\n")
    entries = entries_of_feed(feed)
    assert isinstance(next(entries), Readings)
    assert next(entries) == Tick(1_451_606_402_000)
    assert count_entries(feed) == (4_070_908_800 - 1_451_606_400) + 1


def test_a_logged_batch_as_a_feed(tmp_path: Path) -> None:
    batch = Batch.of([(0, T, 1.0, 0), (1, None, None, 0), (1, UNREADABLE_TIME_MS, 2.0, 1), (2, T, 3.0, RETAINED)])
    feed = feed_of_batch(T + 7, batch)
    assert rows_of(feed) == [("A", T, 1.0, 0, T + 7), ("B", None, None, 2, T + 7), ("B", 0, 2.0, 1, T + 7)]


def test_what_cannot_be_written_as_a_feed(tmp_path: Path) -> None:
    bare = read(tmp_path, PLAIN)
    received = feed_of_batch(T, Batch.of([(0, None, 1.0, 0)]))
    with pytest.raises(ValueError, match="one part of the feed has received_at"):
        write_feed(tmp_path / "x.csv", [bare, received], REGISTRY)
    timeless = Feed(received.point, received.measured_at_ms, received.value, received.quality)
    with pytest.raises(ValueError, match="a reading without a time"):
        write_feed(tmp_path / "x.csv", [timeless], REGISTRY)


def test_parquet_without_pyarrow_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "feed.parquet").write_bytes(b"PAR1")
    assert "tocsin[parquet]" in refusal(tmp_path / "feed.parquet")
