"""The audit trail: a chain that shows whatever is done to it."""

import json
import sqlite3
from collections.abc import Callable
from hashlib import sha256

import pytest
from msgspec.structs import replace
from support.entries import T0_MS

from alerts.audit import Audit, AuditEntry, chain, entry_of, verify
from plant.entries import Act, Configuration, DisposalAction, NoticeAction, OperatorAction, OverrideAction, OwnCondition
from tocsin.book.audit import AUDIT_TABLES, append, entries, entry_at, last_entry, newest_entries, take_over_audit

ENTRIES: list[Act | Configuration] = [
    Configuration(T0_MS, "site", "ab" * 32, who="li", why="begin"),
    OperatorAction(T0_MS + 1, "acknowledge", "yvfmenxky254frwd", "王芳", comment="看过"),
    OverrideAction(T0_MS + 2, "set", "ov-1", "wang", subject="P1", why="换探头", until_ms=T0_MS + 60_000),
    DisposalAction(T0_MS + 3, "assign", "yvfmenxky254frwd", "wang", {"to": "zhao", "due": "1"}),
    NoticeAction(T0_MS + 4, "approve", "some.call", "wang"),
    OwnCondition(T0_MS + 5, "tocsin.self-test", "tocsin", True, "red", "nothing came through"),
    OperatorAction(T0_MS + 6, "acknowledge", "yvfmenxky254frwd", "li"),
]
AUDITS = [Audit(10 * i, entry, "already acknowledged" if i == 6 else "") for i, entry in enumerate(ENTRIES)]


@pytest.fixture
def db() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in AUDIT_TABLES:
        connection.execute(statement)
    return connection


def test_every_entry_is_told_with_who_what_and_about() -> None:
    trail = chain(None, AUDITS)
    assert verify(trail) is None
    assert [(e.seq, e.who, e.what) for e in trail] == [
        (1, "li", "configuration.site"),
        (2, "王芳", "operator.acknowledge"),
        (3, "wang", "override.set"),
        (4, "wang", "disposal.assign"),
        (5, "wang", "notice.approve"),
        (6, "tocsin", "own.on"),
        (7, "li", "operator.acknowledge"),
    ]
    assert trail[1].about == trail[3].about == "yvfmenxky254frwd"
    assert trail[6].refused == "already acknowledged"
    assert [entry_of(e) for e in trail] == ENTRIES
    assert trail[3].form.startswith('{"action":"assign","alarm":"yvfmenxky254frwd","by":"wang","fields":{"due":"1"')


def test_the_hashes_are_what_they_were() -> None:
    """A chain that was exported years ago must still verify."""
    trail = chain(None, AUDITS)
    assert trail[0].previous == "c4039f6d3cc69f1e69690853db791809af5bdb4ebcde4ae721111d5c51105884"
    assert trail[-1].hash == "54cd124f0892c05a8ed9daf9cf4fb35ac1be983b8823a7de65b6d3777e830cb5"


def test_how_it_is_cut_changes_nothing(db: sqlite3.Connection) -> None:
    for audits in (AUDITS[:1], AUDITS[1:4], AUDITS[2:], AUDITS):
        append(db, audits)
    assert list(entries(db)) == chain(None, AUDITS)
    assert list(entries(db, after=5)) == chain(None, AUDITS)[5:]
    assert [e.seq for e in newest_entries(db, 9, "yvfmenxky254frwd")] == [2, 4, 7]
    assert [e.seq for e in newest_entries(db, 1, who="wang")] == [5]
    assert [e.seq for e in newest_entries(db, 9, None, None, T0_MS + 1, T0_MS + 3)] == [2, 3]
    assert entry_at(db, 20) == chain(None, AUDITS)[2]
    assert entry_at(db, 21) is None
    assert last_entry(db) == chain(None, AUDITS)[-1]


def changed(what: str, value: object) -> Callable[[list[AuditEntry]], list[AuditEntry]]:
    return lambda trail: [*trail[:3], replace(trail[3], **{what: value}), *trail[4:]]


TAMPERED: dict[str, tuple[Callable[[list[AuditEntry]], list[AuditEntry]], int]] = {
    "who": (changed("who", "nobody"), 4),
    "about": (changed("about", "another"), 4),
    "at": (changed("at", 5), 4),
    "position": (changed("position", 31), 4),
    "refused": (changed("refused", "no"), 4),
    "form": (changed("form", chain(None, AUDITS)[3].form.replace("zhao", "qian")), 4),
    "form is none": (changed("form", "{"), 4),
    "kind": (changed("what", "robot.dance"), 4),
    "hash": (changed("hash", "00" * 32), 4),
    "previous": (changed("previous", "00" * 32), 4),
    "left out": (lambda trail: trail[:3] + trail[4:], 4),
    "put in twice": (lambda trail: [*trail[:4], *trail[3:]], 5),
    "swapped": (lambda trail: [*trail[:3], trail[4], trail[3], *trail[5:]], 4),
    "the beginning is gone": (lambda trail: trail[2:], 1),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_whatever_is_done_to_it_shows(how: str) -> None:
    tamper, seq = TAMPERED[how]
    mistake = verify(tamper(chain(None, AUDITS)))
    assert mistake is not None
    assert mistake.seq == seq


def test_an_entry_hashed_anew_breaks_the_next() -> None:
    trail = chain(None, AUDITS)
    forged = OperatorAction(T0_MS + 1, "acknowledge", "yvfmenxky254frwd", "somebody")
    (own,) = chain(trail[0], [Audit(10, forged)])
    mistake = verify([trail[0], own, *trail[2:]])
    assert mistake == (3, "does not follow from the entry before it")


def test_columns_that_say_something_else_than_the_form() -> None:
    (first,) = chain(None, AUDITS[:1])
    lying = replace(first, who="another")
    facts = [1, *(getattr(lying, name) for name in lying.__struct_fields__[:-1])]
    written = json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()
    lying = replace(lying, hash=sha256(written).hexdigest())
    assert verify([lying]) == (1, "its columns do not say what its form does")


def test_another_beginning_is_another_chain() -> None:
    other = Audit(0, Configuration(T0_MS, "site", "cd" * 32))
    assert chain(None, [other])[0].previous != chain(None, AUDITS)[0].previous
    assert verify([*chain(None, [other]), *chain(None, AUDITS)[1:]]) == (2, "does not follow from the entry before it")


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE audit SET who = 'x' WHERE seq = 2", "never changed"),
        ("DELETE FROM audit WHERE seq = 7", "nothing is taken"),
        ("DELETE FROM audit", "nothing is taken"),
        ("INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 2", "only added to"),
        (
            "INSERT INTO audit SELECT 9, 99, at, who, what, about, form, refused, hash, 'x' FROM audit WHERE seq = 7",
            "only",
        ),
        (
            "INSERT INTO audit SELECT 8, 99, at, who, what, about, form, refused, 'x', 'x' FROM audit WHERE seq = 7",
            "only",
        ),
    ],
)
def test_the_book_lets_nobody_change_it_by_mistake(db: sqlite3.Connection, statement: str, said: str) -> None:
    append(db, AUDITS)
    with pytest.raises(sqlite3.IntegrityError, match=said):
        db.execute(statement)
    assert list(entries(db)) == chain(None, AUDITS)


def test_a_book_made_anew_goes_on_from_the_kept_one(db: sqlite3.Connection, tmp_path: object) -> None:
    append(db, AUDITS)
    kept = f"{tmp_path}/kept.sqlite"
    with sqlite3.connect(kept) as copy:
        db.backup(copy)
    fresh = sqlite3.connect(":memory:", isolation_level=None)
    for statement in AUDIT_TABLES:
        fresh.execute(statement)
    fresh.execute("ATTACH DATABASE ? AS kept", (kept,))
    take_over_audit(fresh, "kept", first=25)
    assert last_entry(fresh) == chain(None, AUDITS)[2]
    append(fresh, AUDITS)
    assert list(entries(fresh)) == list(entries(db))
