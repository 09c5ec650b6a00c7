"""The audit trail over any entries: it reads back, it verifies, and any change of any part shows."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.entries import entries

from alerts.audit import Audit, Audited, AuditEntry, chain, entry_of, verify
from plant.entries import DeviceDown, Readings, SourceDown, SourceUp, Tick

_NOT_AUDITED = Readings | Tick | SourceUp | SourceDown | DeviceDown
AUDITED: st.SearchStrategy[Any] = entries().filter(lambda entry: not isinstance(entry, _NOT_AUDITED))


@st.composite
def trails(draw: st.DrawFn) -> list[Audit]:
    said = sorted(draw(st.lists(AUDITED, min_size=1, max_size=6)), key=lambda entry: entry.received_at_ms)
    reasons = st.sampled_from(["", "no such alarm", "告警已关闭"])
    return [Audit(3 * i, entry, draw(reasons)) for i, entry in enumerate(said)]


@settings(max_examples=100)
@given(trails(), st.integers(0, 6))
def test_it_reads_back_and_verifies_however_it_is_cut(audits: list[Audit], cut: int) -> None:
    first = chain(None, audits[:cut])
    whole = first + chain(first[-1] if first else None, audits[cut:])
    assert whole == chain(None, audits)
    assert verify(whole) is None
    said: list[Audited] = [entry_of(entry) for entry in whole]
    assert said == [audit.entry for audit in audits]


@settings(max_examples=150)
@given(trails(), st.data())
def test_any_change_shows(audits: list[Audit], data: st.DataObject) -> None:
    trail = chain(None, audits)
    i = data.draw(st.integers(0, len(trail) - 1))
    field = data.draw(st.sampled_from(AuditEntry.__struct_fields__))
    before = getattr(trail[i], field)
    after = data.draw(st.integers() if isinstance(before, int) else st.text(max_size=5))
    mistake = verify([*trail[:i], replace(trail[i], **{field: after}), *trail[i + 1 :]])
    assert (mistake is None) == (after == before)
    shorter = trail[:i] + trail[i + 1 :]
    assert (verify(shorter) is None) == (i == len(trail) - 1), "a tail that is cut off shows against the journal alone"
