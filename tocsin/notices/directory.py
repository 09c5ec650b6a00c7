"""What the dispatcher asks of the configuration in force: who somebody is, and what a text says of an alarm."""

from collections.abc import Mapping
from typing import Protocol

from alerts.channels.port import Facts, Recipient
from alerts.record import AlarmRecord


class Directory(Protocol):
    """Asked from the outbox's thread. It reads nothing but what it holds: it must be quick, and it raises nothing."""

    def recipient(self, contact: str, channel: str) -> Recipient | None:
        """Who a contact is, as the channel needs to know; None if nobody of that id is known any more."""

    def facts(self, record: AlarmRecord, event: Mapping[str, object], route: str) -> Facts:
        """What a text says of this event of the alarm; `event` is its published form."""

    def link(self, contact: str, alarm: str, level: str) -> str:
        """Opens a page on which this contact can acknowledge the alarm at that level; empty where there is none."""

    def reply_code(self, contact: str, alarm: str, level: str) -> str:
        """What this contact sends back by short message to acknowledge; empty where there is none."""

    def distance_m(self, contact: str, record: AlarmRecord) -> float | None:
        """How far the alarm is from the contact's enterprise; None where that is not known."""
