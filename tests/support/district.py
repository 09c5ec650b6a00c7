"""A district for drills: regions of depth 3, 36 enterprises, people with shifts, roles, quiet hours and neighbours."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

ZONE = "Asia/Shanghai"
TOWNS = ("north", "east", "south")
ENTERPRISES = tuple(f"E{n:02}" for n in range(1, 37))
"""Six a park, two parks a town; 500 m from one to the next of a park."""
UNKNOWN_ADDRESS = "E02"
"""Its safety officer has a mail address that the mail server does not know, and a phone."""
SLEEPER = "E06"
"""Its safety officer has quiet hours, now."""

RULES = """\
rules:
  - id: gas
    applies_to: {kind: gas.combustible}
    condition: {limit: {h: 25, hh: 50, deadband: 2}}
    never_suppress: [hh]
    text: {zh: "{point} 可燃气体 {value} %LEL", en: "{point} combustible gas at {value} %LEL"}
  - id: carbon-monoxide
    applies_to: {kind: gas.toxic.co}
    condition: {limit: {h: 30, deadband: 2}}
    severity: yellow
  - id: silent
    applies_to: {kind: "gas.*"}
    condition: {stale: {after_s: 10, severity: blue}}
"""

ROUTES = """\
rosters:
  - id: centre-duty
    shifts:
      - {from: "08:00", to: "20:00", contacts: [d1, d2]}
      - {from: "20:00", to: "08:00", contacts: [n1, n2]}
    otherwise: [director]
late_digest_s: 10
routes:
  - id: red-centre
    match: {severity: [red]}
    ladder:
      - {to: [{roster: centre-duty}]}
      - {after_s: 4, to: [{role: leader, of: nearest}]}
      - {after_s: 8, to: [{role: director, of: nearest}]}
    repeat: {every_s: 30, times: 2}
    acknowledged: true
  - id: red-enterprise
    match: {severity: [red]}
    tier: enterprise
    ladder:
      - {to: [{role: safety}]}
      - {after_s: 6, to: [{role: manager}]}
  - id: sirens
    match: {severity: [red], historical: false}
    tier: enterprise
    ladder: [{to: [{role: siren}]}]
  - id: neighbours
    match: {severity: [red]}
    ladder: [{to: [{within_m: 600}]}]
  - id: machines
    match: {severity: [red]}
    ladder: [{to: [{contact: hook}, {contact: am}, {contact: tail}]}]
    resolved: false
  - id: public
    match: {severity: [red], region: [south], historical: false}
    ladder: [{after_s: 2, to: [{contact: everybody}], over: [cap], approvers: [director]}]
  - id: orange
    match: {severity: [orange]}
    tier: enterprise
    resolved: false
    ladder:
      - {to: [{role: safety}]}
      - {after_s: 5, to: [{role: manager}]}
  - id: digest
    match: {severity: [yellow, blue]}
    ladder: [{to: [{contact: screen}]}]
    digest_s: 10
"""

SCENARIO = """\
name: district
duration_s: 600
incidents:
  - {name: unanswered-north, kind: leak, point: E01-G1, at_s: 2, for_s: 500, magnitude: 85, rise_s: 1}
  - {name: answered-by-link, kind: leak, point: E02-G1, at_s: 3, for_s: 14, magnitude: 85, rise_s: 1}
  - {name: answered-by-enterprise, kind: leak, point: E03-G1, at_s: 4, for_s: 500, magnitude: 85, rise_s: 1}
  - {name: answered-by-message, kind: leak, point: E04-G1, at_s: 5, for_s: 500, magnitude: 85, rise_s: 1}
  - {name: orange, kind: leak, point: E05-G1, at_s: 4, for_s: 500, magnitude: 38, rise_s: 1}
  - {name: orange-at-night, kind: leak, point: E06-G1, at_s: 4, for_s: 500, magnitude: 38, rise_s: 1}
  - {name: shelved, kind: leak, point: E09-G1, at_s: 3, for_s: 500, magnitude: 38, rise_s: 1}
  - {name: unanswered-east, kind: leak, point: E13-G1, at_s: 6, for_s: 500, magnitude: 85, rise_s: 1}
  - {name: unanswered-south, kind: leak, point: E25-G1, at_s: 7, for_s: 500, magnitude: 85, rise_s: 1}
  - {name: while-stopped, kind: leak, point: E31-G1, at_s: 20, for_s: 500, magnitude: 85, rise_s: 1}
  - {name: flapping, kind: leak, point: E20-C1, at_s: 2, for_s: 3, every_s: 6, magnitude: 60, rise_s: 0.5}
faults:
  - {name: gateway-1, kind: dropout, point: E21-G1, at_s: 3, for_s: 500}
  - {name: gateway-2, kind: dropout, point: E21-C1, at_s: 3, for_s: 500}
  - {name: noisy, kind: noise, point: E22-G1, at_s: 1, for_s: 500, magnitude: 2}
"""

_CYCLE = ("sms", "sms2", "smpp", "modem", "mail")
_OF_ENTERPRISE = {"E01": "sms2", "E02": "mail sms", "E03": "modem", "E04": "smpp", "E05": "mail", "E06": "mail"}


def contacts(now: datetime) -> list[dict[str, str]]:
    """Rows of contacts.csv; quiet hours are laid around `now`, so that the drill may run at any time of day."""
    rows: list[dict[str, str]] = []

    def add(contact: str, role: str, of: str, channels: str, **more: str) -> None:
        rows.append(
            {
                "contact": contact,
                "name": f"Contact {contact}",
                "role": role,
                "region_or_enterprise": of,
                "phone": f"138{len(rows):08}",
                "email": f"{contact.lower()}@example.org",
                "channels": channels,
                "language": "zh",
                "quiet": "",
                "handles": "",
                **more,
            }
        )

    for shift in "dn":
        add(f"{shift}1", "duty", "district", "mail")
        add(f"{shift}2", "duty", "district", "ding")
    for town, channel in zip(TOWNS, ("wecom", "feishu", "voice"), strict=True):
        add(f"leader-{town}", "leader", town, channel)
    add("director", "director", "district", "sms")
    for contact in ("hook", "am", "tail"):
        add(contact, "machine", "district", contact)
    add("everybody", "public", "district", "cap")
    add("screen", "screen", "district", "wall")
    around = now.astimezone(ZoneInfo(ZONE))
    quiet = f"{around - timedelta(hours=2):%H:%M}-{around + timedelta(hours=3):%H:%M}"
    for n, enterprise in enumerate(ENTERPRISES):
        more = {"quiet": quiet} if enterprise == SLEEPER else {}
        if enterprise == UNKNOWN_ADDRESS:
            more["email"] = "nobody@example.org"
        add(f"safety-{enterprise}", "safety", enterprise, _OF_ENTERPRISE.get(enterprise, _CYCLE[n % 5]), **more)
        add(f"manager-{enterprise}", "manager", enterprise, "wall")
        if n % 12 == 0:
            add(f"siren-{enterprise}", "siren", enterprise, "sirens", handles=f"sirens=gate-{enterprise}")
    return rows


def write_district(folder: Path, now: datetime) -> None:
    """The site folder."""
    parks = [(f"{town}-{side}", town) for town in TOWNS for side in ("a", "b")]
    regions = [("district", ""), *((town, "district") for town in TOWNS), *parks]
    enterprises, units, points, devices = [], [], [], []
    for n, e in enumerate(ENTERPRISES):
        park, place = divmod(n, 6)
        lat, lon = 38.0 + park * 0.2, 120.0 + place * 0.0057
        enterprises.append(f"{e},Works {e},{parks[park][0]},{lat:.4f},{lon:.4f}")
        units.append(f"{e}-U1,{e},Tank farm of {e},tank_farm,{lat:.4f},{lon:.4f}")
        devices += [f"{e}-GW,{e},Gateway,", f"{e}-D1,{e},Logger,{e}-GW"]
        points.append(f"{e}-G1,{e}-U1,gas.combustible,%LEL,0,100,1,laser,{e}-D1")
        points.append(f"{e}-C1,{e}-U1,gas.toxic.co,ppm,0,300,1,laser,{e}-D1")
    people = contacts(now)
    tables = {
        "site.yaml": ["name: Harbour district", f"timezone: {ZONE}", "packs: []"],
        "regions.csv": ["region,parent,name", *(f"{region},{parent},{region}" for region, parent in regions)],
        "enterprises.csv": ["enterprise,name,region,lat,lon", *enterprises],
        "units.csv": ["unit,enterprise,name,kind,lat,lon", *units],
        "devices.csv": ["device,enterprise,name,gateway", *devices],
        "points.csv": [
            "point,unit,kind,unit_symbol,range_low,range_high,period_s,principle,device",
            *points,
        ],
        "contacts.csv": [",".join(people[0]), *(",".join(row.values()) for row in people)],
    }
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    for name, lines in tables.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "rules" / "rules.yaml").write_text(RULES, encoding="utf-8")
    (folder / "routes.yaml").write_text(ROUTES, encoding="utf-8")
