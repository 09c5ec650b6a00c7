"""`tocsin shelve`, `unshelve`, `comment`, `override`, `incidents`, and what `alarms` shows, without a service."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.command import Ran, tocsin
from support.data_folder import START_MS, Made, make_data_folder
from support.disposed_folder import fold_again

from plant.batch import Batch
from plant.entries import OperatorAction, Readings
from plant.quality import Quality
from tocsin.clock import SystemClock
from tocsin.configuration import read_configuration
from tocsin.log.layout import JOURNAL
from tocsin.log.reader import JournalReader
from tocsin.runtime.core import Core


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A red alarm of a spark, the pressure of the same dust collector, and after that silence of E001's points."""
    made = make_data_folder(tmp_path)
    core = Core.open(made.data, read_configuration(made.site), (), START_MS + 5_000)
    number = core.registry.registry.number_of("E002-DP-01")
    assert number is not None
    high = [(number, START_MS + 1000 * second, 2500.0, Quality.GOOD) for second in range(5, 90)]
    entries = [Readings(at, Batch.of([(number, at, *rest)]), "broker") for number, at, *rest in high]
    for commit in core.decide(list(enumerate(entries, core.append(entries)))):
        core.record(commit)
    core.close()
    return made


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """For what writes nothing."""
    return make_data_folder(tmp_path_factory.mktemp("untouched"))


def on(made: Made, *arguments: object) -> Ran:
    return tocsin(*arguments, "--data", made.data)


def rows(ran: Ran) -> list[dict[str, Any]]:
    assert ran.code == 0, ran.err
    return [json.loads(line) for line in ran.out.splitlines()]


def silent(made: Made) -> str:
    return next(str(a["alarm"]) for a in rows(on(made, "alarms", "--json")) if a["rule"] == "data-stale")


def test_shelved_commented_and_taken_off_again(made: Made) -> None:
    alarm = silent(made)
    shelved = on(made, "shelve", alarm, "--by", "li", "--for", "2h", "--one-shot", "--why", "new head tomorrow")
    assert shelved.out.startswith(f"{alarm}: shelve by li until 20")
    assert on(made, "comment", alarm, "head ordered", "--by", "li").code == 0
    entries = [entry for _, entry in JournalReader.open(made.data / JOURNAL).read(0)]
    shelf, said = (entry for entry in entries if isinstance(entry, OperatorAction))
    assert (shelf.action, shelf.one_shot, shelf.comment) == ("shelve", True, "new head tomorrow")
    assert shelf.until_ms is not None
    assert abs(shelf.until_ms - SystemClock().now_ms() - 7_200_000) < 60_000
    assert (said.action, said.comment) == ("comment", "head ordered")
    fold_again(made)
    (listed,) = rows(on(made, "override", "list", "--json"))
    assert (listed["kind"], listed["alarms"], listed["why"]) == ("shelved", 1, "new head tomorrow")
    (seen,) = [a for a in rows(on(made, "alarms", "--json")) if a["alarm"] == alarm]
    assert (seen["shelved_by"], seen["effective_state"]) == ("li", "shelved")
    assert "shelved by li" in on(made, "alarms").out
    assert on(made, "unshelve", alarm, "--by", "wang").code == 0
    assert on(made, "unshelve", alarm, "--by", "wang").err == f"{alarm}: the alarm is not shelved\n"
    fold_again(made)
    assert on(made, "override", "list").err == "no overrides in force\n"
    (ended,) = rows(on(made, "override", "list", "--all", "--json"))
    assert ended["ended_why"] == "unshelved by wang"
    assert "unshelved by wang" in " ".join(on(made, "override", "list", "--all").out.split())


def test_out_of_service_until_it_is_ended(made: Made) -> None:
    call = ("override", "set", "--unit", "E001-MIX", "--kind", "out-of-service", "--purpose", "maintenance")
    ran = on(made, *call, "--why", "heads replaced", "--by", "li", "--for", "1d", "--rule", "data-stale")
    assert ran.code == 0
    name = ran.out.split(": ")[2].split(";")[0]
    assert name.startswith("maintenance-")
    assert (
        on(made, "override", "set", "--rule", "data-stale", "--kind", "disabled", "--why", "x", "--by", "li").code == 0
    )
    fold_again(made)
    by_scope = {row["scope"]: row for row in rows(on(made, "override", "list", "--json"))}
    assert (by_scope["unit"]["id"], by_scope["unit"]["rule"], by_scope["unit"]["alarms"]) == (name, "data-stale", 0)
    assert by_scope["rule"]["alarms"] >= 2, "disabled goes before out of service"
    assert on(made, "override", "end", name, "--by", "li", "--why", "done").out.startswith(f"{name}: ended by li")
    assert on(made, "override", "end", name, "--by", "li").err == f"{name}: there is no override '{name}' in force\n"


def test_an_enterprise_does_not_silence_itself(made: Made) -> None:
    call = ("override", "set", "--point", "E001-GAS-01", "--kind", "out-of-service", "--purpose", "maintenance")
    alone = on(made, *call, "--why", "too loud", "--by", "C003", "--for", "1d")
    assert alone.code == 1
    assert "C003 answers for an enterprise: somebody of the centre has to approve it" in alone.err
    theirs = on(made, *call, "--why", "too loud", "--by", "C003", "--for", "1d", "--approved-by", "C002")
    assert theirs.code == 1
    assert on(made, *call, "--why", "heads", "--by", "C003", "--for", "1d", "--approved-by", "C001").code == 0


def test_incidents_name_the_first_out(made: Made) -> None:
    found = rows(on(made, "incidents", "--json"))
    units = {incident["unit"]: incident for incident in found}
    dust = units["E002-DUST"]
    assert dust["open"]
    assert dust["first_out"] == dust["in_it"][0]
    assert len(dust["in_it"]) == dust["alarms"] > 1
    alarms = {a["alarm"]: a for a in rows(on(made, "alarms", "--json"))}
    assert all(alarms[alarm]["incident"] == dust["id"] for alarm in dust["in_it"])
    assert f"first-out of {dust['alarms']}" in on(made, "alarms").out
    assert dust["first_out"] in on(made, "incidents").out
    assert rows(on(made, "incidents", "--all", "--json", "--limit", "1")) == found[:1]


def test_an_enterprise_has_answered(made: Made) -> None:
    assert on(made, "ack", made.alarm, "--by", "C003").code == 0
    fold_again(made)
    assert "answered by C003" in on(made, "alarms").out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["shelve", "{alarm}", "--by", "li"], 2, "tocsin shelve: give either --for or --until: a shelf needs an end"),
        (["shelve", "{alarm}", "--by", "li", "--for", "1h", "--until", "5"], 2, "tocsin shelve: give either --for or"),
        (["shelve", "{alarm}", "--by", "li", "--for", "soon"], 2, "tocsin shelve: --for is soon, allowed are a whole"),
        (["shelve", "{alarm}", "--by", "li", "--for", "9999999d"], 2, "tocsin shelve: --for is 9999999d, that ends"),
        (["shelve", "{alarm}", "--by", "li", "--until", "9" * 20], 2, "tocsin shelve: --until is 9999"),
        (["shelve", "{alarm}", "--by", "li", "--until", "5"], 1, "{alarm}: shelving needs an end that lies ahead"),
        (["shelve", "{alarm}", "--by", "li", "--for", "1h"], 1, "{alarm}: level on of rule dust-spark can't be"),
        (["shelve", "{alarm}", "--by", "C003", "--for", "1h"], 1, "{alarm}: a red alarm is shelved by the centre"),
        (["shelve", "{alarm}", "--by", " ", "--for", "1h"], 2, "tocsin shelve: --by is empty"),
        (["unshelve", "{alarm}", "--by", "li"], 1, "{alarm}: the alarm is not shelved"),
        (["comment", "{alarm}", " ", "--by", "li"], 2, "tocsin comment: the comment is empty"),
        (["comment", "nosuch", "x", "--by", "li"], 1, "nosuch: no such alarm"),
        (["override", "end", "nosuch", "--by", "li"], 1, "nosuch: there is no override 'nosuch' in force"),
        (["override", "set", "--by", "li", "--why", "x", "--kind", "disabled"], 2, "tocsin override set: give one of"),
        (
            ["override", "set", "--by", "li", "--why", "x", "--kind", "disabled", "--point", "P", "--unit", "U"],
            2,
            "tocsin override set: give one of --point, --unit, --device, --enterprise, or --rule alone",
        ),
        (
            ["override", "set", "--by", "li", "--why", "x", "--kind", "disabled", "--unit", "nosuch"],
            1,
            "unit nosuch: there is no unit 'nosuch' in the site",
        ),
        (
            ["override", "set", "--by", "li", "--why", " ", "--kind", "disabled", "--unit", "E001-MIX"],
            1,
            "unit E001-MIX: it needs a reason (why)",
        ),
        (
            ["override", "set", "--by", "li", "--why", "x", "--kind", "out-of-service", "--unit", "E001-MIX"],
            1,
            "unit E001-MIX: out of service needs a purpose",
        ),
        (
            ["override", "set", "--by", "li", "--why", "x", "--kind", "disabled", "--rule", "dust-spark"],
            1,
            "rule dust-spark: every level of rule dust-spark is under never_suppress",
        ),
    ],
)
def test_what_is_wrong_is_one_line(untouched: Made, arguments: list[str], code: int, said: str) -> None:
    before = JournalReader.open(untouched.data / JOURNAL).end
    ran = on(untouched, *(argument.format(alarm=untouched.alarm) for argument in arguments))
    assert (ran.code, ran.out) == (code, "")
    (line,) = ran.mistakes
    assert line.startswith(said.format(alarm=untouched.alarm)), line
    assert JournalReader.open(untouched.data / JOURNAL).end == before
