"""`[answers]` of the settings."""

from pathlib import Path

import pytest

from plant.mistakes import InputError
from tocsin.settings import Settings, read_settings


def read(folder: Path, section: str) -> Settings:
    path = folder / "tocsin.toml"
    path.write_text(f'site = "s"\n[answers]\n{section}\n', encoding="utf-8")
    return read_settings(path, {})


def test_files_stand_beside_the_settings_and_links_come_of_them(tmp_path: Path) -> None:
    (tmp_path / "links").write_text("x" * 32 + "\n")
    answers = read(tmp_path, 'public_url = "https://a.example.org/t"\nsecret_file = "links"').answers
    assert answers is not None
    assert answers.secret_file == tmp_path / "links"
    assert answers.feed_token_file is None
    assert answers.links().link("li", "alarm", "h", 0).startswith("https://a.example.org/t/a/")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('public_url = "a.example.org"', "answers.public_url: is no web address"),
        ('public_url = "https://a/?b=1"', "answers.public_url: has more than host and path"),
        ('public_url = "https://a"\nlisten = "9109"', "answers.listen: '9109' is no host:port"),
        ('public_url = "https://a"\nlink_valid_s = 5', "answers.link_valid_s: "),
    ],
)
def test_mistakes_name_the_key(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(InputError, match=said.replace("[", r"\[")):
        read(tmp_path, f'{line}\nsecret_file = "links"')
