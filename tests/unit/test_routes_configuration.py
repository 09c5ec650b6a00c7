"""Routes are part of a configuration: read with it, kept by the log, told apart by its digest."""

from pathlib import Path

import pytest
from support.command import tocsin
from support.routes_site import write_site

from alerts.routes.schema import RoutesFile
from plant.mistakes import InputError
from tocsin.configuration import kept_files, read_configuration, restore_configuration

ROUTES = "routes:\n  - id: a\n    ladder: [{to: [{contact: %s}]}]\n"


def test_what_the_log_keeps_means_the_same_routes(tmp_path: Path) -> None:
    configured = read_configuration(write_site(tmp_path, ROUTES % "zhang"))
    assert [route.id for route in configured.routes.routes] == ["a"]
    assert restore_configuration(configured.stored).routes == configured.routes
    assert kept_files(configured.stored)["routes.yaml"].decode() == ROUTES % "zhang"


def test_other_routes_are_another_version(tmp_path: Path) -> None:
    one = read_configuration(write_site(tmp_path / "a", ROUTES % "zhang"))
    other = read_configuration(write_site(tmp_path / "b", ROUTES % "li"))
    assert one.digest != other.digest


def test_a_site_without_routes_has_none(tmp_path: Path) -> None:
    configured = read_configuration(write_site(tmp_path))
    assert configured.routes == RoutesFile() == restore_configuration(configured.stored).routes


def test_a_mistake_in_the_routes_stops_everything(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"routes.yaml:3: ladder.0.to.0.contact: 'nobody' is unknown"):
        read_configuration(write_site(tmp_path, ROUTES % "nobody"))


def test_check_tells_of_routes(tmp_path: Path) -> None:
    fine = tocsin("check", write_site(tmp_path, ROUTES % "zhang"))
    assert fine.code == 0
    assert ", 1 routes" in fine.out
    wrong = tocsin("check", write_site(tmp_path, ROUTES % "nobody"))
    assert wrong.code == 2
    assert wrong.mistakes[0].startswith("routes.yaml:3: ladder.0.to.0.contact: ")
