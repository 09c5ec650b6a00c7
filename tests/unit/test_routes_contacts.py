"""Contacts as routes need them: language, quiet hours, and what single channels call them."""

from pathlib import Path

import pytest
from support.site_builder import build_site

from plant.mistakes import InputError
from plant.site import Contact, Site
from plant.site_reader import read_site

HEADER = "contact,name,role,channels,language,quiet,handles\n"


def read(folder: Path, *rows: str) -> Site:
    build_site(folder, 1, 1)
    (folder / "contacts.csv").write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    return read_site(folder)[0]


def test_every_cell_is_read_and_its_line_kept(tmp_path: Path) -> None:
    site = read(tmp_path, "li,李,duty,sms ding,en,22:00-07:00,ding=@li1 siren:2=a/b=c", "wang,,,,,,")
    assert site.contacts["li"] == Contact(
        contact="li",
        name="李",
        role="duty",
        channels=("sms", "ding"),
        language="en",
        quiet="22:00-07:00",
        handles=(("ding", "@li1"), ("siren:2", "a/b=c")),
    )
    assert site.contacts["wang"] == Contact("wang", "wang")
    assert [contact.line for contact in site.contacts.values()] == [2, 3]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("li,,,,fr,,", "language: 'fr' is unknown, allowed are zh, en"),
        ("li,,,,,22-7,", "quiet: '22-7' is not a span of the day, allowed is HH:MM-HH:MM such as 22:00-07:00"),
        ("li,,,,,24:00-07:00,", "quiet: '24:00-07:00' is not a span of the day, allowed is HH:MM-HH:MM such as"),
        ("li,,,,,22:00-22:00,", "quiet: '22:00-22:00' is the whole day, allowed is a part of it"),
        ("li,,,,,00:00-24:00,", "quiet: '00:00-24:00' is the whole day, allowed is a part of it"),
        ("li,,,,,,ding", "handles: 'ding' is no handle, allowed are channel=text, separated by spaces"),
        ("li,,,,,,=x", "handles: '=x' is no handle"),
        ("li,,,,,,a=1 b=2 a=3", "handles: 'a' stands twice, allowed is one handle for each channel"),
    ],
)
def test_what_is_wrong_is_said_at_its_line(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, row)
    (mistake,) = caught.value.mistakes
    assert str(mistake).startswith(f"contacts.csv:2: {said}")


@pytest.mark.parametrize(("phone", "is_one"), [("110", True), ("0477(1) 234-5", True), ("1 -", False), ("12--", False)])
def test_a_phone_has_3_digits_at_least(tmp_path: Path, phone: str, is_one: bool) -> None:
    assert accepts_phone(tmp_path, phone) == is_one


def test_a_phone_has_20_digits_at_most(tmp_path: Path) -> None:
    assert accepts_phone(tmp_path / "a", "+" + 20 * "1")
    assert not accepts_phone(tmp_path / "b", "+" + 21 * "1")


def accepts_phone(folder: Path, phone: str) -> bool:
    build_site(folder, 1, 1)
    (folder / "contacts.csv").write_text(f"contact,name,role,phone\nli,,,{phone}\n", encoding="utf-8")
    try:
        return read_site(folder)[0].contacts["li"].phone == phone
    except InputError:
        return False
