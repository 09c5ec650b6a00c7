"""What both databases promise (tocsin.database.port)."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from support.books import Books
from support.postgres import PostgresServer, postgres_server
from support.waiting import eventually

from tocsin.book import AlarmBook, BookError
from tocsin.book.schema import open_reader, open_writer
from tocsin.database import AMONG, DATABASE_ERRORS, Database, Place, ServerAwayError, add_rows, next_number, upsert
from tools.services.postgres import find


@pytest.fixture
def place(books: Books) -> Place:
    open_writer(books.place()).close()
    return books.place()


@pytest.fixture
def db(place: Place) -> Iterator[Database]:
    with closing(open_writer(place, durable=False)) as db:
        yield db


def keys(db: Database) -> list[str]:
    return [key for (key,) in db.execute("SELECT key FROM kept WHERE part = 'p' ORDER BY key")]


def put(db: Database, *named: str) -> None:
    db.executemany(upsert("kept", ("part", "key"), ("form",)), [("p", key, "form") for key in named])


@contextmanager
def broken(db: Database) -> Iterator[None]:
    """A block that fails at its end."""
    with db.transaction():
        yield
        raise ZeroDivisionError


def test_a_block_is_kept_whole_or_not_at_all(db: Database) -> None:
    with db.transaction():
        put(db, "a", "b")
        assert db.in_transaction
    assert not db.in_transaction
    with db.transaction(keep=False):
        put(db, "c")
        assert keys(db) == ["a", "b", "c"]
    with pytest.raises(ZeroDivisionError), broken(db):
        put(db, "d")
    assert (keys(db), db.in_transaction) == (["a", "b"], False)


def test_a_statement_that_fails_ends_its_block(db: Database) -> None:
    with pytest.raises(DATABASE_ERRORS), db.transaction():
        db.executemany("INSERT INTO kept VALUES ('p', 'a', ?)", [("",), (None,)])
    assert keys(db) == []
    put(db, "a")
    assert keys(db) == ["a"]


def test_who_writes_waits_for_who_writes(db: Database, place: Place) -> None:
    inside, done = threading.Event(), []

    second = open_writer(place)

    def other() -> None:
        inside.set()
        with second.transaction():
            done.append(keys(second))

    thread = threading.Thread(target=other)
    with db.transaction():
        put(db, "a")
        thread.start()
        assert inside.wait(20)
        assert not done
        put(db, "b")
    thread.join(20)
    second.close()
    assert done == [["a", "b"]]


def test_a_view_is_of_one_moment_and_news_are_noticed(db: Database, place: Place) -> None:
    with closing(open_reader(place)) as reader:
        before = reader.written()
        assert reader.written() == before
        with reader.view():
            assert keys(reader) == []
            put(db, "a")
            assert keys(reader) == []
        assert keys(reader) == ["a"]
        assert reader.written() != before
        with pytest.raises(DATABASE_ERRORS):
            put(reader, "b")


def test_texts_compare_by_code_points_and_any_text_is_kept(db: Database) -> None:
    some = ["Z", "a", "ä", "é", "警钟", "b'\"?%$1", "😀", ""]
    put(db, *some)
    assert keys(db) == sorted(some)
    asked = db.execute(f"SELECT key FROM kept WHERE key {AMONG} ORDER BY key", (db.listed(["ä", "", "x"]),))
    assert asked.fetchall() == [("",), ("ä",)]
    assert db.execute(f"SELECT count(*) FROM kept WHERE key NOT {AMONG}", (db.listed(["a"]),)).fetchone() == (7,)
    assert db.execute(f"SELECT count(*) FROM kept WHERE key {AMONG}", (db.listed([]),)).fetchone() == (0,)


def test_rows_are_read_once_and_counted(db: Database) -> None:
    put(db, *"abcde")
    rows = db.execute("SELECT key FROM kept ORDER BY key")
    assert rows.fetchone() == ("a",)
    assert rows.fetchmany(2) == [("b",), ("c",)]
    assert list(rows) == [("d",), ("e",)]
    assert rows.fetchone() is None
    assert db.execute("UPDATE kept SET form = '' WHERE key > ?", ("c",)).rowcount == 2
    assert db.executemany("DELETE FROM kept WHERE key = ?", [("a",), ("x",), ("b",)]).rowcount == 2
    assert db.executemany("DELETE FROM kept WHERE key = ?", []).rowcount in (0, -1)


def test_numbers_have_no_gaps(db: Database) -> None:
    columns = ("position", "alarm", "form", "reason")
    for again in range(2):
        with pytest.raises(ZeroDivisionError), broken(db):
            add_rows(db, "refused_events", columns, [(1, "a", "", "lost")])
        assert add_rows(db, "refused_events", columns, [(1, "a", "", ""), (2, "b", "", "")]) == 2
        assert next_number(db, "refused_events") == 2 * again + 3
    assert add_rows(db, "refused_events", columns, []) == 0


def test_chunks(db: Database) -> None:
    assert db.read_chunk("fact_chunks", 7) is None
    db.make_chunk("fact_chunks", 7, 6)
    db.write_chunk("fact_chunks", 7, 2, b"\x00\xff'")
    assert db.read_chunk("fact_chunks", 7) == b"\x00\x00\x00\xff'\x00"


def test_members_of_json_and_parts_of_text(db: Database) -> None:
    put(db, "a")
    forms = ('{"x": "y", "n": null}', '[["zhang", "sms"], ["li", "mail"]]')
    for form, path, expected in (
        (forms[0], "$.x", "y"),
        (forms[0], "$.n", None),
        (forms[0], "$.none", None),
        (forms[1], "$[0][1]", "sms"),
        (forms[1], "$[1][0]", "li"),
    ):
        db.execute("UPDATE kept SET form = ?", (form,))
        assert db.execute(f"SELECT json_extract(form, '{path}') FROM kept").fetchone() == (expected,)
    assert db.execute("SELECT instr(form, 'li') > 0, instr(form, 'wang') FROM kept").fetchone() == (1, 0)


def test_the_audit_trail_is_only_added_to(db: Database) -> None:
    row = "INSERT INTO audit VALUES (?, ?, 1, 'w', 'x', 'y', '{}', '', ?, ?)"
    db.execute(row, (1, 5, "", "h1"))
    db.execute(row, (2, 6, "h1", "h2"))
    for number, previous in ((4, "h2"), (3, "h1")):
        with pytest.raises(DATABASE_ERRORS, match="only added to"):
            db.execute(row, (number, 7, previous, "h3"))
    with pytest.raises(DATABASE_ERRORS, match="never changed"):
        db.execute("UPDATE audit SET who = 'other'")
    with pytest.raises(DATABASE_ERRORS, match="taken from"):
        db.execute("DELETE FROM audit WHERE seq = 2")


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """One of its own, to be stopped."""
    postgres_server()
    programs = find()
    assert programs is not None
    server = PostgresServer(programs)
    server.start()
    yield server
    server.close()


def lose_connection(db: Database, server: PostgresServer) -> None:
    put(db, "d")
    server.stop()
    with pytest.raises(ServerAwayError):
        put(db, "e")
    server.start()


def test_a_server_that_was_away_is_found_again(server: PostgresServer) -> None:
    place = server.make("book")
    book = AlarmBook.open_for_writing(place)
    reader = open_reader(place)
    db = book.connection
    put(db, "a")
    server.stop()
    with pytest.raises(ServerAwayError):
        put(db, "b")
    with pytest.raises(ServerAwayError), db.transaction():
        put(db, "b")
    with pytest.raises(BookError, match="can it be reached"):
        open_writer(place)
    server.start()
    put(db, "c")

    def is_there() -> bool:
        try:
            return keys(reader) == ["a", "c"]
        except ServerAwayError:
            return False

    assert eventually(is_there)
    with pytest.raises(ServerAwayError, match="within a transaction"), db.transaction():
        lose_connection(db, server)
    assert keys(db) == ["a", "c"]
    book.close()
    reader.close()


def test_why_the_server_ended_a_connection_does_not_matter(server: PostgresServer) -> None:
    place = server.make("ended")
    book = AlarmBook.open_for_writing(place)
    db = book.connection
    db.execute("SET idle_in_transaction_session_timeout = '50ms'")

    def stall() -> None:
        put(db, "a")
        assert eventually(lambda: not server.ask("SELECT 1 FROM pg_stat_activity WHERE state LIKE 'idle in trans%'"))
        put(db, "b")

    with pytest.raises(ServerAwayError), db.transaction():
        stall()
    put(db, "c")
    assert keys(db) == ["c"]
    book.close()


def test_a_server_that_only_reads_for_a_while_is_asked_again(server: PostgresServer) -> None:
    place = server.make("follows")
    book = AlarmBook.open_for_writing(place)
    db = book.connection
    db.execute("SET default_transaction_read_only = on")
    with pytest.raises(ServerAwayError, match="read-only"):
        put(db, "a")
    db.execute("SET default_transaction_read_only = off")
    put(db, "b")
    assert keys(db) == ["b"]
    book.close()
