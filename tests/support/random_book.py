"""Alarm books with random alarms in them, written through the book's own commit."""

from pathlib import Path

from hypothesis import strategies as st

from alerts.fold import Step
from alerts.record import Policy
from plant.entries import OperatorAction, Position
from rules.events import AlarmEvent
from rules.identity import alarm_id
from tocsin.book import AlarmBook

T0 = 1_790_000_000_000
"""A time in September 2026."""
MINUTE_MS = 60_000
_SEVERITIES = {"h": "orange", "hh": "red", "l": "yellow", "on": "blue"}


def event_of(
    name: str, subject: str, raised_at: int, at: int, level: str = "h", rule: str = "gas", **facts: bool
) -> AlarmEvent:
    """An event of the engine, heard 20 ms after it happened."""
    return AlarmEvent(
        event=name,
        alarm=alarm_id(rule, subject, "high", raised_at),
        rule=rule,
        version=1,
        subject=subject,
        side="high",
        enterprise=subject.partition("-")[0],
        level=level,
        severity=_SEVERITIES[level],
        at=at,
        value=26.5,
        limit=25.0,
        onset=None,
        historical=facts.get("historical", False),
        exercise=facts.get("exercise", False),
        reason="",
        raised_at=raised_at,
        received_at=at + 20,
    )


@st.composite
def steps_of_alarms(draw: st.DrawFn, most: int = 25, within_ms: int = 3 * 3_600_000) -> list[tuple[Position, Step]]:
    """Steps of a log in order of time: alarms that rise, clear, are acknowledged by either tier, or stay."""
    timed: list[tuple[int, Step]] = []
    for _ in range(draw(st.integers(0, most))):
        subject = draw(st.sampled_from(["E1-P1", "E1-P2", "E2-P1", "E3-P1"]))
        rule = draw(st.sampled_from(["gas", "gas", "level"]))
        level = draw(st.sampled_from(list(_SEVERITIES)))
        raised = T0 + draw(st.integers(0, within_ms)) // 20_000 * 20_000
        late = draw(st.sampled_from([False, False, False, True]))
        timed.append((raised + 20, event_of("raised", subject, raised, raised, level, rule, historical=late)))
        at = raised
        for kind in draw(st.lists(st.sampled_from(["upgraded", "centre", "enterprise", "cleared"]), max_size=4)):
            at += draw(st.integers(1, 40 * MINUTE_MS))
            if kind in ("centre", "enterprise"):
                alarm = alarm_id(rule, subject, "high", raised)
                action = OperatorAction(at, "acknowledge", alarm, "li", tier="centre")
                if kind == "enterprise":
                    action = OperatorAction(at, "acknowledge", alarm, "wang", tier="enterprise")
                timed.append((at, action))
            else:
                reached = "hh" if kind == "upgraded" else level
                timed.append((at + 20, event_of(kind, subject, raised, at, reached, rule, historical=late)))
    return [(position, step) for position, (_, step) in enumerate(sorted(timed, key=lambda pair: pair[0]))]


def write_book(path: Path, steps: list[tuple[Position, Step]], size: int = 7) -> None:
    """Commit the steps, `size` of them at a time."""
    book = AlarmBook.open_for_writing(path, durable=False)
    try:
        policy = Policy()
        for begin in range(0, len(steps), size):
            some = steps[begin : begin + size]
            book.commit(some[-1][0] + 1, some, policy)
    finally:
        book.close()
