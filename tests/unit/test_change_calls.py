"""`tocsin rules apply` and `rules history`: calls that are wrong, and the file of versions."""

import shutil
from pathlib import Path

import pytest
from support.command import tocsin
from support.data_folder import Made, make_data_folder

from plant.entries import Configuration
from tocsin.log.layout import JOURNAL, VERSIONS
from tocsin.log.reader import JournalReader
from tocsin.log.versions import version_at, versions_of

WHO = ("--by", "Li Na", "--why", "as agreed", "--yes")


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return make_data_folder(tmp_path)


def configurations(made: Made) -> int:
    entries = JournalReader.open(made.data / JOURNAL).read(0)
    return sum(isinstance(entry, Configuration) for _, entry in entries)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--by", " ", "--why", "x", "--yes"), "--by is empty"),
        (("--by", "Li", "--why", "two\nlines", "--yes"), "--why is empty or holds line breaks"),
        (("--by", "signal", "--why", "x", "--yes"), "--by is signal"),
        (("--by", "Li", "--why", "x"), "no terminal to ask on"),
    ],
)
def test_a_wrong_call_changes_nothing(made: Made, more: tuple[str, ...], said: str) -> None:
    (made.site / "rules" / "more.yaml").write_text(RULE, encoding="utf-8")
    ran = tocsin("rules", "apply", "--site", made.site, "--data", made.data, *more)
    assert (ran.code, len(ran.mistakes)) == (2, 1)
    assert said in ran.err
    assert configurations(made) == 1


RULE = "rules:\n  - id: more\n    applies_to: {kind: dust.*}\n    condition: {limit: {h: 9000}}\n"


def test_a_wrong_folder_changes_nothing(made: Made, tmp_path: Path) -> None:
    (made.site / "rules" / "more.yaml").write_text(RULE.replace("9000", "&a [*a, *a]"), encoding="utf-8")
    ran = tocsin("rules", "apply", "--site", made.site, "--data", made.data, *WHO)
    assert ran.code == 2
    assert "rules/more.yaml:4" in ran.err
    assert tocsin("rules", "apply", "--site", tmp_path / "none", "--data", made.data, *WHO).code == 2
    ran = tocsin("rules", "apply", "--site", made.site, "--data", tmp_path / "none", *WHO)
    assert (ran.code, "no data folder" in ran.err) == (2, True)
    assert configurations(made) == 1


def test_versions_come_from_the_log_where_their_file_is_lost(made: Made) -> None:
    (made.site / "rules" / "more.yaml").write_text(RULE, encoding="utf-8")
    assert tocsin("rules", "apply", "--site", made.site, "--data", made.data, *WHO).code == 0
    kept = versions_of(made.data)
    assert [(v.who, v.why, v.kind, v.applied) for v in kept] == [
        ("", "", "site", False),
        ("Li Na", "as agreed", "rules", True),
    ]
    (made.data / VERSIONS).unlink()
    assert versions_of(made.data) == kept
    assert version_at(kept, 0) == kept[0]
    assert version_at(kept, kept[1].position - 1) == kept[0]
    assert version_at(kept, kept[1].position) == kept[1]


def test_history_says_what_is_wrong_with_a_call_or_its_file(made: Made) -> None:
    ran = tocsin("rules", "history", "--data", made.data, "--diff", "1", "2")
    assert (ran.code, "allowed are 1 to 1" in ran.err) == (2, True)
    assert tocsin("rules", "history", "--data", made.data, "--diff", "1", "1").code == 0
    (made.data / VERSIONS).write_text("{broken\n", encoding="utf-8")
    ran = tocsin("rules", "history", "--data", made.data)
    assert (ran.code, VERSIONS in ran.err) == (2, True)


def test_a_backup_keeps_the_versions(made: Made, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar"
    assert tocsin("backup", archive, "--data", made.data).code == 0
    kept = versions_of(made.data)
    shutil.rmtree(made.data)
    assert tocsin("restore", archive, made.data).code == 0
    assert (made.data / VERSIONS).exists()
    assert versions_of(made.data) == kept
