"""YAML keeps the line of everything in it, and is plain or refused."""

import pytest

from plant.marked_yaml import MarkedYamlError, load_marked


def test_values_and_lines() -> None:
    marked = load_marked("# head\na: 1\nb:\n  - x\n  - c: 2.5\n    d: [true,\n      null]\n")
    assert marked.value == {"a": 1, "b": ["x", {"c": 2.5, "d": [True, None]}]}
    paths = [("a",), ("b",), ("b", 0), ("b", 1), ("b", 1, "c"), ("b", 1, "d"), ("b", 1, "d", 1)]
    assert [marked.line_of(path) for path in paths] == [2, 3, 4, 5, 5, 6, 7]
    assert marked.line_of(("b", 1, "missing")) == 5
    assert marked.line_of(("nothing",)) == 2


def test_an_empty_text_is_none() -> None:
    assert load_marked("# nothing\n").value is None


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "stands twice, first on line 1"),
        ("a: &x 1\nb: *x\n", 2, r"\*x is an alias"),
        ("a: !!python/object:os.system {}\n", 1, "a tag"),
        ("? [1]\n: 2\n", 1, "a key that is not a word"),
        ("1.5: 2\n", 1, "a key that is not a word"),
        ("a: [1\n", 2, "is not YAML"),
        ("a: \x07\n", 1, "is not YAML"),
        ("a: 2025-13-01\n", 1, "put it in quotes"),
        ("a: " + "[" * 60 + "]" * 60, 1, "nested more than 40 levels deep"),
        ("a: " + "9" * 5000, 1, "put it in quotes"),
    ],
)
def test_what_is_refused(text: str, line: int, message: str) -> None:
    with pytest.raises(MarkedYamlError, match=message) as caught:
        load_marked(text)
    assert caught.value.line == line
