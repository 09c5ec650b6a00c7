"""`[database]`: where the alarm book is."""

from pathlib import Path

import pytest

from plant.mistakes import InputError
from tocsin.database import PostgresAddress
from tocsin.settings import read_settings

GOOD = 'site = "site"\n[database]\nurl = "postgresql://db.example/tocsin"\n'


def read(folder: Path, text: str) -> PostgresAddress | Path:
    path = folder / "tocsin.toml"
    path.write_text(text, encoding="utf-8")
    return read_settings(path, {}).book


def test_a_file_of_the_data_folder_or_the_database(tmp_path: Path) -> None:
    assert read(tmp_path, 'site = "site"\n') == tmp_path / "data" / "book.sqlite"
    assert read(tmp_path, GOOD) == PostgresAddress("db.example", 5432, "tocsin", "tocsin")
    whole = GOOD.replace("example/", "example:6000/")
    whole += (
        'user = "wang"\npassword_file = "pw"\ntls = true\nca_file = "ca.pem"\ncert_file = "c.pem"\nkey_file = "k.pem"\n'
    )
    files = [tmp_path / name for name in ("ca.pem", "c.pem", "k.pem")]
    assert read(tmp_path, whole) == PostgresAddress("db.example", 6000, "tocsin", "wang", tmp_path / "pw", True, *files)
    assert str(read(tmp_path, whole)) == "postgresql://db.example:6000/tocsin"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('url = "mysql://h/tocsin"', "is no database's address"),
        ('url = "postgresql://h"', "is no database's address"),
        ('url = "postgresql://h/a/b"', "is no database's address"),
        ('url = "postgresql://h/tocsin?sslmode=disable"', "is no database's address"),
        ('url = "postgresql://me:secret@h/tocsin"', "allowed are user and password_file"),
        ('url = "postgresql://h/tocsin"\nca_file = "ca.pem"', "are for tls = true"),
        ('url = "postgresql://h/tocsin"\ntls = true\ncert_file = "c.pem"', "go together"),
        ('url = "postgresql://h/tocsin"\nsslmode = "disable"', "unknown key"),
    ],
)
def test_what_is_wrong_is_said_without_what_was_given(tmp_path: Path, line: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        read(tmp_path, f'site = "site"\n[database]\n{line}\n')
    assert "secret" not in str(caught.value)
