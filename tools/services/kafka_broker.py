"""A real Kafka of one broker on free ports of 127.0.0.1, for benchmarks and for the demo of the cluster."""

import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from tocsin.kafka.admin import make_topics
from tocsin.kafka.client import admin
from tocsin.settings.kafka import KafkaSettings

from .guarded import start_guarded
from .recipe import ServiceError

_CLUSTER: Final = "dG9jc2luLWJlbmNoLTEyMzQ"
_START_S: Final = 60.0
_STOP_S: Final = 30.0


class KafkaBroker:
    """One broker that is its own controller; what a folder holds already is gone on with."""

    def __init__(self, jars: Path, folder: Path, heap_mb: int = 1024) -> None:
        self._java = ["java", f"-Xmx{heap_mb}m", "-XX:+UseSerialGC", "-cp", f"{jars}/*"]
        self._folder = folder
        self._port, self._controller = _free_port(), _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def data(self) -> Path:
        return self._folder / "data"

    @property
    def pid(self) -> int:
        """Of the broker itself, which its guard has started; 0 while it does not run. Linux only."""
        if self._process is None:
            return 0
        guard = self._process.pid
        return int(Path(f"/proc/{guard}/task/{guard}/children").read_text().split()[0])

    def start(self) -> None:
        """Returns once it answers. ServiceError where it can't be made; KafkaClientError where it does not answer."""
        self._folder.mkdir(parents=True, exist_ok=True)
        properties = self._folder / "server.properties"
        properties.write_text(self._settings())
        with (self._folder / "kafka.log").open("ab") as log:
            if not (self.data / "meta.properties").exists():
                formatting = [*self._java, "kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c", str(properties)]
                if subprocess.run(formatting, stdout=log, stderr=log, check=False).returncode:
                    raise ServiceError(f"Kafka's folder can't be made; {self._folder / 'kafka.log'} says why")
            self._process = start_guarded([*self._java, "kafka.Kafka", properties.resolve()], log)
        admin(KafkaSettings(bootstrap=(self.bootstrap,)), _START_S)

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_S)
        if self._process.stdin is not None:
            self._process.stdin.close()  # that ends it for certain
        self._process.wait()
        self._process = None

    def topics(self, prefix: str, partitions: int, **more: Any) -> KafkaSettings:
        """`[kafka]` with a prefix of its own, whose topics are there."""
        given = {"bootstrap": self.bootstrap, "prefix": prefix, "partitions": partitions, "replication": 1}
        settings = KafkaSettings.model_validate(given | more)
        make_topics(settings)
        return settings

    def bytes_of(self, topic: str) -> int:
        """What the records of a topic take on disk, indexes left out."""
        return sum(file.stat().st_size for file in self.data.glob(f"{topic}-*/*.log"))

    def _settings(self) -> str:
        lines = [
            "process.roles=broker,controller",
            "node.id=1",
            f"controller.quorum.voters=1@127.0.0.1:{self._controller}",
            f"listeners=PLAINTEXT://{self.bootstrap},CONTROLLER://127.0.0.1:{self._controller}",
            f"advertised.listeners=PLAINTEXT://{self.bootstrap}",
            "controller.listener.names=CONTROLLER",
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            f"log.dirs={self.data.resolve()}",
            "auto.create.topics.enable=false",
            "offsets.topic.replication.factor=1",
            "offsets.topic.num.partitions=4",
            "transaction.state.log.replication.factor=1",
            "transaction.state.log.min.isr=1",
            "transaction.state.log.num.partitions=4",
            "group.initial.rebalance.delay.ms=0",
            "message.max.bytes=67108864",
        ]
        return "\n".join(lines) + "\n"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
