"""Devices, coverage, calibration, onboarding and rules of points, each for whom it is theirs to see."""

import pytest
from support.accounts import Clock
from support.data_folder import START_MS, Made, make_data_folder

from ingest import unknown_store
from ingest.unknown import UnknownDevices
from plant.site import Point
from rules.schema import Rule
from tocsin.accounts.roles import Principal, Role, Scope
from tocsin.centre.contacts import Contacts
from tocsin.centre.devices import DeviceHealths
from tocsin.centre.errors import ForbiddenError, NotFoundError, RefusedError
from tocsin.centre.grounds import Grounds
from tocsin.centre.onboarding import Onboarding
from tocsin.centre.rules_of import RulesOfPoints, limits_of
from tocsin.configuration import read_configuration
from tocsin.log.layout import UNKNOWN
from tocsin.onboarding.proposal import Wish
from tocsin.records import FolderRecords
from tocsin.runtime.core import Core

OPERATOR = Principal("li", Role.OPERATOR)
ENGINEER = Principal("qian", Role.ENGINEER)
WOODWORKS = Principal("wang", Role.SAFETY_MANAGER, Scope("enterprise", "E002"))
WOOD_ENGINEER = Principal("sun", Role.ENGINEER, Scope("region", "riverside"), only_enterprises=frozenset({"E002"}))
TOPIC = "tocsin/v1/E002/NEW/up"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The example; its spark detector is due for calibration, and two strangers have spoken."""
    made = make_data_folder(tmp_path_factory.mktemp("made"))
    points = made.site / "points.csv"
    head, *lines = points.read_text().splitlines()
    lines = [f"{line},{'2026-11-30' if 'SPARK' in line else ''}" for line in lines]
    points.write_text("\n".join([f"{head},calibration_due", *lines]) + "\n")
    core = Core.open(made.data, read_configuration(made.site), (), START_MS + 5000)
    core.checkpoint()()
    core.close()
    strangers = UnknownDevices()
    strangers.note(TOPIC, "NEW", "E002", [("inlet_temp", 31.5, "°C")], START_MS)
    strangers.note("spBv1.0/G/DDATA/N/D", "G/N/D", "", [("O2", 20.5, "")], START_MS)
    unknown_store.save(strangers, made.data / UNKNOWN, START_MS)
    return made


@pytest.fixture
def devices(made: Made) -> DeviceHealths:
    return DeviceHealths(FolderRecords(made.data), Grounds(FolderRecords(made.data)), Clock())


@pytest.fixture
def onboarding(made: Made) -> Onboarding:
    return Onboarding(FolderRecords(made.data), Grounds(FolderRecords(made.data)))


def test_the_inventory_is_of_what_is_in_sight(devices: DeviceHealths) -> None:
    whole = devices.inventory(OPERATOR)
    assert not whole.live
    assert {device.device for device in whole.inventory.devices} == {"MIX", "TANK", "DUST"}
    mine = devices.inventory(WOODWORKS).inventory
    assert {device.device for device in mine.devices} == {"DUST"}
    assert {share.id for share in mine.shares if share.scope == "enterprise"} == {"E002"}
    assert devices.inventory(OPERATOR).inventory is whole.inventory, "one look serves all"


def test_coverage_is_what_is_required_and_heard(devices: DeviceHealths) -> None:
    gaps = {(gap.unit, gap.kind): gap.why for gap in devices.coverage(OPERATOR).gaps}
    assert gaps["E002-DUST", "dust.dp"] == "not heard"
    assert ("E002-DUST", "dust.spark") not in gaps
    mine = devices.coverage(WOODWORKS)
    assert {gap.enterprise for gap in mine.gaps} == {"E002"}
    assert (mine.shares[0].required, mine.shares[0].covered) == (3, 1)


def test_online_rates_are_of_what_is_in_sight(devices: DeviceHealths) -> None:
    hours = 24 * 366 * 20
    whole = devices.online_rate(OPERATOR, hours, lambda done, total: None)
    assert {device.enterprise for device in whole.devices} == {"E001", "E002"}
    mine = devices.online_rate(WOODWORKS, hours, lambda done, total: pytest.fail("the journal was read again"))
    assert {device.enterprise for device in mine.devices} == {"E002"}
    assert mine.shares[0].devices == 1


def test_calibrations_are_told_before_they_are_late(devices: DeviceHealths) -> None:
    [due] = devices.calibrations(OPERATOR, "2026-11-22", 30)
    assert (due.point.point, due.days) == ("E002-SPARK-01", 8)
    assert devices.calibrations(OPERATOR, "2026-12-02", 30)[0].days == -2
    assert devices.calibrations(OPERATOR, "2026-10-01", 30) == []
    assert devices.calibrations(Principal("z", Role.VIEWER, Scope("enterprise", "E001")), "2026-11-22", 30) == []


def test_strangers_are_for_engineers_who_see_where_they_stand(onboarding: Onboarding) -> None:
    assert {u.device.device for u in onboarding.unknown(ENGINEER)} == {"NEW", "G/N/D"}
    [unknown] = onboarding.unknown(WOOD_ENGINEER)
    assert (unknown.device.device, list(unknown.units)) == ("NEW", ["E002-DUST"])
    guess = unknown.guesses["inlet_temp"]
    assert guess is not None
    assert guess.kind == "dust.inlet_temperature"
    for other in (OPERATOR, WOODWORKS):
        with pytest.raises(ForbiddenError):
            onboarding.unknown(other)


def test_a_proposal_is_lines_for_points_csv(onboarding: Onboarding) -> None:
    proposed = onboarding.propose(ENGINEER, TOPIC, "NEW", Wish())
    assert proposed.lines.splitlines()[0].startswith("point,unit,kind,unit_symbol,period_s")
    assert proposed.rows[0]["unit"] == "E002-DUST"
    with pytest.raises(RefusedError, match="in which unit"):
        onboarding.propose(ENGINEER, "spBv1.0/G/DDATA/N/D", "G/N/D", Wish())
    assert onboarding.propose(ENGINEER, "spBv1.0/G/DDATA/N/D", "G/N/D", Wish(unit="E001-MIX")).rows[0]["key"] == "O2"
    with pytest.raises(NotFoundError):
        onboarding.propose(WOOD_ENGINEER, "spBv1.0/G/DDATA/N/D", "G/N/D", Wish())
    with pytest.raises(RefusedError, match="no unit"):
        onboarding.propose(ENGINEER, TOPIC, "NEW", Wish(unit="E001-MIX"))


def test_rules_and_limits_of_a_point(made: Made) -> None:
    rules = RulesOfPoints(Grounds(FolderRecords(made.data)))
    limits = rules.limits(OPERATOR, ["E001-TEMP-01", "E001-GAS-01"])
    assert [(found.level, found.limit) for found in limits["E001-TEMP-01"]] == [("h", 40.0), ("hh", 50.0)]
    of_gas = [(found.level, found.severity) for found in limits["E001-GAS-01"]]
    assert of_gas == [("h", "yellow"), ("h", "orange"), ("hh", "red")], "the site's early word beside the pack's"
    assert {rule.id for rule in rules.rules(OPERATOR, "E002-SPARK-01")} >= {"dust-spark"}
    with pytest.raises(NotFoundError):
        rules.rules(WOODWORKS, "E001-GAS-01")
    with pytest.raises(NotFoundError):
        rules.limits(OPERATOR, ["nowhere"])


def test_the_strictest_limit_of_a_level_and_severity_is_shown() -> None:
    point = Point(
        "P", "U", "E", "k", None, None, None, 1.0, "periodic", None, None, 30.0, None, None,
        None, None, None, None, None, None, None, (),
    )  # fmt: skip

    def rule(name: str, levels: dict[str, float | None], **more: object) -> Rule:
        return Rule.model_validate({"id": name, "applies_to": {"kind": "k"}, "condition": {"limit": levels}, **more})

    found = limits_of(
        point,
        [
            rule("cell", {"h": None}),
            rule("own", {"h": 25.0, "l": 3.0}, cells=False, severity="yellow"),
            rule("low", {"l": 5.0}),
            rule("lower", {"l": 4.0, "h": 29.0}, cells=False),
        ],
    )
    assert [(f.level, f.limit, f.rule, f.severity) for f in found] == [
        ("l", 3.0, "own", "yellow"),
        ("l", 5.0, "low", "orange"),
        ("h", 25.0, "own", "yellow"),
        ("h", 29.0, "lower", "orange"),
    ]


def test_who_to_call_is_told_to_who_answers_alarms(made: Made) -> None:
    contacts = Contacts(Grounds(FolderRecords(made.data)))
    named = [
        c.contact for c in read_configuration(made.site).site.contacts.values() if c.region_or_enterprise == "E002"
    ]
    assert named
    for principal in (OPERATOR, WOODWORKS):
        assert [contact.contact for contact in contacts.of_enterprise(principal, "E002")] == named
    for principal in (ENGINEER, Principal("v", Role.VIEWER)):
        with pytest.raises(ForbiddenError):
            contacts.of_enterprise(principal, "E002")
    for enterprise in ("E001", "E999"):
        with pytest.raises(NotFoundError):
            contacts.of_enterprise(WOODWORKS, enterprise)
