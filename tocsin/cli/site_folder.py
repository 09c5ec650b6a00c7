"""`tocsin site import` and `export`: a site folder as an Excel workbook."""

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="A site folder as an Excel workbook, and back.", no_args_is_help=True)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="The workbook.")],
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The site folder; made where it is not there.")],
    force: Annotated[bool, typer.Option("--force", help="Replace files of the same names.")] = False,
) -> None:
    """Write the tables of a workbook into a site folder. Checked first: a mistake changes nothing."""
    from tocsin.excel import import_site

    written, warnings = import_site(file, directory, force=force)
    for warning in warnings:
        print(warning, file=sys.stderr)
    for name in written:
        print(directory / name)


@app.command()
def export(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The site folder.")],
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="The workbook; an existing one is replaced.")],
) -> None:
    """Write a site folder as a workbook: a sheet for each table, words to choose from, help at each header."""
    from tocsin.excel import export_site

    rows = export_site(directory, file)
    print(f"{file}: {rows} rows")
