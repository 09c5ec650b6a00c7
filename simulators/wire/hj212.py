"""Readings as packets of HJ 212-2017."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from ingest.codecs.hj212.packet import VERSION_2017, write_packet
from ingest.codecs.local_time import CHINA, local_fields


def encode(
    device: str,
    values: Mapping[str, float | None],
    measured_at_ms: int,
    *,
    flags: Mapping[str, str] | None = None,
    command: str = "2011",
    ask_for_answer: bool = True,
    system: str = "31",
    access: str = "123456",
    zone: str = CHINA,
) -> bytes:
    """One packet. `values` by field name, `LA-Rtd`; None goes out as an empty value. `flags` by code, `LA`: N left out.

    `access` is the field PW. A time has whole seconds. ValueError where the readings don't fit into one packet.
    """
    year, *others = local_fields(measured_at_ms, ZoneInfo(zone))
    written = f"{year:04d}" + "".join(f"{part:02d}" for part in others)
    told = flags or {}
    groups = [f"DataTime={written}"]
    for name, value in values.items():
        flag = told.get(name.rpartition("-")[0], "N")
        shown = "" if value is None else f"{value:.12g}"
        groups.append(f"{name}={shown},{name.rpartition('-')[0]}-Flag={flag}")
    qn = f"{written}{measured_at_ms % 1000:03d}"
    flag_bits = VERSION_2017 | ask_for_answer
    head = f"QN={qn};ST={system};CN={command};PW={access};MN={device};Flag={flag_bits}"
    return write_packet(f"{head};CP=&&{';'.join(groups)}&&".encode("ascii"))
