"""Mapping files: what they may say, what is wrong with them; the quick ways say what the patient one says."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from support.wire_examples import Sample, rows_of

from ingest.codecs.mapping import MappingCodec, mapping_schema, read_mapping
from ingest.codecs.mapping.paths import MISSING, JsonPath
from ingest.codecs.mapping.schema import Mapping
from ingest.codecs.port import Parsed, PayloadError
from ingest.reason import Reason
from plant.mistakes import InputError
from plant.quality import NO_TIME_MS, UNREADABLE_TIME_MS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "wire-forms.md"


def codec(**said: Any) -> MappingCodec:
    return MappingCodec(Mapping.model_validate(said))


def parsed(message: Any, **said: Any) -> Parsed:
    return codec(**said).parse("t", json.dumps(message).encode(), 0)


def rows(message: Any, **said: Any) -> list[Sample]:
    return rows_of(parsed(message, **said))


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a", 1),
        ("b.c[1]", 3),
        ('["odd name"].x', 4),
        ("$.top", 5),
        ("@", {"a": 1, "b": {"c": [2, 3]}, "odd name": {"x": 4}}),
        ("b.c[2]", MISSING),
        ("a.b", MISSING),
        ("b[0]", MISSING),
        ("none", MISSING),
    ],
)
def test_paths(path: str, found: Any) -> None:
    assert JsonPath(path).get({"a": 1, "b": {"c": [2, 3]}, "odd name": {"x": 4}}, {"top": 5}) == found


@pytest.mark.parametrize("path", ["a[*]", "a[", "a]", "a..b", "a[-1]", "a[?x]", "..a", 'a["b', "a b[*]", "[x]"])
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(ValueError, match="is no path"):
        JsonPath(path)


@pytest.mark.parametrize(
    ("format_", "zone", "written", "time_ms"),
    [
        ("ms", None, 1732190000123, 1732190000123),
        ("ms", None, "1732190000123", 1732190000123),
        ("s", None, 1732190000, 1732190000000),
        ("s", None, 1732190000.5, 1732190000500),
        ("us", None, 1732190000123456, 1732190000123),
        ("ns", None, 1732190000123456789, 1732190000123),
        ("rfc3339", None, "2024-11-21T19:53:20.123+08:00", 1732190000123),
        ("%Y%m%d%H%M%S", "Asia/Shanghai", "20241121195320", 1732190000000),
        ("%Y%m%d%H%M%S", "Asia/Shanghai", 20241121195320, 1732190000000),
        ("%d/%m/%Y %H:%M:%S.%f", "UTC", "21/11/2024 11:53:20.5", 1732190000500),
        ("%Y-%m-%dT%H:%M:%S%z", None, "2024-11-21T11:53:20+0000", 1732190000000),
        ("ms", None, None, NO_TIME_MS),
        ("rfc3339", None, None, NO_TIME_MS),
        ("ms", None, "soon", UNREADABLE_TIME_MS),
        ("ms", None, True, UNREADABLE_TIME_MS),
        ("s", None, [1], UNREADABLE_TIME_MS),
        ("s", None, 1e300, UNREADABLE_TIME_MS),
        ("rfc3339", None, 5, UNREADABLE_TIME_MS),
        ("rfc3339", None, "2024-11-21T11:53:20", UNREADABLE_TIME_MS),
        ("%Y%m%d%H%M%S", "UTC", "2024", UNREADABLE_TIME_MS),
        ("%Y%m%d%H%M%S", "UTC", {}, UNREADABLE_TIME_MS),
    ],
)
def test_times(format_: str, zone: str | None, written: Any, time_ms: int) -> None:
    time = {"path": "t", "format": format_} | ({"timezone": zone} if zone else {})
    for message in ({"t": written, "v": 1}, [{"t": written, "v": 1}]):
        (found,) = rows(message, time=time, values=[{"key": "k", "path": "v"}])
        assert found == Sample("", "k", time_ms, 1.0)


def test_quality_units_scale_words_and_numbers_as_text() -> None:
    said = {
        "quality": {"path": "q", "map": {"0": "good", "true": "uncertain", "fault": "bad"}, "otherwise": "bad"},
        "values": [
            {"key": "t", "path": "t", "unit": "℃", "scale": 0.1, "offset": -40},
            {"key": "door", "path": "d"},
            {"key": "n", "path": "n", "unit_path": "u"},
        ],
        "words": {"open": 1, "shut": 0},
        "numbers_as_text": True,
    }
    assert rows({"q": 0, "t": 615, "d": "open", "n": "7.5", "u": "kPa"}, **said) == [
        Sample("", "t", NO_TIME_MS, 21.5, 0, "℃"),
        Sample("", "door", NO_TIME_MS, 1.0),
        Sample("", "n", NO_TIME_MS, 7.5, 0, "kPa"),
    ]
    grades = [row.quality for q in (True, "fault", 7, [], None) for row in rows({"q": q, "n": 1}, **said)]
    assert grades == [1, 2, 2, 2, 2]
    assert [row.quality for row in rows({"n": 1}, **said)] == [0]
    assert parsed({"d": "ajar", "n": "x"}, **said).faults == [(Reason.WRONG_TYPE, "door"), (Reason.WRONG_TYPE, "n")]
    said.pop("numbers_as_text")
    assert parsed({"n": "1"}, **said).faults == [(Reason.NUMBER_AS_STRING, "n")]


def test_a_record_without_a_device_or_key_is_set_aside_and_the_others_are_kept() -> None:
    said = {"records": "r", "device": "sn", "values": [{"key_path": "k", "path": "v"}]}
    records = [{"sn": 7, "k": "a", "v": 1}, {"k": "a", "v": 2}, 5, {"sn": "x", "v": 3}, {"sn": "y"}]
    found = parsed({"r": records}, **said)
    assert rows_of(found) == [Sample("7", "a", NO_TIME_MS, 1.0)]
    assert found.faults == [(Reason.WRONG_SHAPE, "device"), (Reason.WRONG_SHAPE, "int"), (Reason.WRONG_SHAPE, "key")]
    assert parsed({"r": []}, **said).faults == [(Reason.NO_SAMPLE, "")]
    with pytest.raises(PayloadError):
        codec(**said).parse("t", b"{", 0)


MAPPINGS = [
    {"records": "d[*]", "device": "$.sn", "time": {"path": "t"}, "values": [{"key_path": "k", "path": "v"}]},
    {"records": "d", "time": {"path": "$.t"}, "values": [{"key_path": "k", "path": "x.v"}]},
    {"device": "sn", "time": {"path": "t"}, "values": [{"members": "m"}]},
    {"time": {"path": "t"}, "values": [{"key": "a", "path": "m.a"}, {"key": "b", "path": "v", "unit": "ppm"}]},
]
whole = st.integers(-(2**70), 2**70)
numbers = st.one_of(st.none(), st.floats(-1e9, 1e9), whole, st.booleans(), st.sampled_from(["x", ""]))
times = st.one_of(st.integers(0, 2**65), st.none(), st.just("late"), st.floats(0, 1e12))
rows_ = st.fixed_dictionaries(
    {},
    optional={
        "k": st.sampled_from(["a", "b", 5]),
        "v": numbers,
        "t": times,
        "x": st.fixed_dictionaries({"v": numbers}),
    },
)
messages = st.fixed_dictionaries(
    {},
    optional={
        "sn": st.sampled_from(["s", 7, None]),
        "t": times,
        "v": numbers,
        "d": st.lists(rows_, max_size=4),
        "m": st.dictionaries(st.sampled_from(["a", "b"]), numbers),
    },
)


@pytest.mark.parametrize("said", MAPPINGS, ids=lambda m: str(m["values"]))
@given(message=messages)
@settings(max_examples=150, deadline=None)
def test_the_quick_ways_say_what_the_patient_one_says(said: dict[str, Any], message: dict[str, Any]) -> None:
    payload = json.dumps(message).encode()
    quick = codec(**said)
    patient = codec(**said)
    patient._read_rows = patient._quick = None
    assert rows_of(quick.parse("t", payload, 0)) == rows_of(patient.parse("t", payload, 0))


def mistakes(folder: Path, text: str) -> list[str]:
    path = folder / "m.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_mapping(path)
    return [str(mistake).removeprefix(f"{folder}/") for mistake in caught.value.mistakes]


def test_every_mistake_of_a_file_is_told_with_its_line(tmp_path: Path) -> None:
    text = """\
records: a[?x]
devices: b
time:
  path: t
  format: minutes
values:
  - {key: a}
  - key: b
    path: c
    unit: furlong
"""
    said = mistakes(tmp_path, text)
    assert [line.split(" ")[0] for line in said] == ["m.yaml:1:", "m.yaml:2:", "m.yaml:3:", "m.yaml:7:", "m.yaml:10:"]
    assert "m.yaml:2: devices: unknown key" in said
    assert any("allowed are ms, s, us, ns, rfc3339 or a pattern" in line for line in said)
    assert mistakes(tmp_path, "values: [\n")[0].startswith("m.yaml:2: is not YAML")
    assert mistakes(tmp_path, "") != []
    with pytest.raises(InputError, match=r"none.yaml:1: can't be read"):
        read_mapping(tmp_path / "none.yaml")


def test_the_example_on_the_page_fits_the_schema_and_reads_the_message_on_the_page(tmp_path: Path) -> None:
    part = PAGE.read_text(encoding="utf-8").split("## Mapping")[1]
    example = part.split("```yaml\n")[1].split("```")[0]
    message = part.split("```json\n")[1].split("```")[0]
    jsonschema.validate(yaml.safe_load(example), mapping_schema())
    path = tmp_path / "m.yaml"
    path.write_text(example, encoding="utf-8")
    found = read_mapping(path).parse("t", message.encode(), 0)
    assert found.faults == []
    assert len(rows_of(found)) == 2
