"""The page on Kafka's records says what is there, and its three lines read a record."""

import re
from pathlib import Path
from typing import Any

import msgspec
from support.entries import one_of_each, readings

from plant.quality import NO_TIME_MS, RETAINED, UNREADABLE_TIME_MS, Quality
from tocsin.kafka.records import NAME_OF, VERSION, encode

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "kafka-records.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_three_lines_of_python_read_a_record() -> None:
    code = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert code is not None
    assert len([line for line in code[1].splitlines() if line and not line.startswith("import")]) == 3
    entry = readings(1_732_190_000_000, 40)
    names: dict[str, Any] = {"value": encode(entry)}
    exec(code[1], names)
    assert names["point"].tolist() == entry.batch.point.tolist()
    assert names["measured_at_ms"].tolist() == entry.batch.measured_at_ms.tolist()
    assert names["number"].tolist() == entry.batch.value.tolist()


def test_the_page_names_every_entry_with_its_fields() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", TEXT.split("### Others")[1].split("## How")[0], re.MULTILINE))
    rows |= dict.fromkeys(re.findall(r"^\| `(tick)` \| \|$", TEXT, re.MULTILINE), "")
    rows.pop("entry")  # the table's head
    assert set(rows) == set(NAME_OF.values())
    for entry in one_of_each():
        form = msgspec.msgpack.decode(encode(entry))
        assert form["v"] == VERSION == 1
        if form["entry"] != "readings":
            named = {name for name in re.findall(r"`(\w+)`", rows[form["entry"]]) if name in form}
            assert named == set(form) - {"v", "entry", "at"}, form["entry"]


def test_the_page_names_the_columns_and_marks() -> None:
    columns = set(re.findall(r"^\| `(\w+)` \| (?:[iuf]\d|text, one|u8, any number) \|", TEXT, re.MULTILINE))
    batch = encode(one_of_each()[2])
    assert columns == set(msgspec.msgpack.decode(batch)) - {"v", "entry", "at"}
    assert (NO_TIME_MS, UNREADABLE_TIME_MS, RETAINED) == (-(2**63), -(2**63) + 1, 128)
    assert [int(quality) for quality in (Quality.GOOD, Quality.UNCERTAIN, Quality.BAD)] == [0, 1, 2]


def test_the_page_is_right_about_sizes() -> None:
    assert len(encode(readings(1_732_190_000_000, 30, source="broker"))) / 30 <= 24
