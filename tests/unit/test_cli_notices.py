"""`tocsin notices`: what is owed, what was tried, what was given up."""

import json
from pathlib import Path

import pytest
from support.command import tocsin
from support.scripted import OK, Ringing, call

from alerts.channels.port import Outcome
from tocsin.book import Outbox
from tocsin.book.outbox_rows import Dead, Message
from tocsin.log.layout import BOOK, JOURNAL


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a call delivered, one held, and one given up."""
    (tmp_path / JOURNAL).mkdir()
    ringing = Ringing(tmp_path / BOOK)
    ringing.raise_alarms(0, 1)
    ringing.owe(call(0, key="told"), call(1, key="lost"), call(1, key="held", approvers=("chen",)))
    ringing.book.close()
    outbox = Outbox.open_for_writing(tmp_path / BOOK)
    begun = outbox.begin("sms", "zhang", 10, 1, lambda message: 0)
    assert begun is not None
    told, lost = begun.message.rows[0], begun.message.covered[0]
    outbox.record(Message("sms", "zhang", (told,)), OK, 1_732_190_000_000, {})
    outbox.record(Message("sms", "zhang", (lost,)), Outcome(False, 400, "", "no such number"), 20, {lost: Dead()})
    outbox.close()
    return tmp_path


def run(data: Path, *arguments: str) -> list[dict[str, object]]:
    ran = tocsin("notices", *arguments, "--data", str(data), "--json")
    return [json.loads(line) for line in ran.out.splitlines()]


def test_list_shows_all_or_those_in_a_state(data: Path) -> None:
    assert {row["key"]: row["state"] for row in run(data, "list")} == {
        "told": "delivered",
        "lost": "dead",
        "held": "held",
    }
    assert [row["key"] for row in run(data, "list", "--state", "held")] == ["held"]
    ran = tocsin("notices", "list", "--data", str(data))
    assert ran.code == 0
    assert "for chen" in ran.out


def test_dead_letters_make_the_exit_code_1_and_are_put_back(data: Path) -> None:
    ran = tocsin("notices", "dead", "--data", str(data))
    assert ran.code == 1
    assert "no such number" in ran.out
    assert tocsin("notices", "resend", "--key", "told", "--data", str(data)).mistakes == ["told: no dead letter"]
    assert tocsin("notices", "resend", "--channel", "sms", "--data", str(data)).out == "1 put back\n"
    again = tocsin("notices", "dead", "--data", str(data))
    assert (again.code, again.mistakes) == (0, ["none"])


def test_show_is_the_proof_of_an_alarm(data: Path) -> None:
    owed, attempt = run(data, "show", call(0).alarm)
    assert (owed["key"], owed["state"]) == ("told", "delivered")
    assert (attempt["contact"], attempt["provider_id"], attempt["answer"], attempt["at"]) == (
        "zhang",
        "p",
        "taken",
        1_732_190_000_000,
    )
    assert "2024-11-21" in tocsin("notices", "show", call(0).alarm, "--data", str(data)).out
    nobody = tocsin("notices", "show", "nosuchalarm", "--data", str(data))
    assert (nobody.code, nobody.mistakes) == (1, ["nosuchalarm: nobody was to be told of it"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["resend"], "tocsin notices resend: give either --channel or --key"),
        (["resend", "--channel", "a", "--key", "b"], "tocsin notices resend: give either --channel or --key"),
        (["approve", "k", "--by", " "], "tocsin notices approve: --by is empty: who does it?"),
        (["approve", "k", "--by", "chen"], "tocsin: {data}: no service runs on this folder"),
        (["list", "--state", "lost"], "tocsin notices list: Invalid value for '--state'"),
    ],
)
def test_a_wrong_call_is_one_line(data: Path, arguments: list[str], said: str) -> None:
    ran = tocsin("notices", *arguments, "--data", str(data))
    assert ran.code == 2
    (line,) = ran.mistakes
    assert line.startswith(said.format(data=data))
