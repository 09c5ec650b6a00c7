"""Parts of the centre behind the desk's pages: rules of a part of the site, delivery, drills, the examination."""

import csv
import io
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.data_folder import Made, make_data_folder

from tocsin.accounts.roles import Principal, Role, Scope
from tocsin.book.channels import channel_records
from tocsin.book.schema import open_reader, open_writer
from tocsin.centre.centre import Centre
from tocsin.centre.errors import ForbiddenError, NotFoundError, RefusedError
from tocsin.centre.rulebook import with_limit
from tocsin.clock import SystemClock
from tocsin.drill.job import DrillJob, WantedDrill, work
from tocsin.log.layout import BOOK
from tocsin.settings import Settings
from tocsin.settings.exercise import ExerciseSettings

WHOLE = Principal("root", Role.ADMINISTRATOR)
ENGINEER = Principal("wang", Role.ENGINEER)
MANAGERS = {name: Principal(name, Role.SAFETY_MANAGER, Scope("enterprise", name)) for name in ("E001", "E002")}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_data_folder(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def centre(made: Made) -> Centre:
    return Centre.of(Settings(site=made.site, data=made.data), SystemClock())


def test_each_enterprise_sees_the_rules_that_watch_it(centre: Centre) -> None:
    every = centre.rulebook.rules(WHOLE)
    assert set(every) == set(centre.grounds.now().rules)
    for name, manager in MANAGERS.items():
        seen = centre.rulebook.rules(manager)
        assert set(seen) < set(every)
        for rule in seen.values():
            assert 0 < rule.watched <= every[rule.rule.id].watched
            assert {point.enterprise for point in rule.points} == {name}
            named = rule.rule.applies_to.points or ()
            assert set(named) <= {point.point for point in rule.points}, "nobody else's points are named"
            values = centre.rules.values(manager, rule.rule.id)
            assert not any(value.path.startswith("applies_to") for value in values)
    hidden = set(every) - set(centre.rulebook.rules(MANAGERS["E001"]))
    with pytest.raises(NotFoundError):
        centre.rulebook.rule(MANAGERS["E001"], hidden.pop())


def test_versions_and_files_are_for_who_sees_the_site(centre: Centre) -> None:
    (version,) = centre.rulebook.versions(WHOLE)
    assert centre.rulebook.difference(WHOLE, version.digest, version.digest, "en")
    with pytest.raises(NotFoundError):
        centre.rulebook.difference(WHOLE, version.digest, "0" * 64, "en")
    assert "points.csv" in centre.rulebook.files(ENGINEER)
    for manager in MANAGERS.values():
        with pytest.raises(ForbiddenError):
            centre.rulebook.versions(manager)
        with pytest.raises(ForbiddenError):
            centre.rulebook.files(manager)


@given(st.sampled_from(["ll", "l", "h", "hh"]), st.floats(-1000, 1000), st.booleans())
def test_another_limit_changes_one_cell_of_the_points(level: str, limit: float, has_column: bool) -> None:
    head = ["point", "unit", "kind", *(["h", level] if has_column and level != "h" else ["h"])]
    rows = [head, ["P1", "U", "gas", *["1"] * (len(head) - 3)], ["P2", "U", 'a "quoted", kind']]
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    changed = list(csv.DictReader(io.StringIO(with_limit(out.getvalue(), "P2", level, limit))))  # type: ignore[arg-type]
    assert float(changed[1][level]) == pytest.approx(limit, rel=1e-9)
    assert changed[1]["kind"] == 'a "quoted", kind'
    assert changed[0]["h"] == "1"
    with pytest.raises(LookupError):
        with_limit(out.getvalue(), "P3", level, limit)  # type: ignore[arg-type]


@pytest.fixture
def book(made: Made, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A book with calls of one alarm of E002 and attempts to make them."""
    path = tmp_path / BOOK
    with open_reader(made.data / BOOK) as source, sqlite3.connect(path) as copy:
        source.backup(copy)
    db = open_writer(path)
    calls = [(1, "sms", "delivered"), (2, "sms", "due"), (3, "robot", "dead"), (4, "robot", "held")]
    for seq, channel, state in calls:
        db.execute(
            "INSERT INTO outbox (seq, key, channel, alarm, n, queued_at, state) VALUES (?, ?, ?, ?, 1, ?, ?)",
            (seq, f"k{seq}", channel, made.alarm, 1000 * seq, state),
        )
    tries = [(1, "sms", 5000, "failed", "busy"), (1, "sms", 6000, "delivered", ""), (3, "robot", 7000, "failed", "no")]
    for seq, (row, channel, at, result, error) in enumerate(tries, 1):
        db.execute(
            "INSERT INTO attempts (seq, message, channel, at, result, error) VALUES (?, 'm', ?, ?, ?, ?)",
            (seq, channel, at, result, error),
        )
        db.execute("INSERT INTO attempt_rows VALUES (?, ?)", (row, seq))
    yield db
    db.close()


def test_channels_are_told_by_what_they_did_last(book: sqlite3.Connection) -> None:
    robot, sms = channel_records(book, 0)
    assert (sms.delivered, sms.failed, sms.due, sms.oldest_due_ms, sms.failing) == (1, 1, 1, 2000, False)
    assert (robot.dead, robot.held, robot.failing, robot.last_error) == (1, 1, True, "no")
    assert channel_records(book, 6500)[1].delivered == 0


def test_channels_of_an_enterprise_count_its_own_alarms_alone(book: sqlite3.Connection) -> None:
    assert channel_records(book, 0, {"E001"}) == []
    robot, sms = channel_records(book, 0, {"E002"})
    assert (sms.delivered, robot.dead) == (1, 1)
    assert robot.last_error == "", "what a provider answers may name others"


def test_settings_are_shown_without_secrets(made: Made) -> None:
    broker = {"url": "mqtt://127.0.0.1:1883", "username": "tocsin", "password_file": "secrets/broker"}
    webhook = {"name": "r", "url": "https://example.org/hook/0a1b2c3d4e5f", "secret_file": "secrets/hook"}
    given = {"site": made.site, "data": made.data, "mqtt": [broker], "webhook": [webhook]}
    centre = Centre.of(Settings.model_validate(given), SystemClock())
    shown = centre.examination.settings(ENGINEER)
    assert shown["mqtt"][0]["password_file"] == "secrets/broker"
    assert "0a1b2c3d4e5f" not in str(shown)
    with pytest.raises(ForbiddenError):
        centre.examination.settings(MANAGERS["E001"])
    with pytest.raises(ForbiddenError):
        centre.examination.look(Principal("north", Role.OPERATOR, Scope("region", "north")))


def test_drills_are_for_engineers_of_the_whole_site(centre: Centre) -> None:
    assert centre.drills.scenarios(ENGINEER)
    assert centre.drills.live_why_not(ENGINEER) == "off"
    assert centre.drills.running(ENGINEER) is None
    for principal in (*MANAGERS.values(), Principal("li", Role.OPERATOR)):
        with pytest.raises(ForbiddenError):
            centre.drills.begin(principal, WantedDrill())
    with pytest.raises(ForbiddenError):
        centre.drills.kept(Principal("north", Role.ENGINEER, Scope("region", "north")))
    for name in ("../accounts.sqlite", "1700000000000-x.json", ""):
        with pytest.raises(NotFoundError):
            centre.drills.outcome(ENGINEER, name)


def test_a_drill_is_kept_and_another_waits_for_its_end(centre: Centre) -> None:
    wanted = WantedDrill(scenarios=(centre.drills.scenarios(ENGINEER)[0],), own_site=False)
    job = centre.drills.begin(ENGINEER, wanted)
    with pytest.raises(RefusedError):
        centre.drills.begin(ENGINEER, wanted)
    job.cancel("enough")
    assert job.over.wait(30)
    assert job.wrong == ("enough",)
    assert centre.drills.kept(ENGINEER) == []


@pytest.mark.parametrize(
    "wanted",
    [
        WantedDrill(seeds=0),
        WantedDrill(seeds=1000),
        WantedDrill(live=True),
        WantedDrill(scenarios=("a", "b"), live=True),
        WantedDrill(scenarios=("a",), live=True, speed=1e9),
    ],
)
def test_a_drill_that_makes_no_sense_is_refused(made: Made, tmp_path: Path, wanted: WantedDrill) -> None:
    settings = Settings(site=made.site, data=made.data, exercise=ExerciseSettings(enabled=True))
    with pytest.raises(ValueError, match=r"seeds|one scenario|speed"):
        DrillJob(settings, b"", wanted, tmp_path / "out.json")


def test_what_is_wrong_with_a_drill_is_told_without_its_folders(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "wanted.json").write_text('{"scenarios": ["no-such-scenario"], "own_site": false}')
    out = io.StringIO()
    work(tmp_path, tmp_path / "outcome.json", out)
    assert "wrong" in out.getvalue()
    assert str(tmp_path) not in out.getvalue()
    assert not (tmp_path / "outcome.json").exists()
