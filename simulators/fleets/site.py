"""A site whose devices speak a wire form: the cells of points.csv, and the settings that read it."""

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Final

from plant.mistakes import InputError, Mistake
from plant.site import Point, Site
from plant.site_reader import read_site
from simulators.wire.forms import TCP_FORMS, form_of
from simulators.wire.port import Address, Form, device_of

SETTINGS: Final = "tocsin.toml"
_POINTS: Final = "points.csv"
_CELLS: Final = ("topic", "key", "device")

_HEAD: Final = """\
# Reads devices that speak {form}. Here: tocsin run --config tocsin.toml
site = "."
data = "data"

[mqtt]
url = "mqtt://127.0.0.1:1883"
"""
_TCP: Final = """
# Or devices that dial in:
# [[tcp]]
# listen = "127.0.0.1:9212"
# form = "{form}"
# name = "dialled"
"""


def addressed(site: Site, form: Form) -> Site:
    """The site with the cells by which the form finds its points. InputError names the points it can't express."""
    found = _addresses(site, form)
    points = {
        p.point: replace(p, topic=found[p.point].topic, key=found[p.point].key, device=found[p.point].device)
        for p in site.points.values()
    }
    return replace(site, points=points)


def address_folder(folder: Path, form_name: str) -> list[Path]:
    """Give a site folder the cells of a form, and the settings to read it; returns the files written.

    Only topic, key and device in points.csv change. InputError: the folder is no site, or the form can't express it.
    """
    form = form_of(form_name)
    found = _addresses(read_site(folder)[0], form)
    path = folder / _POINTS
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")))
    header = [cell.strip() for cell in rows[0]]
    columns = [*header, *(cell for cell in _CELLS if cell not in header)]
    at = header.index("point")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        for row in rows[1:]:
            if not any(cell.strip() for cell in row):
                continue
            cells = dict(zip(columns, row, strict=False))
            address = found[row[at].strip()]
            writer.writerow({**cells, "topic": address.topic, "key": address.key, "device": address.device})
    written = [path]
    for name, text in ({SETTINGS: settings_text(form)} | form.files()).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        written.append(folder / name)
    return written


def settings_text(form: Form) -> str:
    """A tocsin.toml beside site.yaml."""
    section = form.settings()
    tcp = _TCP.format(form=form.name) if form.name in TCP_FORMS else ""
    return _HEAD.format(form=form.name) + (f"\n{section}" if section else "") + tcp


def _addresses(site: Site, form: Form) -> dict[str, Address]:
    found: dict[str, Address] = {}
    taken: dict[tuple[str | None, str | None, str | None], str] = {}
    wrong: list[Mistake] = []
    devices: dict[tuple[str, str], int] = {}
    members: dict[tuple[str, str], int] = {}
    for point in site.points.values():
        name = point.enterprise, device_of(point)
        members[name] = members.get(name, 0) + 1
        try:
            address = form.address(point, (devices.setdefault(name, len(devices) + 1), members[name]))
            if taken.setdefault(address, point.point) != point.point:
                raise ValueError(f"would be {address.device} {address.key}, as {taken[address]} is")
        except ValueError as error:
            wrong.append(_mistake(point, f"{error} ({form.name})"))
        else:
            found[point.point] = address
    if wrong:
        raise InputError(wrong)
    return found


def _mistake(point: Point, what: str) -> Mistake:
    return Mistake(_POINTS, point.line, "", f"{point.point}: {what}")
