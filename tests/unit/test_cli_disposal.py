"""`tocsin disposal` on a data folder while no service runs."""

import json
from pathlib import Path

import pytest
from support.command import Ran, tocsin
from support.data_folder import START_MS, Made, make_data_folder
from support.disposed_folder import fold_again

from plant.entries import DisposalAction
from tocsin.evidence import EvidenceStore
from tocsin.log.layout import EVIDENCE, JOURNAL
from tocsin.log.reader import JournalReader


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return make_data_folder(tmp_path)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """For what writes nothing."""
    return make_data_folder(tmp_path_factory.mktemp("untouched"))


def acts(data: Path) -> list[DisposalAction]:
    reader = JournalReader.open(data / JOURNAL)
    return [entry for _, entry in reader.read(reader.first) if isinstance(entry, DisposalAction)]


def did(made: Made, *arguments: object, by: str = "wang") -> Ran:
    return tocsin("disposal", *arguments, "--by", by, "--data", made.data)


def test_from_an_alarm_to_its_cause(made: Made, tmp_path: Path) -> None:
    photo = tmp_path / "阀门.jpg"
    photo.write_bytes(b"a photo")
    assert did(made, "assign", made.alarm, "--to", "C002").code == 0
    assert did(made, "start", made.alarm, "--tier", "enterprise").code == 0
    assert did(made, "evidence", made.alarm, photo, "--kind", "image/jpeg").code == 0
    assert did(made, "note", made.alarm, "--text", "火花探测器积尘").code == 0
    assert did(made, "cause", made.alarm, "instrument.interference", "--text", "积尘").code == 0
    assert did(made, "submit", made.alarm).code == 0
    refused = did(made, "verify", made.alarm, by="Wang")
    assert (refused.code, refused.err) == (1, f"{made.alarm}: wang submitted it: another person must verify\n")
    assert did(made, "verify", made.alarm, by="li").code == 0
    still_on = did(made, "close", made.alarm, by="li")
    assert (still_on.code, "is still on" in still_on.err) == (1, True)
    closed = did(made, "close", made.alarm, "--why", "探头已清洁，待复位", by="li")
    assert closed.out == f"{made.alarm}: close by li; the alarm book takes it when the service starts\n"
    assert [act.action for act in acts(made.data)] == [
        "assign",
        "start",
        "evidence",
        "note",
        "cause",
        "submit",
        "verify",
        "close",
    ], "what was refused is not in the log"
    filed = acts(made.data)[2].fields
    assert (filed["name"], filed["bytes"], filed["kind"]) == ("阀门.jpg", "7", "image/jpeg")
    assert EvidenceStore(made.data / EVIDENCE).check(filed["sha256"]) is None
    fold_again(made)
    ran = tocsin("disposal", "show", made.alarm, "--data", made.data)
    assert ran.code == 0
    for said in ("closed", "instrument.interference (the instrument was disturbed", "阀门.jpg", "verified   li"):
        assert said in ran.out
    (line,) = tocsin("disposal", "show", made.alarm, "--json", "--data", made.data).out.splitlines()
    shown = json.loads(line)
    assert shown["disposal"]["state"] == "closed"
    assert shown["steps"][0]["name"] == "needed"
    assert shown["steps"][-1]["fields"] == {"why": "探头已清洁，待复位"}


def test_listed(untouched: Made) -> None:
    made = untouched
    table = tocsin("disposal", "list", "--data", made.data)
    assert (table.code, table.err) == (0, "")
    assert made.alarm in table.out
    (line,) = tocsin("disposal", "list", "--json", "--data", made.data).out.splitlines()
    record = json.loads(line)
    assert (record["alarm"], record["state"], record["enterprise"]) == (made.alarm, "open", "E002")
    assert record["opened_at"] - START_MS < 4000
    for narrower in (["--enterprise", "E001"], ["--state", "closed"], ["--overdue"]):
        none = tocsin("disposal", "list", *narrower, "--data", made.data)
        assert (none.code, none.out, none.err) == (0, "", "no disposals\n")


def test_the_causes_are_listed(untouched: Made) -> None:
    ran = tocsin("disposal", "causes", "--data", untouched.data, "--lang", "zh")
    assert ran.code == 0
    assert ["release.leak", "真实泄漏"] in [line.split() for line in ran.out.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["assign", "{alarm}", "--to", "nobody"], 1, "{alarm}: nobody is no contact of the site"),
        (["assign", "{alarm}", "--to", "C002", "--due", "5"], 1, "{alarm}: due is 5, allowed is a time ahead"),
        (["submit", "{alarm}"], 1, "{alarm}: nobody has started on it"),
        (["note", "nosuchalarm", "--text", "x"], 1, "nosuchalarm: no disposal of this alarm is open"),
        (["open", "nosuchalarm", "--why", "x"], 1, "nosuchalarm: no such alarm"),
        (["cause", "{alarm}", "bad.luck"], 1, "{alarm}: bad.luck is no cause, allowed are release.leak"),
        (["cause", "{alarm}", "Bad Luck"], 2, "tocsin disposal cause: cause: Expected `str` matching regex"),
        (["note", "{alarm}", "--text", " "], 2, "tocsin disposal note: note: Expected `str` matching regex"),
        (["assign", "{alarm}", "--to", "C002", "--due", "soon"], 2, "tocsin disposal assign: --due is soon"),
        (["evidence", "{alarm}", "nowhere.jpg"], 2, "tocsin: nowhere.jpg: no such file"),
    ],
)
def test_what_is_wrong_is_one_line(untouched: Made, arguments: list[str], code: int, said: str) -> None:
    ran = did(untouched, *(argument.format(alarm=untouched.alarm) for argument in arguments))
    assert ran.code == code
    (line,) = ran.mistakes
    assert line.startswith(said.format(alarm=untouched.alarm))
    assert acts(untouched.data) == []


def test_nobody_does_nothing(untouched: Made) -> None:
    ran = did(untouched, "start", untouched.alarm, by=" ")
    assert (ran.code, ran.mistakes[0].startswith("tocsin disposal start: --by is empty")) == (2, True)
    unknown = tocsin("disposal", "show", "nosuchalarm", "--data", untouched.data)
    assert (unknown.code, unknown.err) == (2, "tocsin: nosuchalarm: no disposal of this alarm\n")


def test_what_people_write_moves_no_cursor(made: Made) -> None:
    assert did(made, "note", made.alarm, "--text", "\x1b[2Jgone\nline").code == 0
    fold_again(made)
    out = tocsin("disposal", "show", made.alarm, "--data", made.data).out
    assert "\x1b" not in out
    assert "text: ·[2Jgone·line" in out
