"""Names that strangers chose: nothing of them runs, nothing is bent into another name, nothing grows without bound."""

import csv

import pytest
from support.ingest_site import make_site

from ingest.gases import find_gas
from ingest.unknown import UnknownDevice, UnknownDevices, UnknownKey
from tocsin.onboarding.points_file import with_rows
from tocsin.onboarding.proposal import AdoptionError, Wish, propose_rows

NOW_MS = 1_732_190_000_500


def seen(device: str, key: str, unit: str = "", topic: str = "tocsin/v1/E1/D/up") -> UnknownDevice:
    unknown = UnknownDevices()
    unknown.note(topic, device, "E1", [(key, 1.5, unit)], NOW_MS)
    return unknown.devices()[0]


def rows(device: UnknownDevice, kind: str) -> list[dict[str, str]]:
    return propose_rows(device, make_site(), Wish("E1-U", dict.fromkeys(device.keys, kind)))


@pytest.mark.parametrize(
    "name", ["=cmd|'/c calc'!A0", "+1", "-x", "@SUM(A1)", "a\nb", "a\u202eb", " a", "a\t", "x" * 300]
)
def test_names_that_would_run_or_change_are_refused(name: str) -> None:
    for device in (seen(name, "temp"), seen("D", name)):
        with pytest.raises(AdoptionError, match=r"formula|can't stand"):
            rows(device, "tank.temperature")


@pytest.mark.parametrize("name", ["a,b", 'say "hi"', "液位-1", "a=b", "ns=2;s=Tank:Level", "a\\b"])
def test_names_that_are_only_odd_come_back_from_the_file_as_they_are(name: str) -> None:
    made = rows(seen(name, name), "tank.temperature")
    text = with_rows("point,unit,kind,unit_symbol,period_s,topic,key,device\n", made)
    (row,) = list(csv.DictReader(text.splitlines()))
    assert (row["device"], row["key"]) == (name, name)


@pytest.mark.parametrize(
    ("kind", "said", "symbol"),
    [
        ("gas.toxic.h2s", "PPM", "ppm"),
        ("gas.combustible", "LEL%", "%LEL"),
        ("tank.temperature", "℃", "℃"),
        ("tank.temperature", "Cel", "degC"),
        ("gas.combustible", "furlong", "%LEL"),
        ("tank.pressure", "atm", "Pa"),
    ],
)
def test_a_unit_is_spelt_as_points_csv_spells_it(kind: str, said: str, symbol: str) -> None:
    (row,) = rows(seen("D", "k", said), kind)
    assert row["unit_symbol"] == symbol


def test_what_strangers_send_is_kept_within_a_bound() -> None:
    unknown = UnknownDevices()
    for n in range(300):
        unknown.note(f"t/{n}", f"D{n}", "", [(f"k{key}", 1.0, "") for key in range(200)], NOW_MS + n)
    assert sum(len(device.keys) for device in unknown.devices()) == 40_000
    assert unknown.devices()[0].device == "D299"
    for device in list(unknown.devices()):
        unknown.forget(device.topic, device.device)
    unknown.restore([UnknownDevice("t", "D", "", 0, 0, 1, {"k": UnknownKey()})])
    assert [device.device for device in unknown.devices()] == ["D"]


@pytest.mark.parametrize("name", ["HC", "CH", "C", "O", "VOC", "NOx", "LPG", "THC"])
def test_a_word_that_only_looks_like_a_formula_is_no_gas(name: str) -> None:
    assert find_gas(name) is None


def test_formulas_are_gases() -> None:
    gases = [find_gas(name) for name in ("H2S", "cl2", "C4H10", "Ar", "NO", "甲烷")]
    assert [gas and gas.formula for gas in gases] == ["H2S", "Cl2", "C4H10", "Ar", "NO", "CH4"]
