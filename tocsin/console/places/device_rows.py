"""Devices as their page lists them: those in trouble first (pure)."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from tocsin.console.places.page_links import enterprise_page
from tocsin.inventory.inventory import DeviceRow, Share
from tocsin.inventory.standing import State

_WORST_FIRST: Final = (State.SILENT, State.NEVER, State.REPORTING)
CLOCK_MS: Final = 5_000
"""A clock that is further off is marked: as far as the rules of data health let it be."""
BAD_SHARE: Final = 0.01


class DeviceLine(NamedTuple):
    """Texts are "" where nothing is known; `odd` names the columns that deserve a look."""

    device: str
    name: str
    enterprise: str
    address: str
    state: State
    points: str
    heard_ms: int | None
    clock: str
    delay: str
    bad: str
    readings: int
    odd: frozenset[str]


class ShareLine(NamedTuple):
    scope: str
    name: str
    address: str
    expected: int
    reporting: int
    silent: int
    never: int
    percent: str


def in_order(devices: Sequence[DeviceRow]) -> list[DeviceRow]:
    """Silent ones, those never heard, then the others; each by enterprise and device."""
    return sorted(devices, key=lambda d: (_WORST_FIRST.index(d.state), d.enterprise, d.device))


def line_of(device: DeviceRow, names: Mapping[str, str]) -> DeviceLine:
    """`names` of enterprises."""
    unusable = device.bad + device.over_range + device.under_range
    share = unusable / device.readings if device.readings else 0.0
    odd = set()
    if device.clock_offset_ms is not None and abs(device.clock_offset_ms) > CLOCK_MS:
        odd.add("clock")
    if share > BAD_SHARE:
        odd.add("bad")
    if device.reporting_points < device.points:
        odd.add("points")
    return DeviceLine(
        device=device.device,
        name="" if device.name == device.device else device.name,
        enterprise=names.get(device.enterprise, device.enterprise),
        address=enterprise_page(device.enterprise),
        state=device.state,
        points=f"{device.reporting_points} / {device.points}",
        heard_ms=device.last_heard_ms,
        clock=_seconds(device.clock_offset_ms, "+"),
        delay=_seconds(device.delay_ms),
        bad=f"{share:.1%}" if device.readings else "",
        readings=device.readings,
        odd=frozenset(odd),
    )


def share_lines(shares: Sequence[Share], regions: Mapping[str, str], enterprises: Mapping[str, str]) -> list[ShareLine]:
    """All, regions, then enterprises with the lowest rate first."""
    order = ("all", "region", "enterprise")
    ranked = sorted(shares, key=lambda s: (order.index(s.scope), _rate(s), s.id))
    return [
        ShareLine(
            scope=share.scope,
            name=(regions if share.scope == "region" else enterprises).get(share.id, share.id),
            address=enterprise_page(share.id) if share.scope == "enterprise" else "",
            expected=share.expected,
            reporting=share.reporting,
            silent=share.silent,
            never=share.never,
            percent="" if share.online_rate is None else f"{share.online_rate:.1%}",
        )
        for share in ranked
    ]


def _rate(share: Share) -> float:
    return 2.0 if share.online_rate is None or share.scope != "enterprise" else share.online_rate


def _seconds(ms: int | None, sign: str = "") -> str:
    return "" if ms is None else f"{round(ms / 1000, 1) + 0.0:{sign}.1f} s"
