"""What the page of an alarm shows, as rows of text (pure)."""

from typing import Final, NamedTuple

from alerts.wording.figures import figure, local_time, with_unit
from tocsin.book.outbox_reader import OwedCall, Proof
from tocsin.centre.alarms import Whole
from tocsin.console.acting_words import REFUSALS
from tocsin.console.units import unit_sign
from tocsin.console.words import Words
from tocsin.explain.words import EVENTS

MARGIN_MS: Final = 600_000
"""What is shown around an alarm."""
_LONGEST_MS: Final = 8 * 3_600_000


class Happened(NamedTuple):
    """`severity` is empty for what people tried or said."""

    at: str
    what: str
    severity: str
    remark: str


class Told(NamedTuple):
    """Somebody who was to be told. `tries` are the attempts, in order."""

    at: str
    who: str
    channel: str
    purpose: str
    state: str
    ok: bool
    tries: tuple[str, ...]


def happened(whole: Whole, words: Words, zone: str) -> list[Happened]:
    """Events, and acts that changed nothing or only say something; the newest first."""
    language = words.language
    rows: list[tuple[int, Happened]] = []
    for booked in whole.events:
        event = booked.numbered.event
        name = EVENTS[event.event][language] if event.event in EVENTS else event.event
        unit = unit_sign(whole.facts.unit_symbol)
        value = f"{with_unit(event.value, unit)}: " if event.value is not None else ""
        rows.append((event.at, Happened(_at(event.at, zone), name, event.severity, f"{value}{event.reason}")))
    for _, action, refused in whole.actions:
        remark = f"{action.by}: {action.comment}" if action.comment else action.by
        if refused is not None:
            reason = REFUSALS.get(refused, refused) if language == "zh" else refused
            remark += f" ({words('refused', reason=reason)})"
        elif not action.comment and action.action != "comment":
            continue  # its event says it
        at_ms = action.received_at_ms
        rows.append((at_ms, Happened(_at(at_ms, zone), words[f"action_{action.action}"], "", remark)))
    return [row for _, row in sorted(rows, key=lambda one: one[0], reverse=True)]


def facts_of(whole: Whole, words: Words, zone: str) -> list[tuple[str, str]]:
    """Names and what they are."""
    record, facts = whole.record, whole.facts
    found = [(words["raised"], _at(record.raised_at, zone))]
    if facts.value is not None:
        value = with_unit(facts.value, unit_sign(facts.unit_symbol))
        if facts.limit is not None:
            value += f" ({words['limit']} {figure(facts.limit)})"
        found.append((words["value"], value))
    if record.cleared_at is not None:
        found.append((words["cleared"], _at(record.cleared_at, zone)))
    if record.answered_by is not None:
        found.append((words["answered"], _by(record.answered_by, record.answered_at, words, zone)))
    by = _by(record.acknowledged_by, record.acknowledged_at, words, zone) if record.acknowledged_by else words["nobody"]
    found.append((words["acknowledged"], by))
    if record.shelved_by is not None and record.shelved_until is not None:
        until = _at(record.shelved_until, zone)
        found.append((words["shelved"], words("until", name=record.shelved_by, until=until)))
    elif record.override_kind in ("out_of_service", "disabled"):
        found.append((words["aside"], words[record.override_kind]))
    elif record.suppressed_by is not None:
        found.append((words["aside"], words("suppressed", alarm=record.suppressed_by)))
    found.append((words["rule"], f"{record.rule} v{record.version}"))
    return found


def told(calls: list[OwedCall], proofs: list[Proof], words: Words, zone: str) -> list[Told]:
    """Everybody who was to be told, with what came of it; webhooks and other followers are named by their channel."""
    tries: dict[str, list[str]] = {}
    for proof in proofs:
        tries.setdefault(proof.key, []).append(_attempt(proof, words, zone))
    rows = []
    for call in calls:
        own = tuple(tries.pop(call.key, ()))
        state = words.get(f"owed_{call.state}", call.state)
        if call.error:
            state += f": {call.error}"
        purpose = words.get(f"purpose_{call.purpose}", call.purpose)
        who, ok = call.contact or call.channel, call.state == "delivered"
        rows.append(Told(_at(call.queued_at, zone), who, call.channel, purpose, state, ok, own))
    return rows


def span_of(whole: Whole, now_ms: int) -> tuple[int, int]:
    """The time that the trend shows: the alarm, and something around it; of a long one its beginning."""
    record = whole.record
    begin = min(record.onset or record.raised_at, record.raised_at)
    end = min(record.cleared_at or now_ms, record.raised_at + _LONGEST_MS)
    return begin - MARGIN_MS, max(min(end + MARGIN_MS, now_ms), begin + 1)


def _attempt(proof: Proof, words: Words, zone: str) -> str:
    result = words.get(f"result_{proof.result}", proof.result)
    parts = [_at(proof.at, zone), result]
    if proof.error:
        parts.append(proof.error)
    if proof.provider_id:
        parts.append(f"ID {proof.provider_id}")
    if proof.receipt not in ("", "none"):
        name = f"receipt_{proof.receipt}"
        said = words.get(name, proof.receipt)
        at = f" {_at(proof.receipt_at, zone)}" if proof.receipt_at is not None else ""
        parts.append(f"{words['receipt']}: {said}{at} {proof.receipt_text}".strip())
    return " · ".join(parts)


def _by(name: str, at_ms: int | None, words: Words, zone: str) -> str:
    return name if at_ms is None else words("by_at", name=name, at=_at(at_ms, zone))


def _at(ms: int, zone: str) -> str:
    return local_time(ms, zone)
