"""Accounts have a site to choose from before the service has ever run."""

from pathlib import Path

from tocsin.centre.grounds import Grounds
from tocsin.console.known_site import KnownSite
from tocsin.init import write_example
from tocsin.records import FolderRecords


def test_before_anything_is_in_force_it_is_that_of_the_folder(tmp_path: Path) -> None:
    write_example(tmp_path / "site")
    site = KnownSite(Grounds(FolderRecords(tmp_path / "data")), tmp_path / "site").now()
    assert set(site.enterprises) == {"E001", "E002"}


def test_without_either_it_is_empty(tmp_path: Path) -> None:
    known = KnownSite(Grounds(FolderRecords(tmp_path / "data")), tmp_path / "site")
    assert known.now().timezone == "Asia/Shanghai"
    assert known.now().enterprises == {}
