"""What a journal's entries amount to, decided anew by the scalar reference."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from support.live import Live
from support.reference import Reference

from plant.entries import Entry
from rules.events import AlarmEvent, public_form
from tocsin.configuration import read_configuration
from tocsin.log.registry_file import load_registry
from tocsin.runtime.core import REGISTRY

KEY = ("alarm", "event", "at", "level", "severity")
"""What two runs of one log must agree on (semantics 6)."""

ENGINE_EVENTS = ("raised", "upgraded", "downgraded", "cleared")


def keys(events: Iterable[Mapping[str, Any]]) -> Counter[tuple[object, ...]]:
    """The engine's events as semantics 6 compares them. Operators' events and own conditions are left out."""
    return Counter(
        tuple(event[name] for name in KEY)
        for event in events
        if event["event"] in ENGINE_EVENTS and not event["rule"].startswith("tocsin.")
    )


def booked_keys(live: Live) -> Counter[tuple[object, ...]]:
    return keys(public_form(event) for _, event in live.booked())


def reference_keys(live: Live, entries: Sequence[Entry] | None = None) -> Counter[tuple[object, ...]]:
    """The scalar reference's events of the journal's entries (or of these), under the site folder as it is."""
    configured = read_configuration(live.site)
    reference = Reference(configured.site, configured.rules, load_registry(live.data / REGISTRY))
    events: list[AlarmEvent] = []
    for entry in live.entries() if entries is None else entries:
        events += reference.apply(entry)
    events += reference.close()
    return keys(map(public_form, events))
