"""What the notifier tells of itself stands in `steps` beside what shards tell, and is taken for no shard's."""

import pytest

from plant.entries import OwnCondition
from tocsin.kafka.records import RecordError
from tocsin.kafka.steps import NOTIFIER, Steps, decode_steps, encode_steps
from tocsin.kafka.topics import Topics
from tocsin.notifier.projection import Projection, Reached
from tocsin.notifier.reading import checked

T0 = 1_790_000_000_000
TOPICS = Topics("t.", 2)


def own(at_ms: int, subject: str = "shard-1") -> Steps:
    act = OwnCondition(at_ms, "tocsin.shard-silent", subject, True, "red", "nobody writes it")
    return Steps(NOTIFIER, -1, at_ms, (act,))


def nothing(version: int) -> None:
    raise LookupError(version)


def test_each_of_them_is_taken_and_none_is_the_entry_of_a_log() -> None:
    records = [checked(decode_steps(encode_steps(own(T0 + n, f"shard-{n}"))), TOPICS) for n in range(3)]
    shards = [Steps(0, 7, T0 + 1, ()), Steps(1, 4, T0 + 10, ())]
    projection = Projection(nothing, Reached(0, T0, {0: (6, 0)}))  # type: ignore[arg-type]
    [piece] = projection.take(list(enumerate([records[0], shards[0], records[1], shards[1], records[2]])))
    assert [at for at, _ in piece.commit.steps] == [0, 2, 4]
    assert (piece.again, piece.origins) == (0, ())
    assert piece.reached.marks == {0: (7, 0), 1: (4, 0)}
    assert piece.reached.clock_ms == T0 + 10


@pytest.mark.parametrize("record", [Steps(NOTIFIER, 0, T0, ()), Steps(-2, -1, T0, ()), Steps(3, -1, T0, ())])
def test_no_other_shard_is_one(record: Steps) -> None:
    with pytest.raises(RecordError, match="none of 3"):
        checked(record, TOPICS)
