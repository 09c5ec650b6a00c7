"""The demo's people: the duty officer acknowledges, safety officers dispose; some alarms are left to the visitor."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import structlog

from alerts.disposal.machine import DisposalState
from alerts.disposal.record import Disposal
from alerts.machine import UNACKNOWLEDGED, State
from alerts.record import AlarmRecord
from plant.entries import DisposalActionName
from tocsin.book import BookReader
from tocsin.book.disposals import disposals
from tocsin.book.schema import BookError, open_reader
from tocsin.clock import Clock
from tocsin.database.errors import DATABASE_ERRORS
from tocsin.log.layout import BOOK
from tocsin.runtime.control import DisposalRequest, NotRunningError, Request, ask

VISITORS: Final = frozenset({"E01", "E02"})
"""Whose alarms nobody answers but the visitor."""

_DUTY: Final = "C00"
"""Of the centre: red alarms are its to acknowledge and to close."""
_LOOK_EVERY_S: Final = 2.0
_ANSWER_MS: Final = 8_000
_FINISH_MS: Final = 25_000
_FOUND: Final = {
    "dust-spark": ("process.upset", "打磨火花，已停机清理 A spark from grinding; stopped and cleaned"),
    "data-stale": ("system.communication", "网关重启后恢复 Came back after the gateway was restarted"),
}
_ELSE: Final = ("equipment.fault", "现场检查，已处置 Looked at on the spot, mended")
_log = structlog.get_logger(__name__)


def next_acts(
    alarms: Sequence[AlarmRecord], under_way: Sequence[Disposal], now_ms: int
) -> Iterator[Request | DisposalRequest]:
    """What people do now: one step an alarm, one a disposal."""
    for alarm in alarms:
        if alarm.enterprise in VISITORS or now_ms - alarm.raised_at < _ANSWER_MS:
            continue
        if alarm.state in UNACKNOWLEDGED:
            yield Request("acknowledge", alarm.alarm, _DUTY, "已通知企业 The enterprise is told")
        elif alarm.state is State.LATCHED_ACKNOWLEDGED:
            yield Request("reset", alarm.alarm, _DUTY)
    for disposal in under_way:
        if disposal.enterprise in VISITORS or now_ms - disposal.since < _ANSWER_MS:
            continue
        step = _step(disposal, now_ms)
        if step is not None:
            action, fields = step
            by = _DUTY if action == "close" else _officer(disposal.enterprise)
            yield DisposalRequest(action, disposal.alarm, by, fields)


def answer(data: Path, clock: Clock, stop: threading.Event) -> None:
    """Do it until `stop` is set. Nobody asks twice for the same: what was refused stays so."""
    done: set[tuple[str, ...]] = set()
    while not stop.wait(_LOOK_EVERY_S):
        try:
            for act in next_acts(*_read(data / BOOK), clock.now_ms()):
                if (this := (act.action, act.alarm)) not in done:
                    ask(data, act)
                    done.add(this)
        except (BookError, NotRunningError, *DATABASE_ERRORS, OSError) as error:
            _log.debug("people_wait", reason=str(error))


def _step(disposal: Disposal, now_ms: int) -> tuple[DisposalActionName, dict[str, str]] | None:
    code, text = _FOUND.get(disposal.rule, _ELSE)
    match disposal.state:
        case DisposalState.OPEN | DisposalState.ASSIGNED:
            return "start", {}
        case DisposalState.IN_PROGRESS if not disposal.active and now_ms - disposal.since > _FINISH_MS:
            return ("submit", {"text": text}) if disposal.cause else ("cause", {"code": code, "text": text})
        case DisposalState.SUBMITTED | DisposalState.VERIFIED:
            return "close", {}
    return None


def _officer(enterprise: str) -> str:
    """The county's contacts are numbered as its enterprises are."""
    return f"C{enterprise.removeprefix('E')}"


def _read(book: Path) -> tuple[list[AlarmRecord], list[Disposal]]:
    with closing(open_reader(book)) as db:
        return BookReader(db).alarms(), disposals(db)
