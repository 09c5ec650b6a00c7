"""Alarms suppressed by design: held, suppressed, told late, told at once; in the book, after a restart, rebuilt."""

import sqlite3
from pathlib import Path
from random import Random

import pytest
from support.alarm_steps import action
from support.old_books import make_version_2
from support.reference_runs import point, rule, site_of

from alerts.fold import Step
from alerts.machine import State
from alerts.policy import policy_of
from alerts.targets import Target
from plant.mistakes import Mistake
from plant.site import Device
from rules.events import AlarmEvent
from rules.identity import alarm_id
from rules.loader.rule_files import rules_of_text
from rules.loader.suppression_checks import check_suppression
from tocsin.book import AlarmBook
from tocsin.book.rebuild import Commit, books_differ, rebuild

SITE = site_of(*(point(f"P{n}", device=f"D{n}") for n in range(4)))
SITE.devices.update({f"D{n}": Device(f"D{n}", "E1", "", "GW" if n < 3 else None) for n in range(4)})
SITE.devices["GW"] = Device("GW", "E1", "")
RULES = [
    rule("down", {"gateway_down": {}}, suppresses={"rules": ["stale"], "hold_s": 10, "settle_s": 20}),
    rule("stale", {"stale": {}}, severity="blue"),
]
POLICY = policy_of(RULES, SITE)
TARGETS = [Target("centre")]


def event(name: str, s: float, subject: str, severity: str = "blue", raised_s: float | None = None) -> AlarmEvent:
    rule_id, at, raised_at = "down" if subject == "GW" else "stale", round(s * 1000), round((raised_s or s) * 1000)
    return AlarmEvent(
        name, alarm_id(rule_id, subject, "", raised_at), rule_id, 1, subject, "", "E1", "on", severity, at, 1.0, None,
        at, False, False, "", raised_at=raised_at, received_at=at,
    )  # fmt: skip


class Told:
    """A book that is told of steps and of time, in commits of its own or together; what is owed, in order."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.book = AlarmBook.open_for_writing(path, TARGETS)
        self.position = 0
        self.log: list[Commit] = []

    def at(self, s: float, *steps: Step) -> "Told":
        numbered = [(self.position + i, step) for i, step in enumerate(steps)]
        self.position += max(1, len(steps))
        commit = Commit(self.position, numbered, POLICY, round(s * 1000))
        self.log.append(commit)
        if steps or self.book.has_to(commit.ground, commit.clock_ms):
            self.book.commit(*commit)
        return self

    def again(self) -> "Told":
        self.book.close()
        self.book = AlarmBook.open_for_writing(self.path, TARGETS)
        return self

    def owed(self) -> list[tuple[str, int]]:
        db = sqlite3.connect(self.path)
        rows = db.execute(
            "SELECT json_extract(a.record, '$.subject'), o.n FROM outbox o JOIN alarms a USING (alarm) ORDER BY o.seq"
        ).fetchall()
        db.close()
        return rows

    def overrides(self) -> list[tuple[int, int | None]]:
        db = sqlite3.connect(self.path)
        rows = db.execute("SELECT since, until FROM overrides ORDER BY seq").fetchall()
        db.close()
        return rows


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path / "book.sqlite")


def test_without_a_gateway_down_it_is_told_after_the_hold(told: Told) -> None:
    told.at(1, event("raised", 1, "P0")).at(10.999)
    assert told.owed() == []
    assert told.again().at(11).owed() == [("P0", 1)]
    told.at(30, event("cleared", 30, "P0", raised_s=1))
    assert told.owed() == [("P0", 1), ("P0", 2)]


def test_one_that_ends_while_it_is_held_is_told_all_the_same(told: Told) -> None:
    told.at(1, event("raised", 1, "P0")).at(5, event("cleared", 5, "P0", raised_s=1)).at(11)
    assert told.owed() == [("P0", 1), ("P0", 2)]


def test_the_gateway_is_one_alarm_and_its_points_are_suppressed_under_it(told: Told) -> None:
    told.at(1, event("raised", 1, "P0")).at(4, event("raised", 4, "GW", "yellow")).at(5, event("raised", 5, "P1"))
    told.again().at(60)
    assert told.owed() == [("GW", 1)]
    parent = alarm_id("down", "GW", "", 4000)
    standing = {r.subject: r.suppressed_by for r in told.book.alarms([State.ACTIVE_UNACKNOWLEDGED])}
    assert standing == {"GW": None, "P0": parent, "P1": parent}
    told.at(70, event("cleared", 70, "P0", raised_s=1)).at(71, event("cleared", 71, "GW", "yellow", raised_s=4)).at(
        90.999
    )
    assert told.owed() == [("GW", 1), ("GW", 2)]
    assert told.again().at(91).owed() == [("GW", 1), ("GW", 2), ("P1", 1)]
    assert told.overrides() == [(4000, 70_000), (5000, 91_000)]
    assert all(r.suppressed_by is None for r in told.book.alarms())


def test_a_gateway_that_goes_down_again_while_they_settle_keeps_them_suppressed(told: Told) -> None:
    told.at(1, event("raised", 1, "GW", "yellow")).at(2, event("raised", 2, "P0"))
    told.at(9, event("cleared", 9, "GW", "yellow", raised_s=1)).at(20, event("raised", 20, "GW", "yellow")).at(60)
    assert ("P0", 1) not in told.owed()
    told.at(70, event("cleared", 70, "GW", "yellow", raised_s=20)).at(90)
    assert told.owed()[-1] == ("P0", 1)


def test_what_was_told_stays_told_and_so_is_its_end(told: Told) -> None:
    told.at(1, event("raised", 1, "P0")).at(12).at(13, event("raised", 13, "GW", "yellow"))
    told.at(14, event("cleared", 14, "P0", raised_s=1))
    assert told.owed() == [("P0", 1), ("GW", 1), ("P0", 2)]


def test_others_are_never_held(told: Told) -> None:
    told.at(1, event("raised", 1, "GW", "yellow"))
    told.at(2, event("raised", 2, "P3"), event("raised", 2, "P1", "orange"), event("raised", 2, "P2", "red"))
    assert told.owed() == [("GW", 1), ("P3", 1), ("P1", 1), ("P2", 1)]


def test_one_that_rises_is_told_at_once_from_its_first_event_on(told: Told) -> None:
    told.at(1, event("raised", 1, "GW", "yellow")).at(2, event("raised", 2, "P0"))
    told.at(3, event("upgraded", 3, "P0", "orange", raised_s=2))
    assert told.owed() == [("GW", 1), ("P0", 1), ("P0", 2)]
    assert told.overrides() == [(2000, 3000)]


def random_log(rng: Random) -> list[tuple[int, list[Step]]]:
    """(clock in seconds, its steps): the gateway and its points go down and come back in any order."""
    standing: dict[str, int] = {}
    log: list[tuple[int, list[Step]]] = []
    s = 0
    for _ in range(60):
        s += rng.choice([1, 1, 2, 5, 11, 25])
        steps: list[Step] = []
        for subject in rng.sample(["P0", "P1", "P2", "P3", "GW"], rng.choice([0, 1, 1, 2])):
            severity = "yellow" if subject == "GW" else rng.choice(["blue", "blue", "orange"])
            if subject not in standing:
                standing[subject] = s
                steps.append(event("raised", s, subject, severity))
            elif rng.random() < 0.2:
                steps.append(event("upgraded", s, subject, "red", raised_s=standing[subject]))
            else:
                steps.append(event("cleared", s, subject, severity, raised_s=standing.pop(subject)))
        if standing and rng.random() < 0.2:
            subject = rng.choice(sorted(standing))
            name = alarm_id("down" if subject == "GW" else "stale", subject, "", standing[subject] * 1000)
            steps.append(action("acknowledge", s * 1000, name))
        log.append((s, steps))
    return log


@pytest.mark.parametrize("seed", range(15))
def test_neither_cuts_nor_restarts_nor_a_rebuild_change_anything(seed: int, tmp_path: Path) -> None:
    rng = Random(seed)
    log = random_log(rng)
    one, other = Told(tmp_path / "one.sqlite"), Told(tmp_path / "other.sqlite")
    waiting: list[Step] = []
    for i, (s, steps) in enumerate(log):
        one.at(s, *steps)
        waiting += steps
        if rng.random() < 0.4 or i == len(log) - 1:
            other.at(s, *waiting)
            waiting = []
        if rng.random() < 0.2:
            other.again()
    assert one.owed() == other.owed()
    assert one.overrides() == other.overrides()
    assert one.book.alarms(list(State)) == other.book.alarms(list(State))
    kept = one.owed()
    one.book.close()
    (tmp_path / "kept.sqlite").write_bytes(one.path.read_bytes())
    assert rebuild(one.path, one.log, TARGETS) == []
    assert books_differ(tmp_path / "kept.sqlite", one.path) == []
    assert one.owed() == kept


def test_nothing_of_the_process_is_lost_on_the_way(tmp_path: Path) -> None:
    """Whatever stands at the end for long enough, and is not under a gateway that is down, was told."""
    for seed in range(10):
        log = random_log(Random(100 + seed))
        told = Told(tmp_path / f"{seed}.sqlite")
        for s, steps in log:
            told.at(s, *steps)
        told.at(log[-1][0] + 1000)
        active = [r for r in told.book.alarms() if r.cleared_at is None]
        down = any(r.subject == "GW" for r in active)
        owed = {subject for subject, _ in told.owed()}
        for record in active:
            assert record.subject in owed or (down and record.suppressed_by is not None)


def test_a_book_of_the_version_before_is_brought_up_to_date(tmp_path: Path) -> None:
    told = Told(tmp_path / "book.sqlite")
    told.at(1, event("raised", 1, "P3"))
    told.book.close()
    make_version_2(told.path)
    db = sqlite3.connect(told.path)
    for table in ("overrides", "parents", "quiet"):
        db.execute(f"DROP TABLE {table}")
    db.execute("UPDATE meta SET value = 1 WHERE key = 'schema_version'")
    db.commit()
    db.close()
    told.book = AlarmBook.open_for_writing(told.path, TARGETS)
    assert told.at(2, event("raised", 2, "P0")).at(12).owed() == [("P3", 1), ("P0", 1)]


@pytest.mark.parametrize(
    ("named", "of_pack", "message"),
    [
        ("nobody", False, "there is no rule nobody, allowed are ids of rules in force"),
        ("nobody", True, None),
        ("down", False, "down can't suppress itself"),
        ("gas", False, "gas has levels that nothing may hide (never_suppress: hh)"),
        ("pair", False, "pair is about more than a point, allowed are rules on one point each"),
        ("stale", False, None),
    ],
)
def test_what_may_be_suppressed_is_checked(named: str, of_pack: bool, message: str | None) -> None:
    text = f"""\
rules:
  - {{id: down, applies_to: {{kind: "*"}}, condition: {{gateway_down: {{}}}}, severity: yellow, suppresses: [{named}]}}
  - {{id: stale, applies_to: {{kind: "*"}}, condition: {{stale: {{}}}}, severity: blue}}
  - {{id: gas, applies_to: {{kind: "*"}}, condition: {{limit: {{hh: 5}}}}, never_suppress: [hh]}}
  - {{id: pair, applies_to: {{kind: "*"}}, condition: {{vote: {{n: 1, rule: gas}}}}, severity: red}}
"""
    mistakes: list[Mistake] = []
    check_suppression(rules_of_text(text, "rules/a.yaml", mistakes, of_pack=of_pack), mistakes)
    expected = [] if message is None else [f"rules/a.yaml:2: suppresses: {message}"]
    assert [str(mistake) for mistake in mistakes] == expected
