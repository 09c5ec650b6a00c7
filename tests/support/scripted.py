"""A channel that does as the test says, a directory that knows everybody, and calls made by hand."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from support.alarm_steps import LATCHING, engine_event

from alerts.call import Call, Purpose, Way
from alerts.channels.port import Facts, Limits, Notice, Outcome, Receipt, Recipient
from alerts.record import AlarmRecord
from rules.events import AlarmEvent
from tocsin.book import AlarmBook
from tocsin.book.outbox_queue import queue
from tocsin.database import Place

OK = Outcome(True, 200, "taken", provider_id="p")

Answer = Outcome | Callable[[Notice], Outcome]


@dataclass
class Sent:
    notice: Notice
    at_ms: int


class ScriptedChannel:
    """Answers as told, `always` unless there is a script; may be held. Its methods may be called from any thread."""

    def __init__(self, name: str = "sms", limits: Limits | None = None, always: Answer = OK) -> None:
        self.name = name
        self.limits = limits or Limits()
        self.always: Answer = always
        self.script: list[Answer] = []
        self.sent: list[Sent] = []
        self.underway = 0
        self.most_underway = 0
        self.most_underway_of_one: dict[str, int] = {}
        self._of_one: dict[str, int] = {}
        self._free = threading.Event()
        self._free.set()
        self._changed = threading.Condition()

    def hold(self) -> None:
        """Answer nobody until `release`."""
        self._free.clear()

    def release(self) -> None:
        self._free.set()

    async def send(self, notice: Notice, now_ms: int) -> Outcome:
        contact = notice.recipient.contact if notice.recipient is not None else ""
        with self._changed:
            self.sent.append(Sent(notice, now_ms))
            self.underway += 1
            self.most_underway = max(self.most_underway, self.underway)
            self._of_one[contact] = self._of_one.get(contact, 0) + 1
            self.most_underway_of_one[contact] = max(self.most_underway_of_one.get(contact, 0), self._of_one[contact])
            answer = self.script.pop(0) if self.script else self.always
            self._changed.notify_all()
        try:
            if not self._free.is_set():
                await asyncio.to_thread(self._free.wait, 30)
            return answer if isinstance(answer, Outcome) else answer(notice)
        finally:
            with self._changed:
                self.underway -= 1
                self._of_one[contact] -= 1

    async def close(self) -> None:
        pass

    def wait_for(self, count: int, timeout_s: float = 10.0) -> None:
        """Until so many messages were sent, whatever was answered."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.sent) >= count, timeout_s), f"{len(self.sent)} were sent"

    @property
    def told(self) -> list[list[str]]:
        """The subjects of each message, in order."""
        return [[item.subject for item in sent.notice.items] for sent in self.sent]

    @property
    def ids(self) -> list[str]:
        return [sent.notice.id for sent in self.sent]


class ReceiptChannel(ScriptedChannel):
    """Tells receipts when it is asked; `news` is what it tells next."""

    def __init__(self, name: str = "sms", **facts: Any) -> None:
        super().__init__(name, **facts)
        self.news: list[Receipt] = []
        self.asked: list[tuple[str, str, int]] = []

    async def receipts(self, pending: Sequence[tuple[str, str, int]], now_ms: int) -> list[Receipt]:
        self.asked += pending
        news, self.news = self.news, []
        return news


@dataclass
class EverybodyKnown:
    """A directory in which every contact but `unknown` has a phone."""

    unknown: set[str] = field(default_factory=set)

    def recipient(self, contact: str, channel: str) -> Recipient | None:
        return None if contact in self.unknown else Recipient(contact, contact.title(), "13800000000")

    def facts(self, record: AlarmRecord, event: Mapping[str, object], route: str) -> Facts:
        at = int(str(event["at"]))
        return Facts(
            record.alarm, record.severity, record.level, "high", "Plant", "Unit", record.subject, "gas", route,
            raised_at_ms=at,
        )  # fmt: skip

    def link(self, contact: str, alarm: str, level: str) -> str:
        return f"https://centre.example/{contact}/{alarm}/{level}"

    def reply_code(self, contact: str, alarm: str, level: str) -> str:
        return "1234"

    def distance_m(self, contact: str, record: AlarmRecord) -> float | None:
        return 320.0


def subject_of(i: int) -> str:
    return f"E001-P{i}"


def call(
    i: int = 0,
    ways: Iterable[tuple[str, str]] = (("zhang", "sms"),),
    n: int = 1,
    purpose: Purpose = "alarm",
    key: str = "",
    **facts: Any,
) -> Call:
    """Word of event `n` of the alarm on subject `i`."""
    pairs = tuple(Way(*way) for way in ways)
    alarm = engine_event("raised", subject=subject_of(i)).alarm
    return Call(key or f"k{i}.{n}.{pairs[0].contact}", alarm, n, purpose, pairs, **({"at": 1} | facts))


class Ringing:
    """A book to which tests add alarms and calls."""

    def __init__(self, path: Place) -> None:
        self.path = path
        self.book = AlarmBook.open_for_writing(path, durable=False)
        self._position = self.book.position

    def raise_alarms(self, *numbers: int, level: str = "h", name: str = "raised", at: int = 0) -> None:
        """An event for each alarm."""
        events: list[AlarmEvent] = []
        for i in numbers:
            facts = {"at": at} if at else {}
            events.append(engine_event(name, level=level, subject=subject_of(i), **facts))
        first, self._position = self._position, self._position + len(events)
        self.book.commit(self._position, list(enumerate(events, first)), LATCHING)

    def owe(self, *calls: Call) -> int:
        with self.book.connection.transaction():
            return queue(self.book.connection, calls)
