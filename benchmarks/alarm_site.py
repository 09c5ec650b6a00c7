"""A county for the benchmark of alarms: 20,000 points, 200 enterprises, 400 people, ten routes, and what happens."""

from collections.abc import Iterator
from pathlib import Path

from plant.entries import OperatorAction
from rules.events import AlarmEvent
from rules.identity import alarm_id

ENTERPRISES = 200
POINTS = 100
"""Of each enterprise, in five units."""
START_MS = 1_732_190_400_000
_UNITS = 5

_RULES = """\
rules:
  - id: gas
    applies_to: {kind: gas.combustible}
    condition: {limit: {h: 25, hh: 50, deadband: 2}}
    severity: {h: orange, hh: red}
    source: {standard: bench, certainty: ED}
"""
_ROUTES = """\
rosters:
  - id: duty
    shifts:
      - {from: "08:00", to: "20:00", contacts: [duty1, duty2]}
      - {from: "20:00", to: "08:00", contacts: [duty2]}
    otherwise: [duty1]
routes:
  - id: red
    match: {severity: [red]}
    ladder:
      - {to: [{roster: duty}]}
      - {after_s: 180, to: [{role: leader, of: nearest}], at_once: true}
    repeat: {every_s: 300, times: 6}
  - id: enterprise
    match: {severity: [red, orange]}
    tier: enterprise
    ladder:
      - {to: [{role: safety}]}
      - {after_s: 300, to: [{role: manager}]}
  - {id: orange, match: {severity: [orange]}, ladder: [{to: [{roster: duty}]}]}
  - {id: digest, match: {severity: [yellow, blue]}, ladder: [{to: [{role: safety}]}], digest_s: 3600}
  - id: night
    match: {severity: [red], hours: {shift: [{from: "22:00", to: "06:00"}]}}
    ladder: [{to: [{contact: duty1}]}]
  - {id: north, match: {region: [town0, town1]}, ladder: [{to: [{role: leader, of: region}]}]}
  - {id: gas, match: {kind: ["gas.*"], unit_kind: [workshop]}, ladder: [{to: [{contact: duty2}], over: [chat]}]}
  - {id: late, match: {historical: true}, ladder: [{to: [{contact: duty1}]}]}
  - {id: tank, match: {kind: ["tank.*"]}, ladder: [{to: [{contact: duty1}]}]}
  - {id: drill, match: {exercise: true}, ladder: [{to: [{contact: duty1}]}]}
"""


def write_site(folder: Path) -> Path:
    """Write the site folder; returns it."""
    (folder / "rules").mkdir(parents=True)
    (folder / "rules" / "gas.yaml").write_text(_RULES)
    (folder / "routes.yaml").write_text(_ROUTES)
    (folder / "site.yaml").write_text("name: bench\ntimezone: Asia/Shanghai\npacks: []\n")
    regions = ["county,,county", *(f"town{t},county,town {t}" for t in range(10))]
    enterprises = [f"E{e:03d},works {e},town{e % 10},{30 + e / 1000},{120 + e / 1000}" for e in range(ENTERPRISES)]
    units = [f"E{e:03d}-U{u},E{e:03d},hall,workshop" for e in range(ENTERPRISES) for u in range(_UNITS)]
    points = [f"{point},{point[:4]}-U{int(point[6:]) % _UNITS},gas.combustible,%LEL,0,100,1" for point in point_ids()]
    people = ["duty1,duty,duty,county,13800000001,sms voice", "duty2,duty,duty,county,13800000002,sms voice"]
    people += [f"leader{t},leader,leader,town{t},13800000{100 + t},sms voice" for t in range(10)]
    for e in range(ENTERPRISES):
        people += [f"safe{e},safety,safety,E{e:03d},13900000{e:03d},sms mail,22:00-07:00"]
        people += [f"man{e},manager,manager,E{e:03d},13700000{e:03d},sms"]
    tables = {
        "regions.csv": ["region,parent,name", *regions],
        "enterprises.csv": ["enterprise,name,region,lat,lon", *enterprises],
        "units.csv": ["unit,enterprise,name,kind", *units],
        "points.csv": ["point,unit,kind,unit_symbol,range_low,range_high,period_s", *points],
        "contacts.csv": ["contact,name,role,region_or_enterprise,phone,channels,quiet", *people],
    }
    for name, lines in tables.items():
        width = lines[0].count(",")
        (folder / name).write_text("\n".join(line + "," * (width - line.count(",")) for line in lines) + "\n")
    return folder


def point_ids() -> list[str]:
    """In the order in which a flood reaches them: enterprise after enterprise."""
    return [f"E{e:03d}-P{p:02d}" for p in range(POINTS) for e in range(ENTERPRISES)]


def raised(count: int, at_ms: int = START_MS) -> Iterator[AlarmEvent]:
    """The alarms of a flood: each of a point of its own, 10 in a millisecond, one in ten red."""
    for n, point in enumerate(point_ids()[:count]):
        yield _event("raised", point, at_ms + n // 10, at_ms + n // 10, "hh" if n % 10 == 0 else "h")


def lives(count: int, at_ms: int = START_MS) -> Iterator[AlarmEvent | OperatorAction]:
    """Whole lives of alarms one after another: raised; one in five rises; acknowledged; cleared."""
    for n, point in enumerate(point_ids()[:count]):
        at = at_ms + n
        level = "hh" if n % 10 == 0 else "h"
        first = _event("raised", point, at, at, level)
        yield first
        if n % 5 == 1:
            level = "hh"
            yield _event("upgraded", point, at, at, level)
        yield OperatorAction(at, "acknowledge", first.alarm, "duty1")
        yield _event("cleared", point, at, at, level)


def _event(name: str, point: str, raised_at: int, at: int, level: str) -> AlarmEvent:
    return AlarmEvent(
        event=name,
        alarm=alarm_id("gas", point, "high", raised_at),
        rule="gas",
        version=1,
        subject=point,
        side="high",
        enterprise=point[:4],
        level=level,
        severity="red" if level == "hh" else "orange",
        at=at,
        value=60.0,
        limit=25.0,
        onset=at,
        historical=False,
        exercise=False,
        reason="limit",
        raised_at=raised_at,
        received_at=at,
        readings=((at, 60.0),),
    )
