"""A small site with people in it, for tests of routes: two regions, three enterprises, two of them near each other."""

from pathlib import Path

from plant.site import Site
from plant.site_reader import read_site

FILES = {
    "site.yaml": "name: County\ntimezone: Asia/Shanghai\npacks: [gas-combustible]\n",
    "regions.csv": "region,parent,name\ncounty,,County\nnorth,county,North\nsouth,county,South\n",
    "enterprises.csv": "enterprise,name,region,park,industry,lat,lon\n"
    "E1,Works,north,Port,chemicals,30.000,120.000\nE2,Mill,north,,furniture,30.009,120.000\nE3,Store,south,,,,\n",
    "units.csv": "unit,enterprise,name,kind,lat,lon\n"
    "E1-T,E1,Tanks,tank_farm,30.001,120.000\nE2-W,E2,Hall,workshop,,\nE3-C,E3,Store,cold_store,,\n",
    "points.csv": "point,unit,kind,period_s,tags\n"
    "E1-G1,E1-T,gas.combustible,1,sis east\nE2-G1,E2-W,gas.combustible,1,east\nE3-A1,E3-C,ammonia.ppm,1,\n",
    "contacts.csv": "contact,name,role,region_or_enterprise,phone,channels,quiet\n"
    "zhang,张,duty,county,13800000001,sms ding,\n"
    "li,李,duty,county,13800000002,sms,\n"
    "wang,王,duty,county,13800000003,sms,\n"
    "zhao,赵,duty,,13800000004,sms,\n"
    "room,值班室,room,,,screen,\n"
    "boss,主任,leader,county,13800000005,voice sms,22:00-07:00\n"
    "north-boss,北,leader,north,13800000006,sms,\n"
    "safe1,安一,safety,E1,13800000007,sms,22:00-07:00\n"
    "safe2,安二,safety,E2,13800000008,sms mail,\n"
    "safe3,安三,safety,E3,13800000009,sms,\n"
    "man1,经一,manager,E1,13800000010,sms,\n",
}


def write_site(folder: Path, routes: str | None = None, **files: str) -> Path:
    """Write the site; `routes` is the text of routes.yaml, `files` replace others (contacts="..." for contacts.csv)."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = FILES | {f"{name}.csv": text for name, text in files.items()}
    if routes is not None:
        texts["routes.yaml"] = routes
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def made_site(folder: Path, **files: str) -> Site:
    """The site itself."""
    return read_site(write_site(folder, **files))[0]
