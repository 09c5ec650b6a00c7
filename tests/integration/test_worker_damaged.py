"""A worker over a log whose disk was damaged: what Kafka can't hand out is set aside, the rest decided."""

from pathlib import Path

from support.kafka import KafkaCluster, kafka
from support.workers import Workers, build_divided_site, committed_records, embedded, keys, seconds

from plant.entries import Entry, Tick
from tocsin.configuration import read_configuration
from tocsin.kafka.partition_log import PartitionLog
from tocsin.kafka.topics import Shard

__all__ = ["kafka"]


def test_damaged_while_it_hung_and_while_it_was_away(kafka: KafkaCluster, tmp_path: Path) -> None:
    site = build_divided_site(tmp_path / "site", 200)
    configured = read_configuration(site)
    # A record that is lost is taken as a tick, 1 ms after the one before: here, as what it was.
    entries = [one for entry in seconds(45, 200) for one in (entry, Tick(entry.received_at_ms + 1))]
    settings = kafka.topics("damaged.", 1, checkpoint_s=1)
    damaged: list[int] = []
    with Workers(tmp_path, settings, site, configured) as workers:
        place = workers.topics.log_of(0)
        dealt = workers.dealt(entries)
        third = len(dealt) // 3

        def write_and_damage(some: list[tuple[Shard, Entry]]) -> None:
            lost = next(i for i in range(len(some) // 2, len(some)) if some[i][0] == 0 and isinstance(some[i][1], Tick))
            workers.write(some[:lost])
            workers.write(some[lost : lost + 1])  # A batch of its own: it is batches that have a checksum.
            with PartitionLog(settings, place) as log:
                damaged.append(log.end - 1)
            workers.write(some[lost + 1 :])
            kafka.damage(*place, damaged[-1])

        workers.write(dealt[:third])
        [worker] = workers.start()
        assert workers.hold_all()
        assert workers.decided_all()
        worker.pause()
        write_and_damage(dealt[third : 2 * third])
        worker.proceed()
        assert workers.hold_all()
        assert workers.decided_all()
        workers.write(dealt[2 * third : 2 * third + 9])
        assert workers.decided_all(), "the stream goes on behind it"
        assert workers.stop(worker) == 0
        met = "stream_damaged" in worker.log.read_text()

        write_and_damage(dealt[2 * third + 9 : -20])
        [again] = workers.start()
        assert workers.hold_all()
        workers.write(dealt[-20:])
        assert workers.decided_all()
        assert keys(workers.alarms()) == keys(embedded(configured, entries))
        dead = [headers for _, headers in committed_records(settings, workers.topics.dead_letters, 0)]
        assert [int(headers["offset"]) for headers in dead] == damaged
        assert all(b"CRC" in headers["reason"] for headers in dead)
        assert met or "stream_damaged" in again.log.read_text(), "Faust's consumer did not meet it"
