"""The history of inherent grades: what is written down, that it survives, and that it is bounded."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from alerts.risk import SITE, Inherent, Node
from tocsin.risk.history import InherentHistory, read_history

UNIT = Node("unit", "U1")


def grades(colour: str, *because: str) -> dict[Node, Inherent]:
    return {SITE: Inherent("red", "U9", ("level 1",)), UNIT: Inherent(colour, "U1", because)}


def colours(path: Path, node: Node = UNIT) -> list[tuple[int, str, str]]:
    return [(change.at, change.before, change.colour) for change in read_history(path) if change.node == node]


def noted(path: Path, given: Iterable[tuple[int, str]], most: int = 100) -> InherentHistory:
    history = InherentHistory(path, most)
    for at, colour in given:
        history.note(at, grades(colour, f"{at} people at P1"))
    return history


def test_only_another_colour_is_a_change(tmp_path: Path) -> None:
    path = tmp_path / "inherent.jsonl"
    history = noted(path, [(1, "blue"), (2, "blue"), (3, "yellow"), (4, "yellow"), (5, "blue")])
    assert colours(path) == [(1, "", "blue"), (3, "blue", "yellow"), (5, "yellow", "blue")]
    assert colours(path, SITE) == [(1, "", "red")]
    assert history.note(6, {UNIT: Inherent("blue", "U2", ())}) == 1, "of another unit: that is one"
    assert history.note(7, {UNIT: Inherent("blue", "U2", ())}) == 0


def test_a_restart_doubles_nothing(tmp_path: Path) -> None:
    path = tmp_path / "inherent.jsonl"
    noted(path, [(1, "blue"), (2, "red")])
    before = path.read_bytes()
    noted(path, [(3, "red")])
    assert path.read_bytes() == before
    noted(path, [(4, "orange")])
    assert colours(path)[-1] == (4, "red", "orange")


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_line_cut_short_loses_no_other(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "inherent.jsonl"
    noted(path, [(1, "blue"), (2, "red")])
    path.write_bytes(path.read_bytes()[:-cut])
    noted(path, [(3, "yellow")])
    last = colours(path)[-1]
    assert last[::2] == (3, "yellow")
    assert colours(path)[0] == (1, "", "blue")
    assert path.read_bytes().endswith(b"\n")
    assert all(line.startswith(b"{") and line.endswith(b"}") for line in path.read_bytes().splitlines())


def test_it_is_bounded_and_keeps_the_last_of_each_place(tmp_path: Path) -> None:
    path = tmp_path / "inherent.jsonl"
    given = [(at, ("blue", "red")[at % 2]) for at in range(1, 200)]
    noted(path, given, most=20)
    assert len(path.read_bytes().splitlines()) <= 22
    assert colours(path, SITE) == [(1, "", "red")]
    assert colours(path)[-1] == (199, "blue", "red")
    assert [change[0] for change in colours(path)] == sorted(change[0] for change in colours(path))


def test_what_could_not_be_written_is_written_later(tmp_path: Path) -> None:
    history = InherentHistory(tmp_path / "away" / "inherent.jsonl")
    with pytest.raises(FileNotFoundError):
        history.note(1, grades("blue"))
    (tmp_path / "away").mkdir()
    assert history.note(2, grades("blue")) == 2
    assert colours(tmp_path / "away" / "inherent.jsonl") == [(2, "", "blue")]


def test_without_a_file_there_is_no_history(tmp_path: Path) -> None:
    assert list(read_history(tmp_path / "nowhere")) == []
