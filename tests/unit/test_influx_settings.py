"""Settings, token file and cursor file: clear errors, nothing half written."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from plant.mistakes import InputError
from tocsin.followers.cursor import Cursor, CursorFile
from tocsin.followers.influx import InfluxSettings, read_token

GOOD = {"url": "http://127.0.0.1:8086", "org": "tocsin", "bucket": "readings", "token_file": "secrets/influx"}


def test_the_least_there_must_be() -> None:
    assert InfluxSettings.model_validate(GOOD).token_file == Path("secrets/influx")
    assert InfluxSettings.model_validate({**GOOD, "url": "https://h:1/"}).url == "https://h:1"


@pytest.mark.parametrize(
    "change",
    [
        {"url": "127.0.0.1:8086"},
        {"url": "ftp://h"},
        {"url": "http://me:secret@h:8086"},
        {"org": ""},
        {"batch_lines": 0},
        {"interval_s": 0},
        {"tokenfile": "x"},
    ],
)
def test_what_is_wrong_is_an_error(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        InfluxSettings.model_validate({**GOOD, **change})


def test_a_token_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("abc-DEF_123==\n")
    assert read_token(path) == "abc-DEF_123=="


@pytest.mark.parametrize("content", [b"", b"\n\n", b"two\nlines", b"two words", "密钥".encode(), b"\xff\xfe"])
def test_what_is_no_token_is_an_error_that_names_the_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"token:1: "):
        read_token(path)


def test_a_missing_token_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        read_token(tmp_path / "none")


def test_a_cursor_is_read_as_it_was_saved(tmp_path: Path) -> None:
    file = CursorFile(tmp_path / "c")
    assert file.load() is None
    for cursor in (Cursor(5, 2, "d"), Cursor(6, 2, "d")):
        file.save(cursor)
        assert file.load() == cursor
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


@pytest.mark.parametrize("content", [b"", b"{", b'{"position":"a"}', b'{"position":-1}', b'{"other":1}', b"\xff"])
def test_what_is_no_cursor_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="cursor"):
        CursorFile(path).load()
