"""What the book owes people under a configuration, before and after a restart."""

from pathlib import Path

import pytest
from support.alarm_steps import T0, engine_event
from support.books import Books
from support.site_builder import build_site, point_ids

from alerts.ground import Ground
from tocsin.book import AlarmBook
from tocsin.book.times import EntryTimes
from tocsin.configuration import read_configuration

RULES = """
rules:
  - id: gas
    applies_to: {kind: gas.combustible}
    condition: {limit: {h: 25, hh: 50}}
    never_suppress: [hh]
"""
ROUTES = """
routes:
  - id: all
    match: {severity: [red, orange]}
    ladder: [{to: [{contact: duty}]}]
"""
POINT = point_ids(10)[0]


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    folder = build_site(tmp_path / "site", 10, rules={"own.yaml": RULES})
    (folder / "routes.yaml").write_text(ROUTES, encoding="utf-8")
    contacts = "contact,name,role,phone,channels,quiet\nduty,Duty,duty,,notices,00:00-23:59\n"
    (folder / "contacts.csv").write_text(contacts, encoding="utf-8")
    return read_configuration(folder).ground()


def owed(book: AlarmBook) -> list[tuple[object, ...]]:
    return book.connection.execute("SELECT contact, channel, urgent, named FROM outbox ORDER BY seq").fetchall()


@pytest.mark.parametrize("restarted", [False, True])
def test_what_must_not_be_hidden_is_named_also_after_a_restart(books: Books, ground: Ground, restarted: bool) -> None:
    book = AlarmBook.open_for_writing(books.place())
    book.commit(1, [], ground, T0 - 10, EntryTimes(0, [T0 - 10]))
    if restarted:
        book.close()
        book = AlarmBook.open_for_writing(books.place())
    events = [
        engine_event("raised", T0, "hh", rule="gas", subject=POINT, enterprise="E0001", severity="red"),
        engine_event("raised", T0, "h", rule="gas", subject=point_ids(10)[1], enterprise="E0002", severity="orange"),
    ]
    book.commit(2, [(1, event) for event in events], ground, T0, EntryTimes(1, [T0]))
    assert owed(book) == [("duty", "notices", 1, 1), ("duty", "notices", 0, 0)]
