"""`tocsin simulate --site-out`: the site of a fleet, in the wire form that its devices speak."""

import shutil
from pathlib import Path

import typer

from plant.site import Site
from simulators import write_own_site
from simulators.fleets.site import SETTINGS, address_folder, addressed
from simulators.wire.forms import form_of


def own_site_in_form(plant: Site, form: str) -> Site:
    """The site as its devices speak the form. InputError names the points that it can't express."""
    return plant if form == "native" else addressed(plant, form_of(form))


def write_site_out(scenario: str, site: Path | None, folder: Path, form: str) -> Path:
    """Write the scenario's own site, or a copy of `site`, into a new folder; returns where it is."""
    if folder.exists() and any(folder.iterdir()):
        raise typer.BadParameter(f"--site-out {folder} is not empty; name a new folder")
    written = site or write_own_site(scenario, folder)
    if form == "native":
        return written
    if written != folder:
        shutil.copytree(written, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(SETTINGS, "data"))
    address_folder(folder, form)
    return folder
