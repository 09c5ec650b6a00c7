"""A real Kafka of one broker on free ports of 127.0.0.1, for benchmarks."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.broker import free_port
from tocsin.kafka.admin import make_topics
from tocsin.kafka.client import admin
from tocsin.settings.kafka import KafkaSettings
from tools.services.kafka import find

MISSING = "Kafka or Java is not there (`make services` brings them)"
_CLUSTER = "dG9jc2luLWJlbmNoLTEyMzQ"
_START_S = 60.0


@dataclass(frozen=True)
class Broker:
    """A broker that is up."""

    bootstrap: str
    data: Path
    pid: int

    def topics(self, prefix: str, partitions: int, **more: object) -> KafkaSettings:
        """`[kafka]` with a prefix of its own, whose topics are there."""
        given = {"bootstrap": self.bootstrap, "prefix": prefix, "partitions": partitions, "replication": 1}
        settings = KafkaSettings.model_validate(given | more)
        make_topics(settings)
        return settings

    def bytes_of(self, topic: str) -> int:
        """What the records of a topic take on disk, indexes left out."""
        return sum(file.stat().st_size for file in self.data.glob(f"{topic}-*/*.log"))


@contextmanager
def kafka(folder: Path, heap_mb: int = 1024) -> Iterator[Broker]:
    """A broker with a data folder of its own. FileNotFoundError where Kafka is not there."""
    jars = find()
    if jars is None:
        raise FileNotFoundError(MISSING)
    folder.mkdir(parents=True, exist_ok=True)
    port, controller = free_port(), free_port()
    properties, data = folder / "server.properties", folder / "data"
    properties.write_text(
        "process.roles=broker,controller\nnode.id=1\n"
        f"controller.quorum.voters=1@127.0.0.1:{controller}\n"
        f"listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n"
        f"advertised.listeners=PLAINTEXT://127.0.0.1:{port}\n"
        "controller.listener.names=CONTROLLER\n"
        "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n"
        f"log.dirs={data}\nauto.create.topics.enable=false\n"
        "offsets.topic.replication.factor=1\noffsets.topic.num.partitions=4\n"
        "transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n"
        "transaction.state.log.num.partitions=4\ngroup.initial.rebalance.delay.ms=0\n"
        "message.max.bytes=67108864\n"
    )
    java = ["java", f"-Xmx{heap_mb}m", "-XX:+UseSerialGC", "-cp", f"{jars}/*"]
    with (folder / "kafka.log").open("wb") as log:
        formatting = [*java, "kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c", str(properties)]
        subprocess.run(formatting, stdout=log, stderr=log, check=True)
        process = subprocess.Popen([*java, "kafka.Kafka", str(properties)], stdout=log, stderr=log)
    try:
        admin(KafkaSettings(bootstrap=(f"127.0.0.1:{port}",)), _START_S)
        yield Broker(f"127.0.0.1:{port}", data, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
