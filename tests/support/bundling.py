"""A dispatcher over bundling channels, and what the outbox says came of it."""

from support.dispatching import Dispatching, ShiftedClock
from support.scripted import EverybodyKnown, ScriptedChannel, call
from support.webhook_receiver import wait_until

from alerts.channels.port import Outcome
from tocsin.book import Outbox
from tocsin.book.outbox_reader import OwedCall
from tocsin.database import Place

DOWN = Outcome(False, 503, "", "HTTP 503")
WRONG = Outcome(False, 400, "", "no such number", permanent=True)
THROTTLED = Outcome(False, 429, "", "too many", throttled=True)


def dispatching(
    path: Place, *channels: ScriptedChannel, clock: ShiftedClock | None = None, **more: object
) -> Dispatching:
    return Dispatching(path, list(channels), clock or ShiftedClock(), directory=EverybodyKnown(), **more)


def calls(path: Place) -> list[OwedCall]:
    """All rows of the outbox, the oldest first."""
    outbox = Outbox.open_for_reading(path)
    try:
        return outbox.calls(limit=100_000)[::-1]
    finally:
        outbox.close()


def states(path: Place) -> list[str]:
    return [one.state for one in calls(path)]


def results(path: Place, i: int = 0) -> list[tuple[str, str, str]]:
    """(channel, contact, result) of every attempt to tell of alarm `i`."""
    outbox = Outbox.open_for_reading(path)
    try:
        return [(p.channel, p.contact, p.result) for p in outbox.proof(call(i).alarm)]
    finally:
        outbox.close()


def lane_opens(path: Place, column: str) -> int:
    """When the one lane of a book lets the next message of a kind through."""
    outbox = Outbox.open_for_reading(path)
    try:
        return int(outbox._db.execute(f"SELECT {column} FROM lanes").fetchone()[0])
    finally:
        outbox.close()


def settled(path: Place, *expected: str) -> None:
    wait_until(lambda: states(path) == list(expected), what=f"{expected}, it is {states(path)}")
