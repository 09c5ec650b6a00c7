"""`tocsin rules show` and `packs`: what a rule says on a point and where that comes from."""

import re
from pathlib import Path

import pytest
from support.command import tocsin

from rules.loader import pack_names
from tocsin.init import write_example


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example site with a rule in the place of the pack's for combustible gas."""
    folder = tmp_path_factory.mktemp("show") / "site"
    write_example(folder)
    (folder / "rules" / "gas.yaml").write_text(
        "rules:\n"
        "  - id: gas-combustible\n"
        "    version: 2\n"
        "    applies_to: {kind: gas.combustible}\n"
        "    condition: {limit: {h: 20, hh: 40}}\n"
        "    unit_symbols: ['%LEL']\n"
        "    on_delay_s: 0\n",
        encoding="utf-8",
    )
    return folder


def shown(*arguments: object) -> dict[str, tuple[str, str]]:
    """path -> (value, origin)"""
    ran = tocsin("rules", "show", *arguments)
    assert ran.code == 0, ran.err
    rows = [re.split(r"\s{2,}", line.strip()) for line in ran.out.splitlines()[1:]]
    return {row[0]: (row[1], row[2]) for row in rows if len(row) == 3}


def test_a_value_comes_from_its_line_the_pack_or_a_default(site: Path) -> None:
    values = shown("gas-combustible", "--site", site)
    assert values["condition.limit.h"] == ("20", "rules/gas.yaml:5")
    assert values["condition.limit.deadband"] == ("0", "default")
    assert values["on_delay_s.hh"] == ("0 s", "rules/gas.yaml:7")
    assert values["off_delay_s.h"] == ("0 s", "default")
    assert values["ceiling.h"][0] == "25"
    assert values["ceiling.h"][1].startswith("pack gas-combustible:")
    assert values["never_suppress.hh"][0] == "yes"
    assert values["never_suppress.hh"][1].startswith("pack gas-combustible:")
    assert values["source.standard"][0] == "GB/T 50493-2019"


def test_on_a_point_its_cells_count(site: Path) -> None:
    values = shown("tank-level", "--site", site, "--point", "E001-LEVEL-01")
    assert values["condition.limit.h"] == ("5", "points.csv:5, cell h")
    assert values["condition.limit.deadband"] == ("0.1", "points.csv:5, cell deadband")
    assert values["on_delay_s.h"][0] == "5 s"
    without = shown("tank-level", "--site", site, "--lang", "zh")
    assert without["condition.limit.h"][0] == "取自测点单元格"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (("nope",), "there is no rule 'nope'"),
        (("tank-level", "--point", "NOWHERE"), "it is no point of the site"),
        (("tank-level", "--point", "E001-GAS-01"), "the rule does not apply to it"),
    ],
)
def test_what_is_not_there(site: Path, call: tuple[str, ...], message: str) -> None:
    ran = tocsin("rules", "show", *call, "--site", site)
    assert (ran.code, ran.out, len(ran.mistakes)) == (2, "", 1)
    assert message in ran.err


def test_the_packs_with_what_they_need(site: Path) -> None:
    ran = tocsin("rules", "packs", "--site", site)
    assert ran.code == 0
    for name in pack_names():
        assert re.search(rf"^{name}\b", ran.out, re.M), name
    assert re.search(
        r"^gas-combustible \* +gas-combustible +kind gas.combustible +GB/T 50493-2019 5.5.2 +V +on +3", ran.out, re.M
    )
    assert not re.search(r"^gas-oxygen \*", ran.out, re.M)
    assert tocsin("rules", "packs").code == 0
