"""Rules over several points through `tocsin replay`: a bare feed, and the same readings as they were received."""

import json
from pathlib import Path

import pytest
from support.command import tocsin

T0 = 1_732_190_400_000
RULES = """rules:
  - {id: gas, applies_to: {kind: gas.a}, condition: {limit: {h: 25, hh: 50}}}
  - {id: gas-silent, applies_to: {kind: gas.a}, condition: {stale: {after_s: 10}}, severity: blue}
  - {id: confirmed, applies_to: {kind: gas.a}, severity: red,
     condition: {vote: {n: 2, rule: gas, level: h, lone_critical: hh}}}
  - {id: full, applies_to: {kind: tank.level}, severity: red,
     condition: {expression: {is: "level >= 80 and not valve == 0", points: {level: tank.level, valve: tank.valve}}}}
  - {id: wide, applies_to: {kind: tank.valve}, condition: {discrete: {equals: 1, severity: blue}}}
  - {id: late, applies_to: {kind: "*"}, severity: orange,
     condition: {sequence: {first: {rule: wide}, then: {rule: brimful}, within_s: 5}}}
  - {id: brimful, applies_to: {kind: tank.level}, condition: {limit: {h: 90}}}
"""
POINTS = """point,unit,kind,unit_symbol,period_s
G1,U1,gas.a,,1
G2,U1,gas.a,,1
G3,U1,gas.a,,1
L,U2,tank.level,%,1
V,U2,tank.valve,,1
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "site.yaml").write_text("name: x\ntimezone: Asia/Shanghai\npacks: []\n")
    (tmp_path / "enterprises.csv").write_text("enterprise,name,region\nE1,One,north\n")
    (tmp_path / "units.csv").write_text("unit,enterprise,name,kind\nU1,E1,Hall,workshop\nU2,E1,Tank,tank_farm\n")
    (tmp_path / "points.csv").write_text(POINTS)
    (tmp_path / "rules" / "a.yaml").write_text(RULES)
    return tmp_path


def readings() -> list[tuple[str, int, float]]:
    """(point, second, value): G3 goes silent after 9; the valve opens at 5; the level passes 80 at 20 and 90 at 30."""
    rows: list[tuple[str, int, float]] = []
    for t in range(40):
        rows += [("G1", t, 30.0 if 10 <= t < 12 or t >= 25 else 3.0), ("G2", t, 55.0 if t == 15 else 3.0)]
        rows += [("G3", t, 3.0)] if t < 10 else []
        rows += [("L", t, 60.0 + t), ("V", t, 1.0 if t >= 5 else 0.0)]
    return rows


def told(site: Path, delay_ms: int | None) -> list[tuple[str, str, str, str, float]]:
    """What the combined rules say; readings arrive so long after their measurement, or as a bare feed."""
    head = "point,measured_at,value" + (",received_at" if delay_ms is not None else "")
    lines = [head]
    for name, t, value in readings():
        at = T0 + 1000 * t
        lines.append(f"{name},{at},{value}" + (f",{at + delay_ms}" if delay_ms is not None else ""))
    feed = site.parent / f"{site.name}-{delay_ms}.csv"
    feed.write_text("\n".join(lines) + "\n")
    ran = tocsin("replay", "--site", site, feed)
    assert ran.code == 0, ran.err
    events = [json.loads(line) for line in ran.out.splitlines()]
    return [
        (e["rule"], e["subject"], e["side"], e["event"], (e["at"] - T0) / 1000)
        for e in events
        if e["rule"] in ("confirmed", "full", "late")
    ]


@pytest.mark.parametrize("delay_ms", [None, 0, 300, 1700])
def test_what_an_engineer_expects(site: Path, delay_ms: int | None) -> None:
    arrives = {None: 1.0, 0: 0.0, 300: 0.3, 1700: 1.7}[delay_ms]
    assert told(site, delay_ms) == sorted(
        [
            # One of three at 10 is not enough. G2 alone at `hh` is.
            ("confirmed", "U1", "", "raised", 15.0),
            ("confirmed", "U1", "", "cleared", 16.0),
            # G3 was last received then, and silent ten seconds later: of two, one is enough.
            ("confirmed", "U1", "degraded", "raised", 19.0 + arrives),
            # The valve has been open since 5.
            ("full", "U2", "", "raised", 20.0),
            ("confirmed", "U1", "", "raised", 25.0),
        ],
        key=lambda row: row[4],
    )


def test_a_sequence_within_its_span_and_after_it(site: Path) -> None:
    rules = (site / "rules" / "a.yaml").read_text()
    (site / "rules" / "a.yaml").write_text(rules.replace("within_s: 5", "within_s: 25"))
    assert ("late", "U2", "", "raised", 30.0) in told(site, None)
    (site / "rules" / "a.yaml").write_text(rules.replace("within_s: 5", "within_s: 24.999"))
    assert not any(rule == "late" for rule, *_ in told(site, None))
