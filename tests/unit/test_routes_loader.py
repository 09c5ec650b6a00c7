# ruff: noqa: E501 - a table of mistakes reads best with one to a line
"""Reading routes.yaml: what is right is read whole, what is wrong is said with its line, all at once."""

from pathlib import Path

import pytest
from support.routes_site import FILES, write_site

from alerts.routes.loader import read_routes, restore_routes, routes_schema
from alerts.routes.schema import RoutesFile
from plant.mistakes import InputError
from plant.site_reader import read_site
from rules.loader import read_rules

FULL = """\
rosters:
  - id: centre-duty
    shifts:
      - {from: "08:00", to: "20:00", contacts: [zhang, li]}
      - {from: "20:00", to: "08:00", contacts: [wang]}
    stand_ins:
      - {for: zhang, by: zhao, from: 2026-10-01, to: 2026-10-07}
    otherwise: [room]
routes:
  - id: red-centre
    match: {severity: [red]}
    ladder:
      - {to: [{roster: centre-duty}]}
      - {after_s: 180, to: [{role: leader, of: region}], over: [voice], at_once: true}
      - {after_s: 600, to: [{role: leader, of: nearest}]}
    repeat: {every_s: 300, times: 6}
  - id: enterprise
    match: {severity: [red, orange], hours: {shift: [{from: "08:00", to: "20:00"}], timezone: Asia/Shanghai}}
    tier: enterprise
    ladder:
      - {to: [{role: safety}]}
    text: {en: "{unit} at {enterprise}: {value}"}
  - id: neighbours
    match: {severity: [red], kind: [gas.*]}
    ladder: [{to: [{within_m: 2000}]}]
disposal:
  overdue: [{role: safety}, {after_s: 3600, role: leader, of: nearest}]
incident_s: 60
"""


def read(folder: Path, text: str, **files: str) -> tuple[RoutesFile, list[str]]:
    write_site(folder, text, **files)
    site, _ = read_site(folder)
    rules, _ = read_rules(folder, site)
    file, warnings = read_routes(folder, site, rules)
    return file, [str(warning) for warning in warnings]


def said_of(folder: Path, text: str, **files: str) -> list[str]:
    try:
        return read(folder, text, **files)[1]
    except InputError as error:
        return [str(mistake) for mistake in error.mistakes]


def test_the_whole_file_is_read(tmp_path: Path) -> None:
    file, warnings = read(tmp_path, FULL)
    assert warnings == [
        "routes.yaml:14: ladder.1.to.0.role: warning: nobody has the role leader in the region for alarms at E3"
    ]
    assert [route.id for route in file.routes] == ["red-centre", "enterprise", "neighbours"]
    assert [rung.after_s for rung in file.routes[0].ladder] == [0, 180, 600]
    assert file.routes[1].text == {"en": "{unit} at {enterprise}: {value}"}
    assert file.rosters[0].stand_ins[0].by == "zhao"
    assert [tier.role for tier in file.disposal.overdue] == ["safety", "leader"]
    assert (file.incident_s, file.late_digest_s) == (60, 900)
    assert restore_routes(FULL.encode()) == file


def test_without_the_file_there_are_no_routes(tmp_path: Path) -> None:
    site, _ = read_site(write_site(tmp_path))
    assert read_routes(tmp_path, site, []) == (RoutesFile(), [])


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "routes: []\n", "rosters:\nroutes:\n"])
def test_a_file_that_says_nothing_is_one(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == (RoutesFile(), [])


ONE = "routes:\n  - id: a\n    match: {%s}\n    ladder:\n      - {to: [{contact: zhang}]}\n"
TO = "routes:\n  - id: a\n    ladder:\n      - %s\n"
ROSTER = 'rosters:\n  - id: r\n    shifts: [{from: "00:00", to: "24:00", contacts: [zhang]}]\n    %s\nroutes:\n  - id: a\n    ladder: [{to: [{roster: r}]}]\n'
SHIFTS = "rosters:\n  - id: r\n    shifts: [%s]\nroutes:\n  - id: a\n    ladder: [{to: [{roster: r}]}]\n"
REST = "routes:\n  - id: a\n    ladder: [{to: [{contact: zhang}]}]\n%s\n"

MISTAKES = [
    # The file.
    ("- routes", "1: is not a map, needed are rosters: and routes:"),
    ("routes: {a: 1}", "1: routes: needed is a list, each item beginning with - id:"),
    ("routes: [a]", "1: routes: 'a' can't be used, allowed is a map with id: ..."),
    ("route: []", "1: route: unknown key, allowed are rosters, routes, late_digest_s, incident_s, disposal; did you mean routes?"),
    ("routes: [", "2: is not YAML: "),
    ("late_digest_s: never", "1: late_digest_s: 'never' can't be used, allowed is a number"),
    # Ladders.
    ("routes:\n  - id: a\n    ladder: []", "3: ladder: is empty, needed is at least 1"),
    ("routes:\n  - id: a", "2: ladder: this key is missing"),
    (TO % "{to: []}", "4: ladder.0.to: is empty, needed is at least 1"),
    (TO % "{to: [{}]}", "4: ladder.0.to.0: names nobody, allowed is one of contact, roster, role, within_m"),
    (TO % "{to: [{contact: zhang, role: duty}]}", "4: ladder.0.to.0: names contact and role, allowed is one of contact, roster, role, within_m"),
    (TO % "{to: [{contact: zhang, of: region}]}", "4: ladder.0.to.0: of stands without role"),
    (TO % "{to: [{contact: zhong}]}", "4: ladder.0.to.0.contact: 'zhong' is unknown, allowed are the ids of contacts.csv; did you mean zhang?"),
    (TO % "{to: [{roster: night}]}", "4: ladder.0.to.0.roster: 'night' is unknown, allowed are the ids of rosters: (none)"),
    (TO % "{to: [{role: director}]}", "4: ladder.0.to.0.role: 'director' is unknown, allowed are the roles of contacts.csv (duty, leader, manager and 2 more)"),
    (TO % "{to: [{role: leader, of: east}]}", "4: ladder.0.to.0.of: 'east' is unknown, allowed are enterprise, region, nearest and the ids of regions and enterprises; did you mean nearest?"),
    (TO % "{to: [{role: manager, of: E2}]}", "4: ladder.0.to.0.role: nobody of E2 has the role manager"),
    (TO % "{to: [{within_m: 500, neighbour_role: savety}]}", "4: ladder.0.to.0.neighbour_role: 'savety' is unknown, allowed are the roles of contacts.csv (duty, leader, manager and 2 more); did you mean safety?"),
    (TO % "{to: [{contact: zhang}], approvers: [bos]}", "4: ladder.0.approvers.0: 'bos' is unknown, allowed are the ids of contacts.csv; did you mean boss?"),
    (TO % "{after_s: 60, to: [{contact: zhang}]}\n      - {after_s: 30, to: [{contact: li}]}", "5: ladder.1.after_s: 30 s is before the rung above it, allowed is at least 60"),
    (TO % "{after_s: 60, to: [{contact: zhang}]}\n      - {to: [{contact: li}]}", "5: ladder.1.to: 0 s is before the rung above it, allowed is at least 60"),
    (TO % "{to: [{contact: zhang}]}\n    repeat: {every_s: 60}", "5: repeat.times: this key is missing"),
    (TO % "{to: [{contact: zhang}]}\n    repeat: {every_s: 60, times: 1000}", "5: repeat.times: 1000 can't be used, allowed is less than or equal to 100"),
    (TO % "{to: [{contact: zhang}]}\n    tier: district", "5: tier: 'district' is unknown, allowed are centre, enterprise"),
    (TO % "{to: [{contact: zhang}]}\n    text: {en: '{enterprize}'}", "5: text.en: '{enterprize}' is unknown, allowed are {alarm}, {enterprise}, {kind}"),
    (TO % "{to: [{contact: zhang}]}\n    text: {zh: ' '}", "5: text.zh: is empty, needed are words; left out: those of the rule"),
    (TO % "{to: [{contact: zhang}]}\n  - id: a\n    ladder: [{to: [{contact: li}]}]", "5: id: a stands twice, first on line 2"),
    # Matches.
    (ONE % "severity: red", "3: match.severity: 'red' can't be used, allowed is a list [..]"),
    (ONE % "severity: [crimson]", "3: match.severity.0: 'crimson' is unknown, allowed are red, orange, yellow, blue"),
    (ONE % "region: [east]", "3: match.region.0: 'east' is unknown, allowed are the ids of regions.csv"),
    (ONE % "park: [Harbour]", "3: match.park.0: 'Harbour' is unknown, allowed are the parks of enterprises.csv"),
    (ONE % "industry: [chemistry]", "3: match.industry.0: 'chemistry' is unknown, allowed are the industries of enterprises.csv; did you mean chemicals?"),
    (ONE % "unit_kind: [tankfarm]", "3: match.unit_kind.0: 'tankfarm' is unknown, allowed are tank_farm, reactor,"),
    (ONE % "enterprise: [E9]", "3: match.enterprise.0: 'E9' is unknown, allowed are the ids of enterprises.csv, and * for any text"),
    (ONE % "unit: [E1-X]", "3: match.unit.0: 'E1-X' is unknown, allowed are the ids of units.csv, and * for any text"),
    (ONE % "rule: [gas]", "3: match.rule.0: 'gas' is unknown, allowed are the ids of rules in force, and * for any text"),
    (ONE % "hours: {calendar: workdays, timezone: Asia/Peking}", "3: match.hours.timezone: 'Asia/Peking' is not a time zone, allowed is an IANA name such as Asia/Shanghai"),
    (ONE % "hours: {}", "3: match.hours: says nothing, allowed are shift and calendar"),
    (ONE % "hours: {shift: [{from: 8, to: '20:00'}]}", "3: match.hours.shift.0.from: 8 can't be used, allowed is text (a number is put in quotes)"),
    (ONE % "hours: {shift: [{from: '8:00', to: '20:00'}]}", "3: match.hours.shift.0.from: '8:00' can't be used, allowed is a time of the day as HH:MM"),
    # Rosters.
    (ROSTER % "timezone: Moon", "4: timezone: 'Moon' is not a time zone"),
    (ROSTER % "otherwise: [rom]", "4: otherwise.0: 'rom' is unknown, allowed are the ids of contacts.csv; did you mean room?"),
    (ROSTER % "stand_ins: [{for: li, by: zhao, from: 2026-10-01, to: 2026-10-07}]", "4: stand_ins.0.for: 'li' is unknown, allowed are those of this roster: zhang"),
    (ROSTER % "stand_ins: [{for: zhang, by: zhou, from: 2026-10-01, to: 2026-10-07}]", "4: stand_ins.0.by: 'zhou' is unknown, allowed are the ids of contacts.csv; did you mean zhao?"),
    (ROSTER % "stand_ins: [{for: zhang, by: zhang, from: 2026-10-01, to: 2026-10-07}]", "4: stand_ins.0.by: zhang stands in for themselves"),
    (ROSTER % "stand_ins: [{for: zhang, by: zhao, from: 2026-10-08, to: 2026-10-07}]", "4: stand_ins.0.to: 2026-10-07 is before 2026-10-08, allowed is that day or later"),
    (ROSTER % "stand_ins: [{for: zhang, by: zhao, from: 2026-02-30, to: 2026-10-07}]", "4: stand_ins.0.from: there is no day 2026-02-30"),
    (ROSTER % "stand_ins: [{for: zhang, by: zhao, from: tomorrow, to: 2026-10-07}]", "4: stand_ins.0.from: 'tomorrow' can't be used, allowed is a date as YYYY-MM-DD"),
    (ROSTER % "stand_ins: [{for: zhang, by: zhao, from: 2026-10-01, to: 2026-10-07}, {for: zhao, by: zhang, from: 2026-10-07, to: 2026-10-07}]", "4: stand_ins.1: zhang and zhao stand in for each other, so neither is there"),
    (SHIFTS % '{from: "08:00", to: "20:00", contacts: [zhang]}', "3: shifts: nobody is on duty from mon 20:00 to tue 08:00, needed is a shift then or otherwise:"),
    (SHIFTS % '{from: "08:00", to: "08:00", contacts: [zhang], days: [mon, tue, wed, thu, fri]}', "3: shifts: nobody is on duty from sat 08:00 to mon 08:00"),
    (SHIFTS % '{from: "00:00", to: "24:00", contacts: [zhang], calendar: workdays}', "3: shifts: nobody is on duty from sat 00:00 to mon 00:00"),
    (SHIFTS % '{from: "00:00", to: "24:00", contacts: []}', "3: shifts.0.contacts: is empty, needed is at least 1"),
    (SHIFTS % '{from: "00:00", to: "24:00", contacts: [zhong]}', "3: shifts.0.contacts.0: 'zhong' is unknown, allowed are the ids of contacts.csv; did you mean zhang?"),
    # Disposals.
    (REST % "disposal: {overdue: [{role: mayor}]}", "4: disposal.overdue.0.role: 'mayor' is unknown, allowed are the roles of contacts.csv (duty, leader, manager and 2 more)"),
    (REST % "disposal: {overdue: [{after_s: 9, role: safety}, {after_s: 3, role: safety}]}", "4: disposal: overdue: safety after 3 s stands behind 9 s"),
    (REST % "disposal: {severities: {red: {close_s: 0}}}", "4: disposal.severities.red.close_s: 0 can't be used, allowed is greater than or equal to 0.001"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), MISTAKES, ids=[said for _, said in MISTAKES])
def test_a_mistake_is_said_at_its_line(tmp_path: Path, text: str, said: str) -> None:
    write_site(tmp_path, text)
    site, _ = read_site(tmp_path)
    rules, _ = read_rules(tmp_path, site)
    with pytest.raises(InputError) as caught:
        read_routes(tmp_path, site, rules)
    errors = [str(m) for m in caught.value.mistakes if m.level == "error"]
    assert len(errors) == 1, errors
    assert errors[0].startswith(f"routes.yaml:{said}"), errors[0]


WARNINGS = [
    (ONE % "kind: [gas.oxygen]", "3: match.kind.0: warning: no point is of kind gas.oxygen"),
    (ONE % "tags: [west]", "3: match.tags.0: warning: no point has the tag west"),
    (ONE % "rule: [co-*]", "3: match.rule.0: warning: no rule is like co-*"),
    (ONE % "enterprise: [F*]", "3: match.enterprise.0: warning: no enterprise is like F*"),
    (ONE % "unit_kind: [furnace]", "3: match.unit_kind.0: warning: no unit is a furnace"),
    (ONE % "region: [south], park: [Port]", "3: match: warning: no enterprise fits all of it, so it matches nothing"),
    (ONE % "region: [north]", "1: warning: nobody is told of red alarms at E3"),
    (ONE % "severity: [orange]", "1: warning: nobody is told of red alarms at E1, E2, E3"),
    (TO % "{to: [{contact: zhang}, {contact: zhang}]}", "4: ladder.0.to: warning: names the same twice, told is everybody once"),
    (TO % "{to: [{role: manager}]}", "4: ladder.0.to.0.role: warning: nobody has the role manager for alarms at E2, E3"),
    (TO % "{to: [{role: leader, of: region}]}", "4: ladder.0.to.0.role: warning: nobody has the role leader in the region for alarms at E3"),
    (TO % "{to: [{contact: zhang}]}\n    last: true\n  - id: b\n    match: {severity: [red], enterprise: [E1]}\n    ladder: [{to: [{contact: li}]}]", "7: match: warning: is never reached: a (line 2) fits all that it fits, and is the last"),
    (TO % "{to: [{contact: zhang}]}\n  - id: b\n    match: {severity: [red]}\n    digest_s: 60\n    ladder: [{to: [{contact: li}]}]", "7: digest_s: warning: red is never held, so this digest holds nothing"),
    (ROSTER % "stand_ins: [{for: zhang, by: zhao, from: 2026-10-01, to: 2026-10-07}, {for: zhang, by: li, from: 2026-10-07, to: 2026-10-09}]", "4: stand_ins.1: warning: zhang has a stand-in on some of these days already (zhao), who goes first"),
    (REST % 'rosters: [{id: r, shifts: [{from: "00:00", to: "24:00", contacts: [li]}]}]', "4: id: warning: no route names this roster"),
    (REST % "disposal: {overdue: [{role: manager}]}", "4: disposal.overdue.0.role: warning: nobody has the role manager for alarms at E2, E3"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), WARNINGS, ids=[said for _, said in WARNINGS])
def test_a_warning_stops_nothing(tmp_path: Path, text: str, said: str) -> None:
    assert f"routes.yaml:{said}" in read(tmp_path, text)[1]


def test_every_mistake_is_said_at_once(tmp_path: Path) -> None:
    text = """\
rosters:
  - {id: r, shifts: [{from: "25:00", to: "08:00", contacts: [zhang]}]}
routes:
  - {id: a, ladder: []}
  - {id: b, match: {enterprise: [E9]}, ladder: [{to: [{contact: nobody}, {roster: r}]}]}
extra: 1
"""
    said = said_of(tmp_path, text)
    assert [tuple(line.split(": ")[:2]) for line in said if "warning" not in line] == [
        ("routes.yaml:2", "shifts.0.from"),
        ("routes.yaml:4", "ladder"),
        ("routes.yaml:5", "ladder.0.to.0.contact"),
        ("routes.yaml:5", "match.enterprise.0"),
        ("routes.yaml:6", "extra"),
    ]


def test_a_contact_that_is_told_needs_a_channel(tmp_path: Path) -> None:
    contacts = FILES["contacts.csv"] + "mute,无,mute,E1,,,\nmute2,无,mute,E2,,,\nidle,闲,idle,,,,\n"
    told = TO % "{to: [{role: mute}]}"
    assert [line for line in said_of(tmp_path, told, contacts=contacts) if "warning" not in line] == [
        "contacts.csv:13: channels: mute is told by route a and has no channel, needed is one at least",
        "contacts.csv:14: channels: mute2 is told by route a and has no channel, needed is one at least",
    ]
    over = TO % "{to: [{role: mute}], over: [siren]}"
    assert all("warning" in line for line in said_of(tmp_path, over, contacts=contacts))


def test_a_holiday_without_a_shift_is_a_gap(tmp_path: Path) -> None:
    week = "{from: '00:00', to: '24:00', contacts: [zhang], calendar: workdays}, {from: '00:00', to: '24:00', contacts: [li], days: [sat, sun]}"
    calendar = "date,kind,name\n2026-10-01,holiday,\n"
    (gap,) = [line for line in said_of(tmp_path / "a", SHIFTS % week, calendar=calendar) if "nobody is on duty" in line]
    assert "nobody is on duty from 2026-10-01 00:00 to 2026-10-02 00:00" in gap
    assert said_of(tmp_path / "b", SHIFTS % week) == []


def test_own_alarms_may_be_named(tmp_path: Path) -> None:
    assert not [line for line in said_of(tmp_path, ONE % "rule: [tocsin.self-test]") if "rule" in line]


def test_neighbours_need_positions(tmp_path: Path) -> None:
    bare = "enterprise,name,region\nE1,,north\nE2,,north\nE3,,south\n"
    units = "unit,enterprise,name\nE1-T,E1,\nE2-W,E2,\nE3-C,E3,\n"
    said = said_of(tmp_path, TO % "{to: [{within_m: 500}]}", enterprises=bare, units=units)
    assert said == [
        "routes.yaml:4: ladder.0.to.0.within_m: warning: fewer than two enterprises have a position (lat, lon), so nobody is a neighbour"
    ]


def test_a_restored_file_is_not_held_against_the_site() -> None:
    assert restore_routes((TO % "{to: [{contact: gone}]}").encode()).routes[0].ladder[0].to[0].contact == "gone"
    with pytest.raises(InputError, match="unknown key"):
        restore_routes(b"rotes: []")


def test_the_schema_names_every_key() -> None:
    schema = routes_schema()
    assert schema["properties"].keys() == {"rosters", "routes", "late_digest_s", "incident_s", "disposal"}
    assert {"from", "to", "contacts"} <= schema["$defs"]["RosterShift"]["properties"].keys()
