"""A snapshot holds what makes up a site, the same for the same files, and unpacks nowhere else."""

import io
import os
import zipfile
from pathlib import Path

import pytest
from support.site_builder import build_site

from plant.site_reader import read_site
from plant.snapshot import SnapshotError, snapshot_digest, snapshot_site, unpack_snapshot


def packed(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_a_snapshot_unpacks_to_the_same_site(tmp_path: Path) -> None:
    site = build_site(tmp_path / "a", 50, rules={"z.yaml": "rules: []\n", "a.yaml": "rules: []\n"})
    (site / "routes.yaml").write_text("routes: []\n")
    unpack_snapshot(snapshot_site(site), tmp_path / "b")
    names = sorted(p.relative_to(tmp_path / "b").as_posix() for p in (tmp_path / "b").rglob("*") if p.is_file())
    assert names == [
        "enterprises.csv",
        "points.csv",
        "routes.yaml",
        "rules/a.yaml",
        "rules/z.yaml",
        "site.yaml",
        "units.csv",
    ]
    assert read_site(tmp_path / "b") == read_site(site)


def test_the_same_files_make_the_same_bytes_whenever_and_wherever_written(tmp_path: Path) -> None:
    one = build_site(tmp_path / "one", 50, rules={"a.yaml": "rules: []\n"})
    two = build_site(tmp_path / "two", 50, rules={"a.yaml": "rules: []\n"})
    for path in two.rglob("*.csv"):
        os.utime(path, (0, 0))
        path.chmod(0o600)
    (two / "notes.txt").write_text("not of the site")
    assert snapshot_site(one) == snapshot_site(two)
    (two / "rules" / "a.yaml").write_text("rules: [] \n")
    assert snapshot_digest(snapshot_site(one)) != snapshot_digest(snapshot_site(two))


def test_the_digest_is_of_the_content_and_not_of_its_compression() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("site.yaml", "name: A\n" * 100)
    stored = packed(**{"site.yaml": "name: A\n" * 100})
    assert buffer.getvalue() != stored
    assert snapshot_digest(buffer.getvalue()) == snapshot_digest(stored)
    assert len(snapshot_digest(stored)) == 64


@pytest.mark.parametrize(
    "name",
    ["../evil.csv", "/etc/evil", "rules/../../x.yaml", "rules\\x.yaml", "rules/a/b.yaml", "run.sh", "rules/x.sh"],
)
def test_no_name_reaches_outside_the_folder(tmp_path: Path, name: str) -> None:
    target = tmp_path / "in" / "site"
    with pytest.raises(SnapshotError, match="which is no file of a site"):
        unpack_snapshot(packed(**{"site.yaml": "name: A\n", name: "x"}), target)
    assert not target.exists()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    with pytest.raises(FileExistsError):
        unpack_snapshot(packed(**{"site.yaml": "name: A\n"}), tmp_path)
    assert not (tmp_path / "site.yaml").exists()


def test_bytes_that_are_no_snapshot_are_refused(tmp_path: Path) -> None:
    whole = snapshot_site(build_site(tmp_path, 20))
    for broken in (b"", b"PK", whole[:-30], whole[:100] + b"\xff" * 40 + whole[140:]):
        with pytest.raises(SnapshotError):
            snapshot_digest(broken)
