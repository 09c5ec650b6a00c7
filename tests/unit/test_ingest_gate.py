"""Gate, batcher and redelivery: whatever comes in, its receipt comes out with a batch."""

import numpy as np
import pytest
from support import hostile
from support.ingest_site import make_lookup, make_point, make_site

from ingest.batcher import Batcher, BatchLimits
from ingest.codecs import native
from ingest.gate import OTHER, Gate, GateLimits
from ingest.lookup import PointLookup
from ingest.quarantine import Quarantine
from ingest.reason import Reason
from ingest.redelivery import Redelivery, redelivery_key
from plant.batch import Batch
from plant.quality import AHEAD_MS, NO_TIME_MS, OLDEST_TIME_MS, RETAINED, Quality
from plant.registry import PointRegistry

NOW_MS = 1732190000500
TS = 1732190000123
GOOD = b'{"ts":1732190000123,"values":{"E1-P1":12.5}}'
UNTIMED = b'{"values":{"E1-P1":12.5}}'


def make_gate(redelivery: Redelivery | None = None, **limits: int) -> Gate:
    return Gate(
        make_lookup()[0], Batcher(BatchLimits(**limits)), Quarantine(), redelivery or Redelivery(), GateLimits()
    )


def send(
    gate: Gate,
    payload: bytes,
    receipt: int | None = 1,
    *,
    topic: str = hostile.TOPIC,
    retained: bool = False,
    dup: bool = False,
    mid: int = 1,
    now_ms: int = NOW_MS,
    source: str = "broker",
) -> None:
    gate.on_message(source, topic, payload, retained, dup, mid, receipt, now_ms)


def test_readings_come_out_as_one_batch_in_their_order() -> None:
    gate = make_gate()
    registry = make_lookup()[1]
    send(gate, GOOD, 11)
    send(gate, b'{"r":[["E1-P2",5,null,"good"],["E1-P3",6,7,"uncertain"],["E1-P1",6,NaN]]}', 12)
    send(gate, UNTIMED, None)
    assert (gate.batcher.pending_readings, gate.batcher.pending_messages) == (5, 3)
    taken = gate.batcher.take()
    number = registry.numbers
    bad = int(Quality.BAD)
    assert taken.batch == Batch.of(
        [
            (number["E1-P1"], TS, 12.5, 0),
            (number["E1-P2"], 5, None, bad),
            (number["E1-P3"], 6, 7.0, int(Quality.UNCERTAIN)),
            (number["E1-P1"], 6, float("nan"), bad),
            (number["E1-P1"], NO_TIME_MS, 12.5, 0),
        ]
    )
    batch = taken.batch
    columns = (batch.point, batch.measured_at_ms, batch.value, batch.quality)
    assert [column.dtype for column in columns] == [np.uint32, np.int64, np.float64, np.uint8]
    assert taken.receipts == (11, 12)
    assert taken.messages == 3


def test_infinite_values_are_bad_readings() -> None:
    gate = make_gate()
    send(gate, b'{"r":[["E1-P1",5,1e400,"uncertain"],["E1-P1",6,-Infinity],["E1-P1",7,1]]}')
    assert gate.batcher.take().batch.quality.tolist() == [Quality.BAD, Quality.BAD, Quality.GOOD]


def test_retained_readings_are_marked_and_others_are_not() -> None:
    gate = make_gate()
    send(gate, GOOD)
    send(gate, b'{"r":[["E1-P1",5,1,"uncertain"],["E1-P1",6,null]]}', retained=True)
    send(gate, GOOD)
    quality = gate.batcher.take().batch.quality.tolist()
    assert quality == [0, RETAINED | Quality.UNCERTAIN, RETAINED | Quality.BAD, 0]


def test_an_empty_take_is_an_empty_batch() -> None:
    taken = Batcher().take()
    assert (len(taken.batch), taken.receipts, taken.redelivery_keys, taken.messages) == (0, (), (), 0)


def test_a_batch_is_due_by_time_by_count_and_by_bytes() -> None:
    gate = make_gate(max_age_ms=20, max_readings=3, max_bytes=1000)
    batcher = gate.batcher
    assert batcher.due_in_ms(NOW_MS) is None
    assert not batcher.is_due(NOW_MS)
    send(gate, GOOD)
    assert batcher.due_in_ms(NOW_MS + 5) == 15
    assert not batcher.is_due(NOW_MS + 19)
    assert batcher.is_due(NOW_MS + 20)
    assert batcher.is_due(NOW_MS - 1), "a clock that went back must not hold a batch"
    send(gate, GOOD, now_ms=NOW_MS + 19)
    assert batcher.opened_at_ms == NOW_MS
    send(gate, GOOD)
    assert batcher.is_full()
    assert batcher.is_due(NOW_MS)
    batcher.take()
    assert batcher.due_in_ms(NOW_MS) is None
    send(gate, b"x" * 1000)
    assert batcher.is_full()


def test_columns_that_were_taken_do_not_change_any_more() -> None:
    gate = make_gate()
    send(gate, GOOD)
    first = gate.batcher.take().batch
    kept = first.select(slice(None)).value.copy()
    send(gate, b'{"ts":1,"values":{"E1-P2":99}}')
    gate.batcher.take()
    assert first.value.tolist() == kept.tolist()
    assert first.measured_at_ms.tolist() == [TS]


@pytest.mark.parametrize("payload", hostile.UNREADABLE.values(), ids=list(hostile.UNREADABLE))
def test_poison_is_set_aside_and_acknowledged_with_the_batch(payload: bytes) -> None:
    gate = make_gate()
    send(gate, payload, 1)
    send(gate, GOOD, 2)
    taken = gate.batcher.take()
    assert len(taken.batch) == 1
    assert taken.receipts == (1, 2)
    assert sum(gate.quarantine.counts.values()) >= 1
    assert gate.quarantine.counts[Reason.CODEC_FAULT] == 0


def test_poison_alone_still_makes_a_batch_due() -> None:
    gate = make_gate()
    send(gate, b"poison", 5)
    assert gate.batcher.is_due(NOW_MS + 20)
    taken = gate.batcher.take()
    assert (len(taken.batch), taken.receipts) == (0, (5,))


def test_reasons_that_only_the_gate_knows() -> None:
    gate = make_gate()
    send(gate, b"x" * ((1 << 20) + 1))
    send(gate, GOOD, topic="nobody/knows")
    counts = {reason: count for reason, count in gate.quarantine.counts.items() if count}
    assert counts == {Reason.TOO_LONG: 1, Reason.UNKNOWN_TOPIC: 1}


def test_a_fault_of_the_codec_closes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise AssertionError("a bug")

    gate = make_gate()
    monkeypatch.setattr(native, "decode", broken)
    send(gate, GOOD, 3)
    assert gate.quarantine.counts[Reason.CODEC_FAULT] == 1
    assert gate.batcher.take().receipts == (3,)


@pytest.mark.parametrize(
    "payload",
    [
        UNTIMED,
        GOOD.replace(b"1732190000123", b'"abc"'),
        GOOD.replace(b"1732190000123", b"%d" % (OLDEST_TIME_MS - 1)),
        GOOD.replace(b"1732190000123", b"%d" % (NOW_MS + AHEAD_MS + 1)),
        b'{"r":[["E1-P1",1732190000123,1],["E1-P2",null,1]]}',
    ],
    ids=["none", "unreadable", "too old", "ahead", "one of two"],
)
def test_a_message_without_usable_time_is_taken_once(payload: bytes) -> None:
    gate = make_gate()
    send(gate, payload, 1, mid=7)
    first = gate.batcher.take()
    assert len(first.redelivery_keys) == 1
    send(gate, payload, 2, mid=7, dup=True)
    second = gate.batcher.take()
    assert (len(second.batch), second.receipts, second.redelivery_keys) == (0, (2,), ())
    assert gate.redelivery.dropped == 1


def test_alike_is_not_the_same() -> None:
    gate = make_gate()
    send(gate, UNTIMED, mid=7)
    send(gate, UNTIMED, mid=8, dup=True)
    send(gate, UNTIMED, mid=7, dup=True, source="other broker")
    send(gate, UNTIMED, mid=7)
    assert gate.batcher.pending_readings == 4


def test_a_message_with_its_own_time_needs_no_memory() -> None:
    gate = make_gate()
    send(gate, GOOD, mid=7)
    send(gate, GOOD, mid=7, dup=True)
    taken = gate.batcher.take()
    assert len(taken.batch) == 2, "the engine drops the second as a duplicate"
    assert taken.redelivery_keys == ()


def test_keys_survive_in_the_log() -> None:
    before = make_gate()
    send(before, UNTIMED, mid=7)
    keys = before.batcher.take().redelivery_keys
    assert all(-(2**63) <= key < 2**63 for key in keys)
    redelivery = Redelivery()
    redelivery.remember(keys)
    after = make_gate(redelivery)
    send(after, UNTIMED, 9, mid=7, dup=True)
    assert after.batcher.take().receipts == (9,)
    assert after.redelivery.dropped == 1


def test_keys_are_stable_between_versions() -> None:
    assert redelivery_key("broker", 7, "tocsin/v1/E1/D1/up", UNTIMED) == 206572394575874699


def test_the_memory_of_redelivery_is_bounded_and_forgets_the_oldest() -> None:
    redelivery = Redelivery(reach=3)
    redelivery.remember([1, 2, 3])
    redelivery.remember([1, 4])
    assert len(redelivery) == 3
    assert [redelivery.is_second(key, True) for key in (1, 3, 4)] == [True, True, True]
    assert not redelivery.is_second(2, True)


def test_a_packet_id_that_is_given_anew_is_another_message() -> None:
    """A switch that says the same again after 65,535 messages, just as the line breaks: the broker repeats it, too."""
    redelivery = Redelivery()
    assert not redelivery.is_second(1, False)
    redelivery.passed(40_000)
    assert redelivery.is_second(1, True), "still on its way, for all that can be known"
    redelivery.passed(25_535)
    assert not redelivery.is_second(1, True)
    assert redelivery.is_second(1, True)


def test_a_new_site_is_read_from_the_next_message_on() -> None:
    gate = make_gate()
    payload = b'{"values":{"E1-NEW":1}}'
    send(gate, payload)
    gate.replace_lookup(make_lookup(make_site(make_point("E1-NEW", "E1")))[0])
    send(gate, payload)
    assert gate.batcher.pending_readings == 1
    assert gate.quarantine.counts[Reason.UNKNOWN_POINT] == 1


def test_traffic_is_counted_by_enterprise_and_bounded_by_the_site() -> None:
    gate = make_gate()
    send(gate, GOOD)
    send(gate, b'{"ts":5,"values":{"E2-P1":1}}', topic="tocsin/v1/E2/D1/up")
    for n in range(100):
        send(gate, GOOD, topic=f"tocsin/v1/NOPE{n}/D1/up")
    counted = {name: (traffic.messages, traffic.readings) for name, traffic in gate.traffic.items()}
    assert counted == {OTHER: (100, 0), "E1": (1, 1), "E2": (1, 1)}


def test_caches_are_bounded_and_a_full_one_changes_no_answer() -> None:
    site = make_site()
    registry = make_lookup(site)[1]
    lookup = PointLookup(site, registry, max_topics=3, max_cached_keys=20)
    for n in range(200):
        points = lookup.topic(f"tocsin/v1/E1/D{n % 7}/up")
        assert points is not None
        found = points.resolve(("E1-P1", f"nope{n}"))
        assert np.frombuffer(found.points, np.uint32).tolist() == [registry.numbers["E1-P1"]]
        assert found.rejected == ((Reason.UNKNOWN_POINT, f"nope{n}"),)
    assert len(lookup._topics) <= 3
    assert sum(len(keys) for topic in lookup._topics.values() for keys in topic._resolved) <= 20


def test_a_point_without_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="E1-P1 has no number"):
        PointLookup(make_site(), PointRegistry())
