"""Whatever stands in a site folder, it is read or it is refused with a place; nothing else comes out."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from support.site_builder import build_site

from plant.mistakes import InputError, Mistake
from plant.site import Site
from plant.site_reader import read_site

FILES = ("site.yaml", "regions.csv", "enterprises.csv", "units.csv", "points.csv", "contacts.csv")
NASTY = (
    b"",
    b",",
    b'"',
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"nan",
    b"-1",
    b"[",
    b"*a",
    b"&a",
    b"!!",
    b"E0001",
    b"\xe7\x82\xb9",
    b"1e9",
)


def outcome(directory: Path) -> tuple[Site | None, list[Mistake]]:
    try:
        return read_site(directory)
    except InputError as error:
        return None, error.mistakes


def check(directory: Path) -> None:
    site, mistakes = outcome(directory)
    assert (site is None) == any(mistake.level == "error" for mistake in mistakes)
    assert all(mistake.line >= 1 and mistake.message for mistake in mistakes)
    assert all(str(mistake).isprintable() for mistake in mistakes)
    if site is not None:
        assert all(point.unit in site.units for point in site.points.values())
        assert all(unit.enterprise in site.enterprises for unit in site.units.values())


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(FILES), content=st.binary(max_size=200))
def test_any_bytes_in_any_file(name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        directory = build_site(Path(folder), 3, 2)
        (directory / name).write_bytes(content)
        check(directory)


@settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from(("site.yaml", "enterprises.csv", "units.csv", "points.csv")),
    place=st.floats(0, 1),
    length=st.integers(0, 12),
    nasty=st.sampled_from(NASTY),
)
def test_a_good_file_with_a_piece_replaced(name: str, place: float, length: int, nasty: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        directory = build_site(Path(folder), 3, 2)
        good = (directory / name).read_bytes()
        start = int(place * len(good))
        (directory / name).write_bytes(good[:start] + nasty + good[start + length :])
        check(directory)
