"""The risk that screens share: the same as the command line's, kept up by deltas, and never a place out of sight."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.data_folder import START_MS, Made, make_data_folder

from alerts.risk import Node
from plant.batch import Batch
from plant.entries import Entry, Readings, Tick
from plant.quality import Quality
from tocsin.accounts.roles import Permission, Principal, Role, Scope
from tocsin.centre.acts import Acts
from tocsin.centre.alarms import Alarms
from tocsin.centre.alarms_at import AlarmsAt
from tocsin.centre.board import Board
from tocsin.centre.centre import Centre
from tocsin.centre.errors import ForbiddenError, NotFoundError, UnavailableError
from tocsin.centre.grounds import Grounds
from tocsin.centre.latest import LatestValues
from tocsin.centre.risk import Risks
from tocsin.centre.warming import warm
from tocsin.configuration import read_configuration
from tocsin.log.layout import BOOK
from tocsin.records import FolderRecords
from tocsin.risk.picture import Picture
from tocsin.runtime.core import Core
from tocsin.settings import Settings

OPERATOR = Principal("li", Role.OPERATOR)
WOODWORKS = Principal("wang", Role.SAFETY_MANAGER, Scope("enterprise", "E002"))
COATINGS = Principal("zhao", Role.SAFETY_MANAGER, Scope("enterprise", "E001"))


@dataclass
class Hands:
    """A clock that is turned by hand."""

    s: float = field(default=100.0)

    def now_ms(self) -> int:
        return START_MS

    def monotonic_s(self) -> float:
        return self.s


@dataclass
class World:
    made: Made
    board: Board
    latest: LatestValues
    clock: Hands
    risk: Risks

    def later(self) -> None:
        """Everything is looked at again."""
        self.clock.s += 60
        self.board.poll(self.clock.s)
        self.latest.poll()


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = make_data_folder(tmp_path)
    board, latest, clock = Board(lambda: made.data / BOOK), LatestValues(FolderRecords(made.data)), Hands()
    found = World(
        made,
        board,
        latest,
        clock,
        Risks(FolderRecords(made.data), Grounds(FolderRecords(made.data)), board, latest, clock),
    )
    found.later()
    return found


def go_on(made: Made, *entries: Entry) -> None:
    core = Core.open(made.data, read_configuration(made.site), (), START_MS + 5_000)
    for commit in core.decide(list(enumerate(entries, core.append(entries)))):
        core.record(commit)
    core.checkpoint()()
    core.close()


def spark(made: Made, at_ms: int, value: float) -> Readings:
    core = Core.open(made.data, read_configuration(made.site), (), at_ms)
    number = core.registry.registry.number_of("E002-SPARK-01")
    core.close()
    assert number is not None
    return Readings(at_ms, Batch.of([(number, at_ms, value, Quality.GOOD)]), "broker")


def test_it_is_what_the_command_line_shows(world: World) -> None:
    world.risk.warm()
    picture = Picture(FolderRecords(world.made.data))
    assert world.risk.below(OPERATOR, None, every=True) == list(picture.below(picture.find(None), every=True))
    assert world.risk.at(OPERATOR, "E002").state.colour == "red"
    assert world.risk.at(OPERATOR, "enterprise:E002").cause is not None


def test_a_change_is_seen_at_the_next_look_and_not_before(world: World) -> None:
    turn = world.risk.turn(OPERATOR)
    assert world.risk.at(OPERATOR, None).state.active == {"red": 1}
    over = spark(world.made, START_MS + 6_000, 0.0)
    go_on(world.made, over, *(Tick(START_MS + 1000 * n) for n in range(7, 30)))
    world.board.poll(world.clock.s)
    assert world.risk.turn(OPERATOR) == turn, "looked again within the second"
    world.later()
    assert world.risk.turn(OPERATOR) > turn
    picture = Picture(FolderRecords(world.made.data))
    assert world.risk.below(OPERATOR, None, every=True) == list(picture.below(picture.find(None), every=True))
    assert world.risk.at(OPERATOR, "E001").state.silent > 0
    quiet = world.risk.turn(OPERATOR)
    world.later()
    assert world.risk.turn(OPERATOR) == quiet, "nothing has changed"


def test_without_a_configuration_it_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    centre = Centre.of(Settings(site=tmp_path / "site", data=tmp_path / "data"), Hands())
    assert not warm(centre)
    for call in (lambda: centre.risk.rolled_up(OPERATOR), lambda: centre.rules_of.rules(OPERATOR, "P")):
        with pytest.raises(UnavailableError):
            call()


def test_a_place_is_seen_when_all_of_it_is(world: World) -> None:
    assert [risk.node for risk in world.risk.rolled_up(WOODWORKS)] == [Node("enterprise", "E002")]
    assert {risk.node.kind for risk in world.risk.rolled_up(OPERATOR)} == {"site", "region", "enterprise"}
    assert [risk.node.id for _, risk in world.risk.below(WOODWORKS, "E002")][:2] == ["E002", "E002-DUST"]
    for place in (None, "riverside", "E001", "E001-MIX", "E001-GAS-01", "nowhere"):
        with pytest.raises(NotFoundError):
            world.risk.at(WOODWORKS, place)
    with pytest.raises(NotFoundError):
        world.risk.history(COATINGS, "E002", None, None)
    assert [change.colour for change in world.risk.history(WOODWORKS, "E002", None, None)][-1] == "red"
    nobody = Principal("x", Role.VIEWER, limited_to=frozenset())
    with pytest.raises(ForbiddenError):
        world.risk.rolled_up(nobody)
    with pytest.raises(ForbiddenError):
        world.risk.mistakes(Principal("x", Role.VIEWER, limited_to=frozenset({Permission.VIEW})))


def test_alarms_of_a_place_are_those_in_it_and_in_sight(world: World) -> None:
    records, grounds = FolderRecords(world.made.data), Grounds(FolderRecords(world.made.data))
    at = AlarmsAt(records, grounds, world.board, Alarms(records, grounds, Acts(records)))
    for place in (Node("enterprise", "E002"), Node("unit", "E002-DUST"), Node("point", "E002-SPARK-01")):
        [listed] = at.open(WOODWORKS, place)
        assert listed.record.alarm == world.made.alarm
        assert listed.facts.unit_name == "除尘器 Dust collector"
        with pytest.raises(NotFoundError):
            at.open(COATINGS, place)
    assert at.records(OPERATOR, Node("unit", "E001-MIX")) == []
    assert [listed.record.alarm for listed in at.ever(WOODWORKS, "E002-SPARK-01", None)] == [world.made.alarm]
    assert at.ever(WOODWORKS, "E002-SPARK-01", START_MS + 60_000) == []
    go_on(world.made, spark(world.made, START_MS + 6_000, 0.0), *(Tick(START_MS + 1000 * n) for n in range(7, 30)))
    world.later()
    assert at.records(OPERATOR, Node("unit", "E001-MIX")) != []
    with pytest.raises(NotFoundError):
        at.ever(COATINGS, "E002-SPARK-01", None)
    for place in (Node("unit", "nowhere"), Node("region", "riverside")):
        with pytest.raises(NotFoundError):
            at.open(OPERATOR, place)
