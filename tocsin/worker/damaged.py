"""What Faust does where Kafka hands out a record whose checksum is wrong: the shards read on past it.

By itself its consumer breaks, and breaks again at each start. Here the partitions are paused instead: their shards find
the stream silent, read their logs themselves (tocsin.kafka.partition_log sets aside what is damaged), and ask the
stream to go on where they are, behind the damage.
"""

from typing import Any

import structlog

_log = structlog.get_logger(__name__)


def outlive_damage(app: Any) -> None:
    """To be called before the Faust app is finalized."""
    from aiokafka.errors import CorruptRecordException
    from faust.transport.drivers.aiokafka import Consumer, Transport

    class Outliving(Consumer):
        async def _getmany(self, active_partitions: Any, timeout: float) -> Any:  # noqa: ASYNC109 - as Faust calls it
            try:
                return await super()._getmany(active_partitions, timeout)
            except CorruptRecordException as error:
                # Only its words tell of which partition: the others lose two seconds.
                _log.warning("stream_damaged", error=str(error))
                self.pause_partitions(set(active_partitions))
                return {}

    class OutlivingTransport(Transport):
        pass

    OutlivingTransport.Consumer = Outliving
    app.transport = OutlivingTransport(app.conf.broker_consumer, app)
