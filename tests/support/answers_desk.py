"""A desk for the answer pages whose alarm and people a test can change."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace
from starlette.testclient import TestClient

from alerts.channels.port import Facts, Receipt
from alerts.links import Links
from alerts.machine import UNACKNOWLEDGED, State
from alerts.record import AlarmRecord
from plant.entries import Tier
from plant.site import Contact
from rules.identity import alarm_id
from tocsin.answers.app import make_app
from tocsin.answers.desk import Acknowledgement, Shown, UnavailableError

NOW_MS = 1_790_000_000_000
ALARM = alarm_id("gas-combustible", "E001-GAS-01", "high", NOW_MS)
RECORD = AlarmRecord(
    alarm=ALARM, rule="gas-combustible", version=1, subject="E001-GAS-01", side="high", enterprise="E001",
    state=State.ACTIVE_UNACKNOWLEDGED, level="h", severity="orange", peak_level="h", peak_severity="orange",
    worst_severity="orange", raised_at=NOW_MS - 60_000, last_at=NOW_MS - 60_000, value=26.14, limit=25.0, onset=None,
    historical=False, exercise=False, reason="limit h held 3 s", events=1, latching=False,
)  # fmt: skip
FACTS = Facts(
    alarm=ALARM, severity="orange", level="h", side="high", enterprise_name="东港化工有限公司", unit_name="一号罐区",
    subject_name="E001-GAS-01", kind="gas.combustible", rule="gas-combustible",
    text={"zh": "E001-GAS-01 可燃气体 26.14 %LEL", "en": "E001-GAS-01 combustible gas at 26.14 %LEL"},
    guidance={"zh": "停止动火，消除点火源，查找泄漏点。", "en": "Stop hot work, find the leak."},
    value=26.14, limit=25.0, unit_symbol="%LEL", raised_at_ms=NOW_MS - 60_000, region_name="临港镇",
)  # fmt: skip


def _nothing() -> None:
    pass


class Clock:
    """Stands still unless told."""

    def __init__(self) -> None:
        self.ms = NOW_MS

    def now_ms(self) -> int:
        return self.ms

    def monotonic_s(self) -> float:
        return self.ms / 1000


@dataclass
class ScriptedDesk:
    """Acknowledging works as the alarm machine does it, unless `down` or `refused`."""

    record: AlarmRecord | None = RECORD
    exercise: bool = False
    down: bool = False
    refused: str | None = None
    acts: list[tuple[str, str, Tier, str]] = field(default_factory=list)
    """(alarm, contact, tier, comment)"""
    pushed: list[tuple[str, Receipt]] = field(default_factory=list)
    before_act: Callable[[], None] = _nothing
    acknowledgements: tuple[Acknowledgement, ...] = ()
    contacts: dict[str, Contact] = field(
        default_factory=lambda: {
            "zhang": Contact("zhang", "张伟", "duty", None, "13800001234"),
            "smith": Contact("smith", "Ann Smith", "duty", None, "+44 20 7946 0958", language="en"),
            "li": Contact("li", "李安", "safety", "E001", "138 0000 5678"),
        }
    )

    def contact(self, contact: str) -> Contact | None:
        return self.contacts.get(contact)

    def tier(self, contact: Contact) -> Tier:
        return "enterprise" if contact.region_or_enterprise == "E001" else "centre"

    def look(self, alarm: str) -> Shown | None:
        self._reach()
        if self.record is None or alarm != self.record.alarm:
            return None
        return Shown(self.record, FACTS, self.acknowledgements, self.exercise)

    def acknowledge(self, alarm: str, contact: Contact, comment: str) -> str | None:
        self.before_act()
        self._reach()
        assert self.record is not None
        self.acts.append((alarm, contact.contact, self.tier(contact), comment))
        if self.refused is not None:
            return self.refused
        one = Acknowledgement(contact.name, NOW_MS, comment)
        self.acknowledgements = (one, *self.acknowledgements)
        self.record = replace(self.record, state=State.ACTIVE_ACKNOWLEDGED, acknowledged_by=contact.contact)
        return None

    def unacknowledged(self) -> list[AlarmRecord]:
        self._reach()
        return [self.record] if self.record is not None and self.record.state in UNACKNOWLEDGED else []

    def contacts_with(self, phone: str) -> list[Contact]:
        digits = phone.removeprefix("+86")
        return [c for c in self.contacts.values() if c.phone and c.phone.replace(" ", "") == digits]

    def receipts(self, channel: str, receipts: tuple[Receipt, ...]) -> None:
        self._reach()
        self.pushed += [(channel, receipt) for receipt in receipts]

    def _reach(self) -> None:
        if self.down:
            raise UnavailableError("no service runs")


class Answers:
    """The app around a scripted desk, and a client without cookies."""

    def __init__(self, **settings: Any) -> None:
        self.desk = ScriptedDesk()
        self.clock = Clock()
        self.links = Links([b"s" * 32], "https://alarms.example.org", 3600.0)
        self.app = make_app(
            self.desk, self.links, self.clock, public_url="https://alarms.example.org", centre_phone="12350", **settings
        )
        self.client = TestClient(self.app, follow_redirects=False)

    def page(self, contact: str = "zhang", level: str = "h") -> str:
        """The path of a link."""
        return f"/a/{self.links.token(contact, ALARM, level, NOW_MS)}"
