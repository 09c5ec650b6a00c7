"""Lines lose no reading and double none, whatever the batch; and no name can break out of its place in a line."""

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from plant.batch import Batch
from plant.entries import Readings
from tocsin.followers.influx.escape import tag, text
from tocsin.followers.influx.lines import PointPrefixes, reading_lines

NOW_MS = 1_732_190_042_469

rows = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.one_of(st.none(), st.integers(NOW_MS - 2, NOW_MS)),
        st.one_of(st.none(), st.sampled_from([0.0, 1.0, -0.0, 1e-5, float("inf")])),
        st.integers(0, 2),
    ),
    max_size=60,
)


def lines_of(entry: Readings) -> list[str]:
    return reading_lines(entry, PointPrefixes(["A", "B", "C", "D"], None))


@given(rows)
def test_every_different_reading_has_a_line_of_its_own_place(
    chosen: list[tuple[int, int | None, float | None, int]],
) -> None:
    entry = Readings(NOW_MS, Batch.of(chosen))
    lines = lines_of(entry)
    batch = entry.batch
    different = {
        (
            int(batch.point[i]),
            NOW_MS if chosen[i][1] is None else chosen[i][1],
            batch.value[i].tobytes(),
            2 if not np.isfinite(batch.value[i]) else int(batch.quality[i]),
        )
        for i in range(len(batch))
    }
    assert len(lines) == len(different)
    places = {(line.split(" ")[0], line.rsplit(" ", 1)[1]) for line in lines}
    assert len(places) == len(lines)
    assert lines == lines_of(entry)


@given(rows)
def test_an_ordinal_never_leaves_its_millisecond(chosen: list[tuple[int, int | None, float | None, int]]) -> None:
    for line in lines_of(Readings(NOW_MS, Batch.of(chosen))):
        assert NOW_MS - 2 <= int(line.rsplit(" ", 1)[1]) // 1_000_000 <= NOW_MS


@given(st.text(max_size=30))
def test_a_tag_value_stays_one_tag_value(value: str) -> None:
    written = tag("k", value)
    if not value:
        assert written == ""
        return
    body = written.removeprefix(",k=")
    assert re.fullmatch(r"(?:[^ ,=\\\x00-\x1f]|\\[ ,=])+", body)
    written.encode()


@given(st.text(max_size=30))
def test_a_text_stays_one_text(value: str) -> None:
    assert re.fullmatch(r'"(?:[^"\\\x00-\x1f]|\\["\\])*"', text(value))
    text(value).encode()
