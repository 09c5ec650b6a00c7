"""docs/reference/kafka-topics.md says what is true: topics, and how a record is read."""

import re
from pathlib import Path

import msgspec
import numpy
from support.entries import T0_MS, readings

from tocsin.kafka.records import NAME_OF, encode
from tocsin.kafka.topics import specs
from tocsin.settings.kafka import KafkaSettings

PAGE = (Path(__file__).parents[2] / "docs/reference/kafka-topics.md").read_text(encoding="utf-8")


def test_a_record_is_read_by_the_lines_of_the_page() -> None:
    entry = readings(T0_MS, n=7)
    [lines] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(lines.splitlines()) == 3
    names = {"msgspec": msgspec, "numpy": numpy, "value": encode(entry)}
    exec(lines, names)
    found = names["readings"]
    assert isinstance(found, dict)
    for name in ("point", "measured_at_ms", "value"):
        assert numpy.array_equal(found[name], getattr(entry.batch, name))


def test_every_topic_and_entry_is_told() -> None:
    settings = KafkaSettings.model_validate({"bootstrap": "127.0.0.1:1", "partitions": 5})
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (n \+ 1|n|1) \|", PAGE, re.MULTILINE))
    counts = {"n": 5, "n + 1": 6, "1": 1}
    assert {f"tocsin.{name}": counts[n] for name, n in rows.items()} == {s.name: s.partitions for s in specs(settings)}
    for name in NAME_OF.values():
        assert f"`{name}`" in PAGE


def test_the_size_of_a_record_is_told() -> None:
    for n in (1, 100, 2000):
        entry = readings(T0_MS, n=n)
        doubted = int(entry.batch.quality.any())
        assert len(encode(entry)) - n * (20 + doubted) < 110
