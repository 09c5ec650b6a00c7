"""devices.csv: devices and the gateways through which they are heard."""

from pathlib import Path

import pytest
from support.site_builder import build_site

from plant.mistakes import InputError
from plant.site import Device
from plant.site_reader import read_site
from plant.snapshot import snapshot_digest, snapshot_site

HEADER = "device,enterprise,name,gateway,model,serial,installed\n"


def site_with(folder: Path, rows: str) -> Path:
    site = build_site(folder / "site", 4, enterprises=2)
    (site / "devices.csv").write_text(HEADER + rows, encoding="utf-8")
    return site


def test_devices_are_read_and_are_part_of_what_a_log_names(tmp_path: Path) -> None:
    folder = site_with(tmp_path, "GW 1/a,E0001,,,,,\nD0,E0001,Detectors,GW 1/a,Acme 5,77-3,2024-02-29\n")
    site, _ = read_site(folder)
    assert site.devices["GW 1/a"] == Device("GW 1/a", "E0001", "GW 1/a")
    assert site.devices["D0"] == Device("D0", "E0001", "Detectors", "GW 1/a", "Acme 5", "77-3", "2024-02-29")
    assert site.gateways() == {("D0", "E0001"): "GW 1/a", ("GW 1/a", "E0001"): "GW 1/a"}
    before = snapshot_digest(snapshot_site(folder))
    (folder / "devices.csv").write_text(HEADER, encoding="utf-8")
    assert snapshot_digest(snapshot_site(folder)) != before


@pytest.mark.parametrize(
    ("rows", "mistake"),
    [
        ("A,E0009,,,,,\n", "devices.csv:2: enterprise: 'E0009' is unknown, allowed are the ids of enterprises.csv"),
        ("A,E0001,,G,,,\n", "devices.csv:2: gateway: 'G' is unknown, allowed are the ids of devices.csv"),
        (
            "A,E0001,,G,,,\nG,E0002,,,,,\n",
            "devices.csv:2: gateway: 'G' is of enterprise 'E0002', allowed are those of 'E0001'",
        ),
        (
            "A,E0001,,B,,,\nB,E0001,,C,,,\nC,E0001,,,,,\n",
            "devices.csv:2: gateway: 'B' stands behind 'C', allowed is a gateway that has none",
        ),
        ("A,E0001,,A,,,\n", "devices.csv:2: gateway: 'A' stands behind 'A', allowed is a gateway that has none"),
        ("A,E0001,,,,,\nA,E0001,,,,,\n", "devices.csv:3: device: 'A' stands twice, first on line 2"),
    ],
)
def test_what_does_not_hold_is_said_at_its_line(tmp_path: Path, rows: str, mistake: str) -> None:
    with pytest.raises(InputError) as raised:
        read_site(site_with(tmp_path, rows))
    assert mistake in [str(found) for found in raised.value.mistakes]
