"""`tocsin audit`: whatever somebody does to the record of who did what, it shows."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from support.command import Ran, tocsin
from support.data_folder import START_MS, Made, make_data_folder

from alerts.audit import Audit, AuditEntry, link, verify
from plant.entries import DisposalAction, Entry, OperatorAction
from tocsin.configuration import read_configuration
from tocsin.evidence import EvidenceStore
from tocsin.log.layout import BOOK, EVIDENCE, JOURNAL
from tocsin.log.reader import JournalReader
from tocsin.runtime.core import Core


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A folder in which several people did something; tests take copies of it."""
    folder = tmp_path_factory.mktemp("kept")
    made = make_data_folder(folder)
    (folder / "photo.jpg").write_bytes(b"a photo")
    stored = EvidenceStore(made.data / EVIDENCE).put(folder / "photo.jpg")
    fields = {"name": "photo.jpg", "sha256": stored.sha256, "bytes": str(stored.bytes)}
    core = Core.open(made.data, read_configuration(made.site), (), START_MS + 5000)
    entries: list[Entry] = [
        OperatorAction(START_MS + 6000, "acknowledge", made.alarm, "li.wei", "看过"),
        OperatorAction(START_MS + 7000, "acknowledge", made.alarm, "wang"),
        DisposalAction(START_MS + 8000, "assign", made.alarm, "wang", {"to": "C002"}),
        DisposalAction(START_MS + 9000, "evidence", made.alarm, "zhao", fields, "enterprise"),
    ]
    position = core.append(entries)
    for commit in core.decide(list(enumerate(entries, position))):
        core.record(commit)
    core.checkpoint()()
    core.close()
    return made


@pytest.fixture
def data(kept: Made, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept.data, tmp_path / "data"))


def verified(data: Path, *arguments: object) -> Ran:
    return tocsin("audit", "verify", "--data", data, *arguments)


def trail_of(data: Path) -> list[AuditEntry]:
    ran = tocsin("audit", "list", "--json", "--data", data)
    assert ran.code == 0
    return [msgspec.json.decode(line, type=AuditEntry) for line in ran.out.splitlines()]


def by_hand(data: Path, *statements: str) -> None:
    """Somebody with the file and time on their hands."""
    with closing(sqlite3.connect(data / BOOK)) as db, db:
        for trigger in ("audit_in_order", "audit_not_changed", "audit_not_deleted"):
            db.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            db.execute(statement)


def test_it_holds(data: Path) -> None:
    trail = trail_of(data)
    assert [(e.what, e.who, bool(e.refused)) for e in trail] == [
        ("configuration.site", "", False),
        ("operator.acknowledge", "li.wei", False),
        ("operator.acknowledge", "wang", True),
        ("disposal.assign", "wang", False),
        ("disposal.evidence", "zhao", False),
    ]
    ran = verified(data, "--head", trail[2].hash, "--head", trail[-1].hash.upper())
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(
        "5 entries up to 2023-11-14 22:13:29 UTC hold, 5 of them as the journal has them, 1 pieces"
    )
    assert ran.out.endswith(f"head {trail[-1].hash}\n")


def test_the_list_and_the_export(data: Path, kept: Made, tmp_path: Path) -> None:
    table = tocsin("audit", "list", "--about", kept.alarm, "--by", "wang", "--data", data)
    assert "disposal.assign" in table.out
    assert "already acknowledged" in table.out
    assert "li.wei" not in table.out
    none = tocsin("audit", "list", "--to", "5", "--data", data)
    assert (none.code, none.out, none.err) == (0, "", "nothing was done\n")
    out = tmp_path / "trail.jsonl"
    assert tocsin("audit", "export", "--out", out, "--data", data).out.startswith(f"{out}: 5 entries, head ")
    exported = [msgspec.json.decode(line, type=AuditEntry) for line in out.read_bytes().splitlines()]
    assert exported == trail_of(data)
    assert verify(exported) is None
    assert set(json.loads(out.read_bytes().splitlines()[0])) == set(AuditEntry.__struct_fields__)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE audit SET who = 'nobody' WHERE seq = 2", "entry 2: was changed"),
        ("UPDATE audit SET refused = '' WHERE seq = 3", "entry 3: was changed"),
        ("DELETE FROM audit WHERE seq = 3", "entry 3: is missing, entry 4 follows"),
        ("DELETE FROM audit WHERE seq > 3", "position 7 of the journal (DisposalAction) is not in the trail"),
        ("DELETE FROM audit", "position 0 of the journal (Configuration) is not in the trail"),
    ],
)
def test_rows_changed_or_taken_away(data: Path, statement: str, said: str) -> None:
    by_hand(data, statement)
    ran = verified(data)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(said)


def test_entries_swapped(data: Path) -> None:
    by_hand(
        data,
        "UPDATE audit SET seq = -1 WHERE seq = 2",
        "UPDATE audit SET seq = 2 WHERE seq = 3",
        "UPDATE audit SET seq = 3 WHERE seq = -1",
    )
    assert verified(data).err == "entry 2: was changed: its hash is another's\n"


def test_a_chain_made_anew_is_not_what_the_journal_says(data: Path) -> None:
    head = trail_of(data)[-1].hash
    rewrite(data, lambda form: form.replace("li.wei", "wang"))
    ran = verified(data, "--head", head)
    assert ran.code == 1
    assert ran.mistakes == [
        "entry 2: the journal says something else at position 5",
        f"head {head} is not in the trail",
    ]


def rewrite(data: Path, change: Callable[[str], str]) -> None:
    """Hash the whole chain anew over other forms."""
    with closing(sqlite3.connect(data / BOOK)) as db, db:
        for trigger in ("audit_in_order", "audit_not_changed", "audit_not_deleted"):
            db.execute(f"DROP TRIGGER {trigger}")
        trail = trail_of(data)
        previous = trail[0].hash
        for old in trail[1:]:
            kind = OperatorAction if old.what.startswith("operator") else DisposalAction
            entry = msgspec.json.decode(change(old.form), type=kind)
            new = link(old.seq, previous, Audit(old.position, entry, old.refused))
            db.execute(
                "UPDATE audit SET who = ?, form = ?, previous = ?, hash = ? WHERE seq = ?",
                (new.who, new.form, new.previous, new.hash, new.seq),
            )
            previous = new.hash


def test_evidence_changed_or_taken_away(data: Path) -> None:
    (piece,) = (data / EVIDENCE).iterdir()
    piece.chmod(0o640)
    piece.write_bytes(b"another photo")
    changed = verified(data)
    assert changed.code == 1
    assert "photo.jpg: " in changed.err
    assert "was changed" in changed.err
    piece.unlink()
    assert "is not there" in verified(data).err


def test_a_head_that_nobody_knows(data: Path) -> None:
    assert verified(data, "--head", "00" * 32).err == f"head {'00' * 32} is not in the trail\n"
    wrong = verified(data, "--head", "abc")
    assert (wrong.code, wrong.mistakes[0].startswith("tocsin audit verify: --head is abc")) == (2, True)


def test_a_book_made_anew_has_the_same_trail(data: Path) -> None:
    trail = trail_of(data)
    ran = tocsin("book", "rebuild", "--data", data)
    assert (ran.code, ran.err) == (0, "")
    assert trail_of(data) == trail
    assert verified(data).code == 0


def test_what_the_log_lost_is_still_in_the_trail(data: Path) -> None:
    (segment,) = (data / JOURNAL).glob("*.seg")
    segment.write_bytes(segment.read_bytes()[:-200])
    assert JournalReader.open(data / JOURNAL).end < 9
    assert "the journal holds no such entry at position" in verified(data).err
