"""What one row says of another: ids that stand twice, and ids that don't exist."""

from collections.abc import Container

from plant.mistakes import Mistake
from plant.site_reader.cells import shown
from plant.site_reader.columns import TABLES
from plant.site_reader.table import Table


def check_unique_ids(tables: dict[str, Table], mistakes: list[Mistake]) -> None:
    """Note every id that stands in an earlier row of its file."""
    for file, table in tables.items():
        column = TABLES[file][0].name
        first: dict[str, int] = {}
        for row, value in enumerate(table.columns[column]):
            if value is None:
                continue
            if value in first:
                message = f"{shown(value)} stands twice, first on line {table.lines[first[value]]}"
                table.note(mistakes, row, column, message)
            else:
                first[value] = row


def check_references(tables: dict[str, Table], mistakes: list[Mistake]) -> None:
    """Note every enterprise, unit, region and parent that no row defines. A file that could not be read defines all."""
    _check(tables, "units.csv", "enterprise", "enterprises.csv", mistakes)
    _check(tables, "points.csv", "unit", "units.csv", mistakes)
    _check(tables, "regions.csv", "parent", "regions.csv", mistakes, column_there="region")
    _check(tables, "enterprises.csv", "region", "regions.csv", mistakes)
    _check(tables, "devices.csv", "enterprise", "enterprises.csv", mistakes)
    _check(tables, "devices.csv", "gateway", "devices.csv", mistakes, column_there="device")
    if "devices.csv" in tables:
        _check_gateways(tables["devices.csv"], mistakes)
    _check_contacts(tables, mistakes)
    if "regions.csv" in tables:
        _check_cycles(tables["regions.csv"], mistakes)


def _check(
    tables: dict[str, Table], file: str, column: str, other: str, mistakes: list[Mistake], column_there: str = ""
) -> None:
    if file not in tables or other not in tables:
        return
    there = set(tables[other].columns[column_there or column])
    _note_unknown(tables[file], column, there, other, mistakes)


def _note_unknown(table: Table, column: str, there: Container[str], other: str, mistakes: list[Mistake]) -> None:
    for row, value in enumerate(table.columns[column]):
        if value is not None and value not in there:
            table.note(mistakes, row, column, f"{shown(value)} is unknown, allowed are the ids of {other}")


def _check_contacts(tables: dict[str, Table], mistakes: list[Mistake]) -> None:
    contacts, enterprises = tables.get("contacts.csv"), tables.get("enterprises.csv")
    if contacts is None or enterprises is None:
        return
    there = set(enterprises.columns["enterprise"])
    regions = tables.get("regions.csv")
    there |= set(regions.columns["region"] if regions else enterprises.columns["region"])
    _note_unknown(contacts, "region_or_enterprise", there, "enterprises.csv and regions.csv", mistakes)


def _check_gateways(devices: Table, mistakes: list[Mistake]) -> None:
    """Note gateways that stand behind another one (or themselves), and those of another enterprise."""
    columns = devices.columns
    gateway_of = dict(zip(columns["device"], columns["gateway"], strict=True))
    enterprise_of = dict(zip(columns["device"], columns["enterprise"], strict=True))
    for row, (enterprise, gateway) in enumerate(zip(columns["enterprise"], columns["gateway"], strict=True)):
        if gateway is None or gateway not in gateway_of:
            continue
        if gateway_of[gateway] is not None:
            message = f"{shown(gateway)} stands behind {shown(gateway_of[gateway])}, allowed is a gateway that has none"
            devices.note(mistakes, row, "gateway", message)
        if enterprise_of[gateway] != enterprise:
            theirs = shown(enterprise_of[gateway])
            message = f"{shown(gateway)} is of enterprise {theirs}, allowed are those of {shown(enterprise)}"
            devices.note(mistakes, row, "gateway", message)


def _check_cycles(regions: Table, mistakes: list[Mistake]) -> None:
    """Note every region that lies in itself, each ring once."""
    parents = dict(zip(regions.columns["region"], regions.columns["parent"], strict=True))
    rows = {region: row for row, region in enumerate(regions.columns["region"])}
    done: set[str] = set()
    for start in parents:
        path: dict[str, None] = {}
        region = start
        while region is not None and region in parents and region not in done and region not in path:
            path[region] = None
            region = parents[region]
        if region in path:
            ring = list(path)[list(path).index(region) :]
            shown_ring = " > ".join([*ring[:8], *(["..."] if len(ring) > 8 else []), region])
            regions.note(mistakes, rows[region], "parent", f"the region lies in itself ({shown_ring})")
        done.update(path)
